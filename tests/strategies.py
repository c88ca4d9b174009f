"""Inputs for tests: builders of small sources, and Hypothesis strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

# ------------------------------------------------------------------ builders


def nimads_analysis(
    analysis_id: Any,
    foci: Sequence[Sequence[float]] = ((1, 2, 3),),
    n: Any = None,
    space: Any = "MNI",
    **more: Any,
) -> dict[str, Any]:
    """One NIMADS analysis; `n` becomes its list of sample sizes."""
    analysis: dict[str, Any] = {
        "id": analysis_id,
        "points": [{"coordinates": list(focus), "space": space} for focus in foci],
        **more,
    }
    if n is not None:
        analysis["metadata"] = {"sample_sizes": n if isinstance(n, list) else [n]}
    return analysis


def nimads_tree(studies: Mapping[str, list[Any]]) -> dict[str, Any]:
    """A NIMADS studyset from study ids and their analyses."""
    return {
        "id": "a studyset",
        "studies": [{"id": study, "analyses": analyses} for study, analyses in studies.items()],
    }


def sleuth_text(
    experiments: Sequence[tuple[Sequence[str], Any, Sequence[Sequence[Any]]]],
    reference: str | None = "MNI",
    line_end: str = "\n",
) -> str:
    """Sleuth text from (headers, sample size, rows) of each experiment."""
    lines = [] if reference is None else [f"// Reference={reference}"]
    for headers, n, rows in experiments:
        lines += [f"// {header}" for header in headers]
        lines.append(f"// Subjects={n}")
        lines += ["\t".join(str(cell) for cell in row) for row in rows]
        lines.append("")
    return line_end.join(lines)


# ---------------------------------------------------------------- strategies

# A header is one line that is neither of the two lines with a meaning.
_words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30
)
sleuth_headers = st.one_of(
    st.sampled_from(["", "Smith, 2001: A > B", "Smith, 2001", "Smith", ":", "a: 1 (2)", "a"]),
    _words.map(str.strip).filter(
        lambda text: not text.lower().lstrip("/ ").startswith(("subjects", "reference"))
    ),
)
millimetres = st.integers(-90_000, 90_000).map(lambda thousandths: thousandths / 1000)
foci = st.tuples(millimetres, millimetres, millimetres)


@st.composite
def sleuth_experiments(draw: st.DrawFn) -> list[tuple[list[str], int, list[Any]]]:
    """One to six experiments with any headers, equal and empty ones among them."""
    return draw(
        st.lists(
            st.tuples(
                st.lists(sleuth_headers, min_size=1, max_size=3),
                st.integers(1, 400),
                st.lists(foci, max_size=5),
            ),
            min_size=1,
            max_size=6,
        )
    )


@st.composite
def foci_of_experiments(draw: st.DrawFn, reach_mm: float = 25.0) -> list[np.ndarray]:
    """Foci of one to five experiments, some with none, on and off a 3 mm grid."""
    coordinate = st.one_of(
        st.integers(-8, 8).map(lambda i: 3.0 * i - 1.0),
        st.floats(-reach_mm, reach_mm).map(lambda x: round(x, 2)),
    )
    experiment = st.lists(st.tuples(coordinate, coordinate, coordinate), max_size=6)
    drawn = draw(st.lists(experiment, min_size=1, max_size=5))
    return [np.array(rows, dtype=float).reshape(-1, 3) for rows in drawn]


@st.composite
def count_histograms(draw: st.DrawFn, n_voxels: int = 1000) -> list[dict[int, int]]:
    """Counts of lattice values of one to six experiments over a mask of `n_voxels`.

    Degenerate ones are among them: nothing but zeros, every voxel covered, one value.
    """
    experiments = []
    for _ in range(draw(st.integers(1, 6))):
        values = draw(st.lists(st.integers(1, 120), max_size=8, unique=True))
        covered = draw(st.sampled_from([1, 2, 30, n_voxels]))
        counts: dict[int, int] = {}
        left = min(covered, n_voxels) if values else 0
        for position, value in enumerate(values):
            last = position == len(values) - 1
            share = left if last else draw(st.integers(0, left))
            if share:
                counts[value] = share
            left -= share
        zeros = n_voxels - sum(counts.values())
        if zeros:
            counts[0] = zeros
        experiments.append(counts)
    return experiments


def csr(experiments: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Foci of all experiments in one array, and the offsets of each."""
    counts = [len(rows) for rows in experiments]
    stacked = np.concatenate([np.zeros((0, 3)), *experiments])
    return stacked, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
