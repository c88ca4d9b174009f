"""What a coordinate-based meta-analysis should report, and who fills it in.

Items after Müller et al. 2018 (doi:10.1016/j.neubiorev.2017.11.012), Eickhoff et al. 2016,
Tahmasian et al. 2019 (doi:10.1002/hbm.24746), Yeung et al. 2023 (doi:10.1002/hbm.26177)
and PRISMA 2020 (doi:10.1136/bmj.n71).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import count, listed, one_line
from focale.protocol.assess import POWER_EXPERIMENTS

Who = Literal["Focale", "your input", "you"]
"""Who says it: Focale in this report, the file you gave, or you in your paper."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist: what it asks for, who fills it in, and what there is."""

    topic: str
    who: Who
    text: str


def checklist(result: DescriptiveResult | InferentialResult) -> list[Item]:
    """The items of a reading, in the order of a paper."""
    return [*_before(result), *_evidence(result), *_analysis(result), *_after(result)]


def _before(result: DescriptiveResult | InferentialResult) -> Iterator[Item]:
    protocol = result.protocol
    n = len(protocol.deviations)
    deviated = count(n, "deviation") + " from the protocol above" if n else "no deviation recorded"
    declared = f"declared on {protocol.declared}" if protocol.declared else "without a date"
    yield Item(
        "Question, registration, deviations",
        "you",
        f"State the question and where the review was registered. The protocol here is "
        f"{one_line(declared)}, with {deviated}.",
    )
    yield Item(
        "Search", "you", "Data bases, search strings, dates, and the flow of records with counts."
    )
    yield Item(
        "Inclusion",
        "you",
        "Whole-brain analyses only, modality, population, direction of contrasts, thresholds of "
        "the sources.",
    )
    yield Item("Extraction", "you", "Who took the coordinates from the papers, and who checked.")


def _evidence(result: DescriptiveResult | InferentialResult) -> Iterator[Item]:
    studyset = result.studyset
    yield Item(
        "Table of experiments",
        "your input",
        f"{count(len(studyset), 'experiment')} with names and sample sizes as your file has them "
        "(table experiments); add references, contrasts, software and table numbers.",
    )
    n_reported = sum(len(experiment.reported) for experiment in studyset)
    pooled = (
        f"{n_reported} experiments as reported, {len(studyset)} after those of the same "
        "participants were pooled"
        if n_reported > len(studyset)
        else "each experiment has participants of its own, as far as your file says"
    )
    yield Item("Same participants", "Focale", f"{pooled[:1].upper()}{pooled[1:]}.")
    outside = int(np.count_nonzero(result.mask.position_of(studyset.foci_mm) < 0))
    yield Item(
        "Coordinates",
        "Focale",
        f"{studyset.n_converted} of {studyset.n_foci} converted from Talairach space; {outside} "
        "outside the mask, kept with the part of their footprint inside (table foci).",
    )


def _analysis(result: DescriptiveResult | InferentialResult) -> Iterator[Item]:
    yield Item(
        "Software and parameters",
        "Focale",
        "Version, command, fingerprints of input, mask and protocol (provenance below).",
    )
    yield Item("Footprints and mask", "Focale", "In the methods text.")
    if isinstance(result, InferentialResult):
        yield Item(
            "Null and correction",
            "Focale",
            "Null, iterations, seed, cluster-forming p, alpha and connectivity, in the methods "
            f"text; {result.words.statistic} has one tail.",
        )
    n, unit = result.decision.n_independent, result.decision.unit
    few = f"; fewer than {POWER_EXPERIMENTS} detect moderate effects poorly"
    yield Item(
        "Size of the evidence base",
        "Focale",
        f"{n} independent {unit}, of the {result.protocol.min_experiments} the protocol asks for"
        f"{few if n < POWER_EXPERIMENTS else ''}.",
    )
    planned = [one_line(text, 200) for text in result.protocol.sub_analyses]
    yield Item(
        "All planned analyses",
        "your input" if planned else "you",
        f"Planned: {listed(planned)}. Report each, whatever came out."
        if planned
        else "Name every analysis that was planned, whatever came out of it.",
    )
    yield Item(
        "Each cluster",
        "Focale",
        "Size, peaks, labels, contributions and flags"
        + (", with p and its interval." if isinstance(result, InferentialResult) else "."),
    )


def _after(result: DescriptiveResult | InferentialResult) -> Iterator[Item]:
    yield Item(
        "Dependence on single studies",
        "Focale",
        _asked(result),
    )
    yield Item(
        "Publication bias and scope", "you", "What was not published, and for whom it holds."
    )
    yield Item(
        "Data and code",
        "you",
        "Share this output folder: it has the coordinates as reported (evidence.json) and the "
        "maps without a threshold.",
    )
    says = (
        "what the test can and cannot say"
        if isinstance(result, InferentialResult)
        else ("what a description can and cannot say")
    )
    yield Item("What it means", "Focale", f"The interpretation says {says}.")


def _asked(result: DescriptiveResult | InferentialResult) -> str:
    """What is said of the dependence on single studies, and what was not asked."""
    answers = result.robustness
    done = ["every study left out in turn"]
    if answers is not None and answers.left_out:
        done.append("everything decided anew without it")
    if answers is not None and answers.stability is not None:
        done.append("subsamples")
    if answers is not None and answers.fail_safe is not None:
        done.append("fail-safe N")
    text = listed(done)
    more = "" if len(done) == 4 else "; --robustness asks for more"
    return f"{text[:1].upper()}{text[1:]}{more}."
