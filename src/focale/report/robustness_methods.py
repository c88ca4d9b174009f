"""How the answers about robustness were found, in sentences for a methods section."""

from __future__ import annotations

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import listed
from focale.report.references import cite
from focale.report.robustness_text import anew
from focale.robustness.answers import Robustness
from focale.robustness.fail_safe import FailSafe
from focale.robustness.stability import Stability

AnyReading = DescriptiveResult | InferentialResult


def robustness_methods(result: AnyReading) -> list[str]:
    """What was done to answer what was asked; nothing where nothing was."""
    answers = result.robustness
    if answers is None:
        return []
    return [
        *_left_out(result, answers),
        *_removals(result, answers),
        *([_stability(answers.stability)] if answers.stability else []),
        *([_fail_safe(answers.fail_safe)] if answers.fail_safe else []),
    ]


def _left_out(result: AnyReading, answers: Robustness) -> list[str]:
    if not answers.left_out:
        return []
    kinds = listed([found.units.plural for found in answers.left_out])
    kept = "survives" if isinstance(result, InferentialResult) else "is displayed"
    return [
        f"{kinds[:1].upper()}{kinds[1:]} were left out one at a time and {anew(result)}; a "
        f"cluster counts as kept where any of its voxels {kept} then."
    ]


def _removals(result: AnyReading, answers: Robustness) -> list[str]:
    if not answers.removals:
        return []
    most = answers.questions.exact_up_to
    small = {0: "", 1: "each was tried alone, and beyond that "}.get(
        most, f"all sets of up to {most} were tried, and beyond that "
    )
    return [
        f"To find the smallest set without which a cluster is lost, {small}the one with the "
        f"largest share of the cluster's sum of {result.words.summand} was removed first, then "
        "the next."
    ]


def _stability(found: Stability) -> str:
    return (
        f"The stability of the map is the share of {found.drawn} in which a voxel has "
        f"{found.rule.words} (seed {found.resampling.seed})."
    )


def _fail_safe(found: FailSafe) -> str:
    return (
        f"Fail-safe N {cite('acar2018')} was searched by bisection between {found.least} and "
        f"{found.most} noise experiments in {found.n_realisations} nested lists, each number "
        f"with a null of its own of {found.n_iterations:,} iterations; a noise experiment has the "
        "sample size of one experiment and the number of foci of another, drawn with "
        f"replacement, and foci at random voxels (seed {found.seed})."
    )
