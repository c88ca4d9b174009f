"""Do stability and fail-safe N behave as they should, and how long do they take?

`python -m validation.robustness`, from the root of the repository; some minutes. The parts on
semantic cognition need the published files in ../shared/corpus. `--peer PYTHON` names a Python
that has NiMARE 0.22.1, to time its ResampledStability on the same machine.
"""

import argparse
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import focale
from focale import ALE, Studyset, fwe, pain_studyset_path
from focale.inference.clusters import find_clusters
from focale.inference.convolution import convolved_log_tail
from focale.inference.lattice import NULL_STEP, STEP
from focale.inference.ma_maps import model_activation
from focale.inference.null import null_steps, step_histograms
from focale.robustness.diluted import Diluted
from focale.robustness.fail_safe import Search, fail_safe
from focale.robustness.noise import noise_experiments
from focale.robustness.rules import Corrected, Formed, log_sum_of
from focale.robustness.stability import stability
from focale.robustness.subset_nulls import SubsetNulls
from focale.space.grey_matter import grey_matter
from validation.published.enge2021 import THEIR_ALPHA, enge_result
from validation.published.places import CORPUS, brain_mask

HERE = Path(__file__).parent
SEED = 20261126
LISTS_ONE_BY_ONE = 4

# Mean of ten lists of noise experiments, and 95 % interval of it, as Enge et al. keep them
# beside their code (results/fsn of github.com/SkeideLab/meta_semantics, MIT), by the peak of z.
PUBLISHED_FSN = {
    "knowledge": [
        ((-4, 16, 50), 65.6, 51.3, 79.9),
        ((-44, 16, 24), 61.5, 51.5, 71.5),
        ((36, 24, -8), 1.2, 0.8, 1.6),
    ],
    "relatedness": [
        ((-2, 8, 60), 23.4, 21.0, 25.8),
        ((-54, -42, 4), 62.5, 55.1, 69.9),
        ((-48, 22, 10), 64.5, 54.7, 74.3),
        ((36, 22, -6), 31.1, 21.5, 40.7),
    ],
    "objects": [
        ((42, -52, -20), 7.6, 3.5, 11.7),
        ((24, -92, -4), 5.3, 4.5, 6.1),
        ((-40, -52, -20), 10.9, 3.0, 18.8),
    ],
}


def timed(call):
    """What a call returns, its wall seconds and its processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    return found, time.perf_counter() - wall, time.process_time() - cpu


def pain_corrected():
    return fwe(ALE().fit(Studyset(pain_studyset_path())), seed=SEED)


def surviving(corrected, alpha=0.05):
    kept = corrected.surviving(alpha)
    return find_clusters(kept, 0.0, connectivity=corrected.connectivity)


def table(header, rows):
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


# ------------------------------------------------------------------- own null, full null


def p_of_full_threshold(ma, size, n_subsets):
    """P, in the own null of subsets, of the smallest sum that has p .001 in the full set's."""
    histograms = step_histograms(ma, null_steps(ma))
    members = list(np.arange(ma.n_experiments)[:, None])
    nulls = SubsetNulls.of(ma, 0.001, members, ma.n_experiments, repeats=False)
    (full,) = nulls.thresholds([np.arange(ma.n_experiments)])
    k = round((full + 1) * STEP / NULL_STEP)
    found = []
    for r in range(n_subsets):
        subset = np.random.default_rng((SEED, r)).choice(ma.n_experiments, size, replace=False)
        found.append(convolved_log_tail([histograms[i] for i in subset], k)[k])
    return float(np.exp(np.median(found)))


def mean_shares(ma, positions, size, n_subsets):
    """Mean share over some voxels, with the own null and with that of the full set."""
    members = list(np.arange(ma.n_experiments)[:, None])
    nulls = SubsetNulls.of(ma, 0.001, members, ma.n_experiments, repeats=False)
    (full,) = nulls.thresholds([np.arange(ma.n_experiments)])
    rngs = [np.random.default_rng((SEED, r)) for r in range(n_subsets)]
    subsets = [rng.choice(ma.n_experiments, size, replace=False) for rng in rngs]
    own_share = full_share = 0.0
    for subset, own in zip(subsets, nulls.thresholds(subsets), strict=True):
        values = log_sum_of(ma, subset)[positions]
        own_share += np.mean(values > own) / n_subsets
        full_share += np.mean(values > full) / n_subsets
    return own_share, full_share


def null_lines(n_subsets):
    yield from ("## The own null of a subsample, and that of the full set", "")
    result = enge_result("all")
    clusters = fwe(result, n_iterations=1).clusters
    inside = np.flatnonzero(clusters.labels)
    rows = []
    for size in (10, 17, 25, 40, 49):
        p = p_of_full_threshold(result.ma, size, n_subsets)
        own, full = mean_shares(result.ma, inside, size, n_subsets)
        rows.append((f"{size} of 50", f"{p:.2g}", f"{own:.3f}", f"{full:.3f}"))
    yield "Semantic cognition in children (50 experiments), voxels of all clusters formed at p <"
    yield f".001, {n_subsets} subsamples. The ALE with p = .001 in the null of the full set is far"
    yield "rarer in a subsample: judged by it, everything looks less stable than it is."
    yield ""
    header = ("subsample", "p of the full set's threshold", "mean share, own null", "full set's")
    yield from table(header, rows)


def noise_lines(n_bases, n_subsets):
    yield from ("## Where the truth is known: evidence without convergence", "")
    mask, pain = brain_mask(), Studyset(pain_studyset_path())
    fwhm_mm = ALE().statistic(pain).fwhm_mm
    found = []
    for base in range(n_bases):
        noise = noise_experiments(50, np.diff(pain.offsets), fwhm_mm, mask, SEED, base)
        ma = model_activation(noise.foci_mm, noise.offsets, noise.fwhm_mm, mask)
        found.append(mean_shares(ma, np.arange(mask.n_voxels), 17, n_subsets))
    found = np.array(found)
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(n_bases)
    yield f"{n_bases} evidence bases of 50 noise experiments, {n_subsets} subsamples of 17 each,"
    yield "all voxels of the brain: at p <= .001 a voxel should survive in .001 of them."
    yield ""
    rows = [
        (name, f"{mean[i]:.6f}", f"{error[i]:.6f}")
        for i, name in enumerate(("own null", "full set's null"))
    ]
    yield from table(("judged by", "mean share", "standard error"), rows)


# ------------------------------------------------------------------------- fail-safe N


def enge_rows(task, n_realisations):
    """Their means beside ours, of the clusters of ours that have their peaks."""
    corrected = fwe(enge_result(task), seed=SEED, connectivity=18)
    clusters = surviving(corrected, THEIR_ALPHA)
    most = 5 * len(corrected.studyset)
    given = {"n_realisations": n_realisations, "most": most, "seed": SEED}
    found = fail_safe(corrected, clusters, THEIR_ALPHA, **given)
    with ThreadPoolExecutor(2) as pool:
        search = partial(first_losses, corrected, clusters, most)
        first = np.array(list(pool.map(search, range(min(n_realisations, LISTS_ONE_BY_ONE)))))
    for peak, mean, low, high in PUBLISHED_FSN[task]:
        row = [f"{task} {peak}", f"{mean:g} ({low:g} to {high:g})"]
        c = cluster_at(clusters, np.array(peak, dtype=float))
        if c < 0:
            yield [*row, *["not listed"] * 4]
            continue
        p = corrected.p_size.values[clusters.members[c].peaks[0].position]
        ends = found.interval[c]
        yield [
            *row,
            f"{first[:, c].mean():.1f} ({first[:, c].min()} to {first[:, c].max()})",
            f"{found.values[:, c].mean():.1f} ({found.range[c, 0]} to {found.range[c, 1]})",
            f"{found.median[c]:g} ({ends[0]} to {ends[1]})",
            f"{p:.4f}",
        ]


def first_losses(corrected, clusters, most, realisation):
    """Their rule: the first number of noise experiments with which a peak is lost.

    Each number has random maps of its own, and noise foci fall in grey matter.
    """
    statistic = corrected.uncorrected.map
    noise = noise_experiments(
        most,
        np.diff(corrected.studyset.offsets),
        statistic.fwhm_mm,
        grey_matter(statistic.mask),
        SEED,
        realisation,
    )
    peaks = np.zeros_like(clusters.labels)
    for number, cluster in enumerate(clusters, start=1):
        peaks[cluster.peaks[0].position] = number
    diluted = Diluted(
        corrected,
        replace(clusters, labels=peaks),
        noise,
        level="size",
        alpha=THEIR_ALPHA,
        n_iterations=1000,
    )
    lost, watched = np.full(len(clusters), most), np.arange(len(clusters))
    for k in range(1, most):
        diluted.settings = replace(corrected.settings, seed=1000 * realisation + k)
        survive = diluted.survive(k, watched)
        lost[watched[~survive]] = k
        watched = watched[survive]
        if not watched.size:
            break
    return lost


def cluster_at(clusters, mm):
    """Number of the cluster with a voxel within 6 mm of a place, -1 where there is none."""
    away = [
        np.linalg.norm(clusters.mask.mm(cluster.positions) - mm, axis=1).min()
        for cluster in clusters
    ]
    return int(np.argmin(away)) if away and min(away) <= 6 else -1


ENGE_NOTE = """\
Enge et al. 2021 (doi:10.1016/j.neuroimage.2021.118436), semantic cognition in children, with \
their settings: foci on voxels of a truncated index, cluster-size p of .005 or less, clusters \
joined by faces or edges, 1,000 iterations, {n} lists of up to 5 noise experiments for each of \
theirs ({few} by their rule, which takes long).

Their rule is another than Acar's: experiments are added one by one, each number has new random \
maps, and what counts is the first number with which the *peak* is lost. Where p lies near the \
cut over a range of numbers, it soon falls on the other side by chance, and the first loss comes \
early. Bisection with shared random maps does not ask that often, and any voxel of the cluster \
will do. So by their rule the numbers should be of the same size as theirs, and by bisection \
those of fragile clusters may be larger."""


def enge_lines(tasks, n_realisations):
    yield from ("## Fail-safe N beside published ones", "")
    yield from (ENGE_NOTE.format(n=n_realisations, few=min(n_realisations, LISTS_ONE_BY_ONE)), "")
    header = (
        "cluster",
        "theirs: mean (95 % interval)",
        "ours by their rule: mean (range)",
        "ours: mean (range)",
        "ours: median (95 % interval)",
        "p without noise",
    )
    yield from table(header, [row for task in tasks for row in enge_rows(task, n_realisations)])


def curve_lines(n_realisations):
    """Share of clusters that survive k noise experiments."""
    result = enge_result("knowledge")
    corrected = fwe(result, seed=SEED)
    clusters = surviving(corrected)
    numbers = (0, 1, 2, 5, 10, 20, 40, 80, 160)
    search = Search(corrected, clusters, 0.05, "size", 1000, 0, numbers[-1], SEED)
    watched = np.arange(len(clusters))
    survives = np.empty((n_realisations, len(numbers), len(clusters)), dtype=bool)
    for r in range(n_realisations):
        diluted = search.diluted(r)
        survives[r] = [diluted.survive(k, watched) for k in numbers]
    back = int(np.sum(survives[:, 1:] & ~survives[:, :-1]))
    yield from ("## More noise, fewer clusters: on average, not always", "")
    yield f"Semantic knowledge, {len(clusters)} clusters with a cluster-size p of .05 or less,"
    yield f"{n_realisations} lists: share of lists with which each survives. In {back} of"
    yield f"{survives[:, 1:].size} steps a lost cluster came back."
    yield ""
    rows = [
        (
            k,
            *(f"{share:.2f}" for share in survives[:, i].mean(axis=0)),
            f"{survives[:, i].mean():.3f}",
        )
        for i, k in enumerate(numbers)
    ]
    peaks = [f"({', '.join(f'{c:g}' for c in cluster.peaks[0].mm)})" for cluster in clusters]
    yield from table(("noise experiments", *peaks, "all"), rows)


# -------------------------------------------------------------------------------- time


def time_lines(peer, n_realisations):
    corrected = pain_corrected()
    statistic, clusters = corrected.uncorrected.map, surviving(corrected)
    stability(statistic, clusters, Formed(), n_replicates=2)  # whatever is compiled, is now
    stability(statistic, clusters, Corrected(n_iterations=20), n_replicates=2)
    formed, wall, cpu = timed(lambda: stability(statistic, clusters, Formed()))
    rows = [("stability, 1,000 subsamples, uncorrected", f"{wall:.1f}", f"{cpu:.1f}")]
    _, wall, cpu = timed(lambda: stability(statistic, clusters, Formed(), with_replacement=True))
    rows.append(("stability, 1,000 bootstrap samples, uncorrected", f"{wall:.1f}", f"{cpu:.1f}"))
    tested, wall, cpu = timed(
        lambda: stability(statistic, clusters, Corrected(), n_replicates=200)
    )
    rows.append(
        (
            "stability, 200 subsamples, cluster size, 1,000 iterations each",
            f"{wall:.1f}",
            f"{cpu:.1f}",
        )
    )
    found, wall, cpu = timed(lambda: fail_safe(corrected, clusters, n_realisations=n_realisations))
    what = f"fail-safe N, {len(clusters)} clusters, {n_realisations} lists, 1,000 iterations each"
    rows.append((what, f"{wall:.1f}", f"{cpu:.1f}"))
    yield from ("## The bundled pain studyset (21 experiments), and time", "")
    yield f"Wall and processor seconds on {os.cpu_count()} cores, which other programs shared"
    yield f"while this ran (load {os.getloadavg()[0]:.1f})."
    yield ""
    yield from table(("what", "wall, s", "processor, s"), rows)
    if peer:
        done = subprocess.run([peer, HERE / "peer_stability.py"], capture_output=True, check=True)
        each = float(done.stdout.split()[-1])
        yield f"NiMARE 0.22.1 takes {each:.3f} s for a subsample of its ResampledStability, judged"
        yield f"by the null of the full set: {1000 * each:.0f} s for 1,000, extrapolated from the"
        yield "difference between 25 and 5, one core of the same machine. Its Monte Carlo cut-off,"
        yield "which it needs once, is not counted. It has no fail-safe N."
        yield ""
    rows = []
    for c, cluster in enumerate(clusters):
        low, high = found.interval[c]
        rows.append(
            (
                f"({', '.join(f'{x:g}' for x in cluster.peaks[0].mm)})",
                f"{formed.mean_share[c]:.2f}",
                f"{tested.mean_share[c]:.2f}",
                f"{tested.share_of_clusters[c]:.2f}",
                f"{found.median[c]:g} ({low} to {high})",
                f"{found.reaches_most[:, c].sum()} of {n_realisations}",
            )
        )
    header = (
        "cluster",
        "mean share, uncorrected",
        "mean share, cluster size",
        "any voxel, cluster size",
        "fail-safe N: median (95 % interval)",
        f"survives all {found.most}",
    )
    yield from table(header, rows)


def parts(peer, *, fast):
    """The sections, one after the other."""
    yield ("# Stability and fail-safe N", "", "Made by `robustness.py`.", "")
    yield time_lines(peer, 2 if fast else 10)
    yield noise_lines(2 if fast else 10, 10 if fast else 40)
    if CORPUS.is_dir():
        yield null_lines(10 if fast else 50)
        yield curve_lines(2 if fast else 10)
        yield enge_lines(("objects",) if fast else tuple(PUBLISHED_FSN), 2 if fast else 10)
    yield ("## Made with", "", f"focale {focale.__version__}, numpy {np.__version__}.")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer", help="a Python that has NiMARE 0.22.1")
    options.add_argument("--fast", action="store_true", help="a small part, printed")
    given = options.parse_args()
    lines = []
    for part in parts(given.peer, fast=given.fast):
        lines.extend(part)
        if not given.fast:  # what is done is kept, whatever comes after
            Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if given.fast:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
