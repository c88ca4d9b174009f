"""The choices of a protocol as a form: what each is called, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from focale.errors import ArgumentError
from focale.protocol.protocol import Protocol

Kind = Literal["text", "lines", "whole", "number", "yes", "one_of"]
Group = Literal["plan", "test", "more"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A field of the form.

    Parameters
    ----------
    name
        Name of the protocol's choice.
    label, meaning
        What a person reads.
    kind
        What may be filled in.
    group
        "plan": for every reading; "test": for a reading that tests; "more": seldom changed.
    options
        Values to choose from, with their labels.
    """

    name: str
    label: str
    meaning: str
    kind: Kind
    group: Group
    options: tuple[tuple[Any, str], ...] = ()


CHOICES = (
    Choice("title", "Title", "What the analysis is about.", "text", "plan"),
    Choice(
        "min_experiments",
        "Smallest number of independent studies for a test",
        "With fewer, the map is described and nothing is tested. 17 is where single studies stop "
        "driving results (Eickhoff et al. 2016).",
        "whole",
        "plan",
    ),
    Choice(
        "correction",
        "What is tested",
        "What the family-wise p is of. The field advises the size of clusters.",
        "one_of",
        "test",
        (("size", "size of clusters"), ("mass", "mass of clusters"), ("voxel", "single voxels")),
    ),
    Choice(
        "alpha", "Alpha", "Largest family-wise p at which a cluster is listed.", "number", "test"
    ),
    Choice(
        "cluster_forming_p",
        "Cluster-forming p",
        "Uncorrected p below which neighbouring voxels form clusters.",
        "number",
        "test",
    ),
    Choice(
        "iterations",
        "Iterations",
        "Random maps that the evidence is compared with. More take longer and tell p better.",
        "whole",
        "test",
    ),
    Choice(
        "seed",
        "Seed",
        "Start of the random numbers. The same seed gives the same result.",
        "whole",
        "test",
    ),
    Choice(
        "sampling",
        "Random foci fall in",
        "The whole mask, or its voxels with more than 10 % grey matter.",
        "one_of",
        "test",
        (("mask", "the whole mask"), ("grey_matter", "grey matter")),
    ),
    Choice(
        "independence",
        "What counts as independent",
        "Participants count once; they are those of the study where the file does not say.",
        "one_of",
        "more",
        (("subject_group", "groups of participants"), ("study", "studies")),
    ),
    Choice(
        "pooling",
        "Several experiments of the same participants",
        "They become one, or the first stands for them, or each counts as if independent.",
        "one_of",
        "more",
        (("pool", "pooled into one"), ("first", "the first only"), ("keep", "kept apart")),
    ),
    Choice(
        "pooled_n",
        "Sample size of a pooled experiment",
        "That of its smallest or of its largest member.",
        "one_of",
        "more",
        (("min", "the smallest"), ("max", "the largest")),
    ),
    Choice(
        "method",
        "Method",
        "ALE lays a Gaussian around each focus. MKDA density counts experiments with a focus "
        "near a place, KDA counts foci.",
        "one_of",
        "more",
        (("ale", "ALE"), ("mkda", "MKDA density"), ("kda", "KDA")),
    ),
    Choice(
        "contrast_forming_p",
        "Cluster-forming p of a contrast",
        "One-tailed p below which neighbouring voxels form clusters of a difference.",
        "number",
        "more",
    ),
    Choice(
        "fwhm_mm",
        "Width of the Gaussian around a focus (mm)",
        "Empty: from each sample size, as the field does. Needed where a sample size is missing.",
        "number",
        "more",
    ),
    Choice(
        "radius_mm",
        "Radius around a focus (mm)",
        "Of MKDA and KDA alone. Empty: 10 mm.",
        "number",
        "more",
    ),
    Choice(
        "weights",
        "Weights of experiments",
        "Of MKDA density alone.",
        "one_of",
        "more",
        (("equal", "all alike"), ("sqrt_n", "by the root of the sample size")),
    ),
    Choice(
        "placement",
        "Place of a focus",
        "As reported, or moved to the nearest voxel first.",
        "one_of",
        "more",
        (("exact", "as reported"), ("nearest", "nearest voxel"), ("jale", "next voxel, as JALE")),
    ),
    Choice(
        "talairach",
        "Conversion of Talairach coordinates",
        "A matrix of Lancaster et al. (2007), or the reverse of Brett's mni2tal.",
        "one_of",
        "more",
        (
            ("pooled", "Lancaster, pooled"),
            ("spm", "Lancaster, SPM"),
            ("fsl", "Lancaster, FSL"),
            ("brett", "Brett"),
        ),
    ),
    Choice(
        "mask",
        "Brain mask",
        "mni152_2mm, or where an image lies on this computer.",
        "text",
        "more",
    ),
    Choice(
        "connectivity",
        "Voxels of a cluster share",
        "Stricter neighbours make smaller clusters.",
        "one_of",
        "more",
        ((6, "faces"), (18, "faces or edges"), (26, "faces, edges or corners")),
    ),
    Choice(
        "tfce",
        "Compute TFCE beside it",
        "It never decides what is listed; its own study does not advise it for ALE.",
        "yes",
        "more",
    ),
    Choice(
        "reading",
        "Experiments of a Sleuth file",
        "All; or those NiMARE's reader keeps, to compare with it.",
        "one_of",
        "more",
        (("complete", "all"), ("nimare-0.22", "as NiMARE 0.22 reads them")),
    ),
    Choice(
        "null",
        "Uncorrected p",
        "Exact; or from a histogram with bins of 1e-5, to compare with other tools.",
        "one_of",
        "more",
        (("exact", "exact"), ("eickhoff2012", "histogram")),
    ),
    Choice(
        "p_rule",
        "Family-wise p of b of B random maps",
        "The second is that of other tools, and too small where b is small.",
        "one_of",
        "more",
        (("(b+1)/(B+1)", "(b + 1) / (B + 1)"), ("b/B", "b / B")),
    ),
    Choice(
        "display_percentile",
        "Display-only threshold (percentile)",
        "Of a reading that describes: how much of the map the picture shows.",
        "number",
        "more",
    ),
    Choice(
        "min_cluster_mm3",
        "Smallest cluster in the tables (mm3)",
        "Of a reading that describes; the map itself is whole.",
        "number",
        "more",
    ),
    Choice(
        "sub_analyses",
        "Planned sub-analyses",
        "In words, one a line; kept with the protocol.",
        "lines",
        "more",
    ),
)


def form() -> list[dict[str, Any]]:
    """The fields with their default values, for the page."""
    defaults = asdict(Protocol())
    return [{**asdict(choice), "default": defaults[choice.name]} for choice in CHOICES]


def values_of(protocol: Protocol) -> dict[str, Any]:
    """What a protocol says, for the fields of the form."""
    return {choice.name: getattr(protocol, choice.name) for choice in CHOICES}


def declared(values: Mapping[str, Any], earlier: Protocol | None = None) -> Protocol:
    """Protocol that a filled form declares.

    Parameters
    ----------
    values
        By name of the choice.
    earlier
        Protocol of a file that the form was filled from. Its date is kept, and what was
        changed in the form is a deviation from it.

    Raises
    ------
    ArgumentError
        If there is no such choice, or a value is none it may have.
    """
    known = {field.name for field in fields(Protocol)} - {"declared", "deviations", "profile"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ArgumentError(f"{unknown[0]!r} is not a choice of a protocol")
    given = dict(values)
    if isinstance(given.get("sub_analyses"), list):
        given["sub_analyses"] = tuple(given["sub_analyses"])
    try:
        protocol = Protocol(**given, profile=earlier.profile if earlier else "")
        if earlier is None or not earlier.declared:
            return protocol.declare()
        differing = {
            name: value
            for name, value in protocol.choices.items()
            if value != earlier.choices[name]
        }
        if not differing:
            return earlier
        return earlier.deviate("changed in the app before a map was computed", **differing)
    except ArgumentError as error:
        raise ArgumentError(str(error).replace("parameter of Protocol", "choice")) from error
