"""What a page shows of the robustness of a reading, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import one_line
from focale.report.inferential_text import p_text
from focale.report.robustness_text import CAUTION, anew, does_not_stay, near_alpha, stays
from focale.robustness.answers import Removals
from focale.robustness.fail_safe import FailSafe
from focale.robustness.leave_out import LeftOut
from focale.robustness.stability import Stability

AnyReading = DescriptiveResult | InferentialResult


def robustness_data(result: AnyReading) -> dict[str, Any] | None:
    """Answers about robustness; None where nothing was asked, or there is no cluster."""
    answers = result.robustness
    if answers is None or not len(result.clusters):
        return None
    return {
        "anew": anew(result),
        "stays": stays(result),
        "gone": does_not_stay(result),
        "left_out": [_left_out(result, found) for found in answers.left_out],
        "removals": [_removals(found) for found in answers.removals],
        "stability": _stability(answers.stability),
        "fail_safe": _fail_safe(answers.fail_safe),
    }


def _left_out(result: AnyReading, found: LeftOut) -> dict[str, Any]:
    rows = [
        {
            "name": one_line(name, 120),
            "survives": found.survives[u].tolist(),
            "kept": np.round(found.kept_share[u], 4).tolist(),
            "p": [_p(result, p) for p in found.p[u]],
            "shift": [
                None if np.isnan(mm) else round(float(mm), 1) for mm in found.peak_shift_mm[u]
            ],
            "new": int(found.n_new[u]),
        }
        for u, name in enumerate(found.units.names)
    ]
    return {
        "unit": found.units.in_words,
        "map": found.units.kind if found.units.kind in ("experiment", "study") else "",
        "rows": rows,
        "near_alpha": near_alpha(result, found),
        "clusters": [
            {
                "n": int(found.survives[:, c].sum()),
                "of": len(found.units),
                "p": _p(result, found.p[:, c].max()),
                "kept": float(found.kept_share[:, c].min()),
                "shift": _largest(found, c),
            }
            for c in range(found.survives.shape[1])
        ],
    }


def _p(result: AnyReading, p: float) -> str:
    """P of a new reading, a bound where no iteration was as large; nothing where there is none."""
    if not isinstance(result, InferentialResult):
        return ""
    return p_text(float(p), result.fwe.n_iterations).removeprefix("p ").removeprefix("= ")


def _largest(found: LeftOut, cluster: int) -> float | None:
    shifts = found.peak_shift_mm[:, cluster]
    return None if np.isnan(shifts).all() else round(float(np.nanmax(shifts)), 1)


def _removals(found: Removals) -> dict[str, Any]:
    return {
        "units": found.units.plural,
        "exact_up_to": found.exact_up_to,
        "clusters": [
            {
                "names": [one_line(found.units.names[unit], 120) for unit in removal.units],
                "is_smallest": removal.is_smallest,
                "reaching": removal.n_reaching,
            }
            for removal in found.of_clusters
        ],
    }


def _stability(found: Stability | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "words": found.words,
        "clusters": [
            {
                "any": float(share),
                "interval": list(found.interval(c)),
                "mean": float(found.mean_share[c]),
                "largest": float(found.largest_share[c]),
            }
            for c, share in enumerate(found.share_of_clusters)
        ],
    }


def _fail_safe(found: FailSafe | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "n_lists": found.n_realisations,
        "most": found.most,
        "coverage": found.coverage,
        "caution": CAUTION,
        "clusters": [
            {
                "median": float(found.median[c]),
                "interval": found.interval[c].tolist(),
                "range": found.range[c].tolist(),
                "beyond": int(found.reaches_most[:, c].sum()),
            }
            for c in range(found.values.shape[1])
        ],
    }
