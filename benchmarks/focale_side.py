"""Tasks of the benchmark for Focale; prints seconds of each as JSON."""

import json
import resource
import sys
import time
from functools import partial

from timing import display_level, median_seconds, print_medians, slope

from focale import ALE, FocusCounter, Jackknife, Studyset, fwe, pain_studyset_path

PAIN = Studyset(pain_studyset_path())
PAIN8 = PAIN.slice(PAIN.ids[:8])


def tasks():
    result8, result21 = ALE().fit(PAIN8), ALE().fit(PAIN)
    level = display_level(result8)
    jackknife = Jackknife(target_image="stat", voxel_thresh=level, cluster_threshold=500)
    counter = FocusCounter(target_image="z", voxel_thresh=3.1, cluster_threshold=10)
    return {
        "statistic_8": (lambda: ALE().statistic(PAIN8), 30),
        "statistic_21": (lambda: ALE().statistic(PAIN), 30),
        "fit_8": (lambda: ALE().fit(PAIN8), 30),
        "fit_21": (lambda: ALE().fit(PAIN), 30),
        "jackknife_8": (lambda: jackknife.transform(result8), 10),
        "focus_counter_21": (lambda: counter.transform(result21), 10),
    }


def montecarlo(random_evidence):
    """Seconds an iteration, and of 1,000 with preparation."""
    sets = {"pain8": PAIN8, "pain21": PAIN, "random100": Studyset(random_evidence)}
    seconds = {}
    for name, studyset in sets.items():
        result = ALE().fit(studyset)
        seconds[f"{name}_slope"] = slope(partial(fwe, result, threads=1), (1000, 6000))
        if name == "pain21":
            seconds[f"{name}_slope_2"] = slope(partial(fwe, result, threads=2), (1000, 6000))
            thousand = partial(fwe, result, n_iterations=1000, threads=1)
            seconds[f"{name}_1000"] = median_seconds(thousand, 5)
            with_tfce = partial(fwe, result, threads=1, tfce=True)
            seconds[f"{name}_tfce"] = slope(with_tfce, (50, 250), repeats=2)
    return seconds


def memory_mb():
    """Peak memory of a fit and its correction, above that of the imports."""
    imported = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fwe(ALE().fit(PAIN), n_iterations=10_000)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - imported) / 1024


def robustness():
    """Seconds of each answer about robustness, two threads."""
    from focale import Protocol, Questions, examine, infer

    result = infer(PAIN, Protocol(iterations=5000))
    examine(result, Questions(n_replicates=10, n_lists=1, most_noise=2))  # compiles

    def seconds(**asked):
        start = time.perf_counter()
        examine(result, Questions(**asked), threads=2)
        return time.perf_counter() - start

    return {
        "leave_out": seconds(parts=("leave-out",)),
        "removals": seconds(parts=("removals",)),
        "stability": seconds(parts=("stability",)),
        "fail_safe": seconds(parts=("fail-safe",)),
    }


def planning():
    """Seconds of a plan of 10 sizes and 4 shares, 500 simulations each, two threads."""
    from focale import plan

    plan(PAIN, sizes=(5,), shares=(0.5,), n_simulations=5)  # compiles
    start = time.perf_counter()
    plan(PAIN, threads=2)
    return {"planning": time.perf_counter() - start}


def contrasts():
    """Seconds of contrasts of 10 against 11 experiments, maps of both sides included."""
    from focale.contrasts.difference import ContrastSettings, difference_test

    first, second = PAIN.slice(PAIN.ids[:10]), PAIN.slice(PAIN.ids[10:])

    def contrast(n_labelings, threads=2, **settings):
        chosen = ContrastSettings(n_labelings=n_labelings, **settings)
        maps = ALE().statistic(first), ALE().statistic(second)
        difference_test(*maps, chosen, threads=threads)

    return {
        "plain": median_seconds(lambda: contrast(1000), 5),
        "plain_one": median_seconds(lambda: contrast(1000, threads=1), 5),
        "plain_10000": median_seconds(lambda: contrast(10_000), 3),
        "balanced": median_seconds(lambda: contrast(1000, subsample=8), 5),
    }


def family():
    """Seconds of fits of spheres: densities of all, chi-square of 10 against 11 experiments."""
    from focale import KDA, MKDAChi2, MKDADensity

    first, second = PAIN.slice(PAIN.ids[:10]), PAIN.slice(PAIN.ids[10:])
    return {
        "mkda": median_seconds(lambda: MKDADensity().fit(PAIN), 15),
        "kda": median_seconds(lambda: KDA().fit(PAIN), 15),
        "chi2": median_seconds(lambda: MKDAChi2().fit(first, second), 15),
        "chi2_all": median_seconds(lambda: list(MKDAChi2().fit(first, second).named.values()), 15),
    }


def report(place):
    """Seconds to make and write the page, and its bytes."""
    from pathlib import Path

    from focale import Protocol, infer, view

    result = infer(PAIN, Protocol(iterations=100))
    folder = Path(place)
    folder.mkdir()
    start = time.perf_counter()
    (folder / "report.html").write_text(view(result).html, encoding="utf-8")
    took = time.perf_counter() - start
    return {"seconds": took, "bytes": (folder / "report.html").stat().st_size}


if __name__ == "__main__":
    if sys.argv[1:2] == ["report"]:
        print(json.dumps(report(sys.argv[2])))
    elif sys.argv[1:2] == ["montecarlo"]:
        print(json.dumps(montecarlo(sys.argv[2])))
    elif sys.argv[1:] == ["robustness"]:
        print(json.dumps(robustness()))
    elif sys.argv[1:] == ["contrasts"]:
        print(json.dumps(contrasts()))
    elif sys.argv[1:] == ["family"]:
        print(json.dumps(family()))
    elif sys.argv[1:] == ["planning"]:
        print(json.dumps(planning()))
    elif sys.argv[1:] == ["memory"]:
        print(memory_mb())
    else:
        print_medians(tasks())
