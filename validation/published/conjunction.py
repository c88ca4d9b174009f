"""Conjunctions of the published maps of Enge et al. 2021, and the one of their table 6."""

from functools import cache

import numpy as np

from focale import conjunction
from validation.published.agreement import Row
from validation.published.enge2021 import (
    THEIR_ALPHA,
    at,
    enge_corrected,
    enge_volume,
    parts,
)
from validation.published.places import CORPUS, brain_mask

SETS = (
    ("knowledge", "relatedness"),
    ("knowledge", "objects"),
    ("relatedness", "objects"),
    ("older", "younger"),
    ("knowledge", "relatedness", "objects"),
)


@cache
def our_conjunction(tasks, n_iterations):
    """Where all these tasks have a cluster-size p of at most theirs, with their settings."""
    done = [enge_corrected(task, n_iterations) for task in tasks]
    how = {"alpha": THEIR_ALPHA, "level": "size", "names": tasks, "atlases": ()}
    return conjunction(done, **how)


def smallest_z(tasks):
    """The smallest z of their thresholded maps, in mask order, as NiMARE has it."""
    maps = [enge_volume(task, "z_thresh")[brain_mask().inside] for task in tasks]
    return np.min(maps, axis=0)


def conjunction_rows(n_iterations):
    """Voxels and z of each conjunction, by their maps and by our tests."""
    rows = []
    for tasks in SETS:
        ours, theirs = our_conjunction(tasks, n_iterations), smallest_z(tasks)
        inside = ours.p.values <= ours.alpha
        differ = float(np.count_nonzero(inside != (theirs > 0)))
        name = " and ".join(tasks)
        n = f"{np.count_nonzero(theirs):,} voxels"
        rows.append(Row(f"{name}, voxels that differ", None, differ, (0, 0), n, ".0f"))
        both = inside & (theirs > 0)
        away = float(np.abs(ours.height.values - theirs)[both].max(initial=0.0))
        why = "z of a null of bins of 1e-5 against an exact one"
        rows.append(Row(f"{name}, largest difference of z", None, away, (0, 0.03), why, ".3f"))
    return rows


def published_rows():
    """(mm3, z, place) of each row of the conjunction of children and adults in their table 6."""
    path = CORPUS / "enge2021_semantics/expected/tab6_adults.tsv"
    _, _, text = path.read_text(encoding="utf-8").partition("\nConjunction")
    for line in text.splitlines():
        cells = line.split("\t")
        volume = float(cells[2].replace(",", ""))
        yield volume, float(cells[6]), np.array([float(cell) for cell in cells[8:11]])


def children_rows():
    """Their conjunction of children and adults, beside the children: adults are not published."""
    z = enge_volume("all", "z_thresh")
    grid = brain_mask().grid
    rows = []
    for volume, peak, mm in published_rows():
        (ijk,) = np.round(grid.to_voxels(mm[None])).astype(int)
        ours = float(z[tuple(ijk)])
        why = "z of the children, the smaller one"
        allowed = (ours - 0.005, ours + 0.005)
        rows.append(Row(f"children and adults, z at {at(mm)}", peak, ours, allowed, why, ".3f"))
        whole = next(mm3 for _, mm3, inside in parts(z, 6) if inside[tuple(ijk)])
        what = f"children and adults, mm3 at {at(mm)}"
        why = "no more than the row of the children it lies in"
        rows.append(Row(what, volume, whole, (0, whole), why, ".0f"))
    return rows
