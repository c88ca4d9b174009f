"""NiMARE 0.0.8-0.0.9: clusters of semantic cognition in children.

Enge et al. 2021, doi:10.1016/j.neuroimage.2021.118436.
"""

import math
from functools import cache

import nibabel
import numpy as np
from scipy import ndimage, stats

from focale import ALE, Studyset, fwe
from focale.inference.lattice import to_probability
from validation.published.agreement import (
    CONFIDENCE,
    N_ITERATIONS,
    SEED,
    Row,
    ks_allowed,
    p_allowed,
    volume_row,
)
from validation.published.places import CORPUS, brain_mask, on_places

TASKS = ("all", "knowledge", "relatedness", "objects", "older", "younger")
THEIR_ALPHA = 0.005
"""They cut the one-tailed z of cluster p at the z of a two-tailed .01: p of .005 or less."""

THEIR_ITERATIONS = 1000
BINS = 100_000


@cache
def enge_result(task):
    """ALE of foci on the voxels NiMARE of that time chose: it truncated the index."""
    mask = brain_mask()
    studyset = Studyset(CORPUS / f"enge2021_semantics/input/{task}.txt")
    truncated = mask.grid.to_mm(np.trunc(mask.grid.to_voxels(studyset.foci_mm)))
    return ALE(mask=mask, placement="nearest").fit(on_places(studyset, truncated))


def enge_volume(task, what):
    path = CORPUS / f"enge2021_semantics/expected/{task}_{what}.nii.gz"
    return nibabel.load(path).get_fdata()


def floored_tail(ma):
    """Tail of the null of NiMARE of that time: bins of 1e-5, always rounded down."""
    running = np.ones(1)
    for i in range(ma.n_experiments):
        values = to_probability(ma.entries(i)[1])
        counts = np.bincount((values * BINS).astype(int), minlength=1).astype(float)
        counts[0] += ma.mask.n_voxels - values.size
        filled, there = np.flatnonzero(counts), np.flatnonzero(running)
        share, folded = counts / ma.mask.n_voxels, np.zeros(running.size + counts.size)
        for j in filled:
            score = 1 - (1 - j / BINS) * (1 - there / BINS)
            bins = (score * BINS).astype(int)
            folded += np.bincount(bins, share[j] * running[there], minlength=folded.size)
        running = folded
    tail = np.cumsum(running[::-1])[::-1]
    return tail / tail[0]


@cache
def their_forming_ale(task):
    """ALE above which they form clusters: the last bin whose p is above .001."""
    tail = floored_tail(enge_result(task).ma)
    return (int(np.flatnonzero(tail < 0.001)[0]) - 1) / BINS


def forming_p(result, ale):
    """The p an ALE has in the null of a result, so that clusters begin there."""
    null = result.null
    return float(np.exp(null.log_tail[math.ceil(-math.log1p(-ale) / null.step - 1e-6)]))


@cache
def enge_corrected(task, n_iterations=N_ITERATIONS, *, own_threshold=False):
    """Our correction with their connectivity, and their cluster-forming ALE or our own."""
    result = enge_result(task)
    p = 0.001 if own_threshold else forming_p(result, their_forming_ale(task))
    how = {"n_iterations": n_iterations, "seed": SEED, "cluster_forming_p": p}
    return fwe(result, connectivity=18, **how)


def parts(volume, connectivity):
    """(place of the peak in mm, mm3, voxels) of each connected part of a volume."""
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2}[connectivity])
    labels, n = ndimage.label(volume > 0, contact)
    grid = brain_mask().grid
    found = []
    for number in range(1, n + 1):
        inside = labels == number
        peak = np.unravel_index(np.argmax(np.where(inside, volume, 0)), volume.shape)
        (mm,) = grid.to_mm(np.array([peak], dtype=float))
        found.append((mm, inside.sum() * grid.voxel_volume_mm3, inside))
    return found


def at(mm):
    return "({:.0f}, {:.0f}, {:.0f})".format(*mm)


def published(task):
    """Voxels of the clusters that survived, in mask order."""
    return enge_volume(task, "z_thresh")[brain_mask().inside] > 0


def matched(done, surviving):
    """The voxels of our clusters that share any with the surviving ones."""
    numbers = np.unique(done.clusters.labels[surviving])
    return np.isin(done.clusters.labels, numbers[numbers > 0])


def enge_cluster_rows(task):
    """Each published cluster beside ours, as Focale forms clusters by itself."""
    done = enge_corrected(task, 1, own_threshold=True)  # volumes need no iterations
    same = matched(done, published(task))
    ours = parts(done.mask.to_volume(np.where(same, done.ale.values, 0)), 18)
    rows, away = [], [0.0]
    for mm, volume, inside in parts(enge_volume(task, "z_thresh"), 18):
        shared = [np.count_nonzero(part[2] & inside) for part in ours]
        mm_ours, volume_ours, _ = ours[int(np.argmax(shared))]
        away.append(float(np.linalg.norm(mm - mm_ours)))
        rows.append(volume_row(f"{task}, mm3 of the cluster at {at(mm)}", volume, volume_ours))
    what = f"{task}, largest distance of peaks, mm"
    return [*rows, Row(what, None, max(away), (0.0, 2.0), "one voxel", ".1f")]


def enge_survival_rows(task, n_iterations=N_ITERATIONS):
    """Of each cluster of ours: did it survive, and how probable is that?"""
    done = enge_corrected(task, n_iterations)
    surviving = published(task)
    rows = []
    for cluster in done.clusters:
        b = int(np.count_nonzero(done.maxima.size >= cluster.positions.size))
        most = round(THEIR_ALPHA * THEIR_ITERATIONS)
        draws = THEIR_ITERATIONS, b + 1, n_iterations - b + 1
        chance = float(stats.betabinom.cdf(most, *draws))
        allowed = float(chance > CONFIDENCE), float(chance > 1 - CONFIDENCE)
        what = f"{task}, cluster at {at(cluster.peaks[0].mm)}"
        why = f"our p is {(b + 1) / (n_iterations + 1):.4f}, theirs of 1,000 iterations"
        found = float(surviving[cluster.positions].mean())
        rows.append(Row(what, found, chance, allowed, why, ".3f"))
    return rows


def uncertain(rows):
    """Rows of clusters of which one could not know whether they would survive."""
    return [row for row in rows if row.allowed[0] < row.allowed[1] and row.ours < 0.99]


def enge_equal_rows(task):
    """With their cluster-forming ALE the clusters are theirs, voxel by voxel."""
    done = enge_corrected(task, 1)
    surviving = published(task)
    differ = float(np.count_nonzero(matched(done, surviving) != surviving))
    why = "foci, ALE, forming rule and connectivity are theirs"
    return [Row(f"{task}, voxels that differ", None, differ, (0.0, 0.0), why, ".0f")]


def enge_significant_rows(task):
    """Voxels with z > 3.0902, by a null whose bins are always rounded down."""
    ma = enge_result(task).ma
    tail = floored_tail(ma)
    bins = np.round(to_probability(ma.log_sum) * BINS).astype(int)
    ours = float(np.count_nonzero(tail[bins] < 0.001))
    theirs = float(np.count_nonzero(enge_volume(task, "z") > stats.norm.isf(0.001)))
    why = "null of bins of 1e-5, every one rounded down"
    return [Row(f"{task}, voxels with p < .001", theirs, ours, (ours, ours), why, ".0f")]


def enge_tables():
    """(task, place, mm3) of each row of their tables 2 and 3, ALE only."""
    for name, first in (("tab2_children", "all"), ("tab3_tasks", "")):
        path = CORPUS / f"enge2021_semantics/expected/{name}.tsv"
        task = first
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            cells = line.split("\t")
            task = first if cells[0].startswith("Activation") else cells[0].lower() or task
            if task in TASKS:
                place = tuple(int(cell) for cell in cells[8:11])
                yield task, place, float(cells[2].replace(",", ""))


def enge_table_rows():
    """Rows of their tables: parts that share faces, of clusters that share edges."""
    rows, found = [], {}
    for task, place, volume in enge_tables():
        done = enge_corrected(task, 1)
        if task not in found:
            ours = np.where(matched(done, published(task)), done.ale.values, 0)
            found[task] = parts(done.mask.to_volume(ours), 6)
        away, mm3 = min((float(np.linalg.norm(place - mm)), mm3) for mm, mm3, _ in found[task])
        what = f"{task}, mm3 of the row at {at(place)}"
        why = f"peak {away:.0f} mm away; tables part clusters by faces"
        allowed = (mm3, mm3) if away <= 2 else (math.inf, math.inf)
        rows.append(Row(what, volume, mm3, allowed, why, ".0f"))
    return rows


def enge_p_rows(task, n_iterations=N_ITERATIONS, sampling=None):
    """Published p of clusters of 30 voxels and more, and of voxels, beside ours."""
    done = enge_corrected(task, n_iterations)
    maxima = done.maxima
    if sampling is not None:
        p = forming_p(done.uncorrected, their_forming_ale(task))
        how = {"n_iterations": n_iterations, "seed": SEED, "cluster_forming_p": p}
        maxima = fwe(done.uncorrected, connectivity=18, sampling=sampling, **how).maxima
    inside = done.mask.inside
    p_cluster, p_voxel = (
        10 ** -enge_volume(task, f"logp_level-{level}_corr-FWE_method-montecarlo")[inside]
        for level in ("cluster", "voxel")
    )
    by_size = {c.positions.size: c for c in done.clusters if c.positions.size >= 30}
    rows = []
    for size, cluster in sorted(by_size.items(), reverse=True):
        b = int(np.count_nonzero(maxima.size >= size))
        theirs = float(np.round(p_cluster[cluster.positions], 3).max())
        what = f"{task}, p of the cluster of {size} voxels"
        allowed = p_allowed(b, n_iterations, THEIR_ITERATIONS)
        why = f"Monte Carlo error of {n_iterations:,} and 1,000 iterations"
        rows.append(Row(what, theirs, b / n_iterations, allowed, why, ".3f"))
    rising = np.sort(maxima.largest)
    ours = 1 - np.searchsorted(rising, done.uncorrected.ma.log_sum) / n_iterations
    away = float(np.abs(p_voxel - ours)[p_voxel < 1 - 1.5 / THEIR_ITERATIONS].max())
    allowed = (0.0, ks_allowed(n_iterations, THEIR_ITERATIONS))
    what, why = f"{task}, p of voxels", "largest distance of the two curves (Smirnov)"
    return [*rows, Row(what, None, away, allowed, why, ".3f")]
