"""What the choices of a protocol are about, in a few words."""

from __future__ import annotations

from typing import Any

CHOICE_NAMES = {
    "reading": "experiments lost by the reader",
    "talairach": "conversion of Talairach coordinates",
    "independence": "what counts as independent",
    "min_experiments": "independent experiments asked for",
    "pooling": "experiments of the same participants",
    "pooled_n": "sample size of a pooled experiment",
    "mask": "voxels of the analysis",
    "placement": "rounding of foci to voxels",
    "fwhm_mm": "width of the footprints",
    "null": "uncorrected p",
    "sampling": "where random foci fall",
    "cluster_forming_p": "cluster-forming p",
    "contrast_forming_p": "cluster-forming p of a contrast",
    "connectivity": "what voxels of a cluster share",
    "correction": "what the family-wise p is of",
    "iterations": "iterations",
    "seed": "seed",
    "p_rule": "rule of the family-wise p",
    "alpha": "alpha",
    "tfce": "TFCE beside it",
    "display_percentile": "display-only percentile",
    "min_cluster_mm3": "smallest displayed cluster",
    "sub_analyses": "planned sub-analyses",
}
"""Names of all choices, in the order in which an analysis comes to them."""


def value_text(value: Any) -> str:
    """A value of a choice in a sentence.

    Examples
    --------
    >>> value_text(None), value_text(0.001), value_text(10000), value_text("mask")
    ('not set', '0.001', '10,000', 'mask')
    """
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return "; ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
