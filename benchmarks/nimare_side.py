"""Tasks of the benchmark for NiMARE 0.22.1; prints seconds of each as JSON."""

import json
import logging
import os
import sys
import warnings

warnings.simplefilter("ignore")

from nimare.correct import FWECorrector  # noqa: E402
from nimare.diagnostics import FocusCounter, Jackknife  # noqa: E402
from nimare.meta.cbma.ale import ALE  # noqa: E402
from nimare.nimads import Studyset  # noqa: E402
from nimare.utils import get_resource_path  # noqa: E402
from timing import display_level, median_seconds, print_medians, slope  # noqa: E402

logging.disable(logging.CRITICAL)
PAIN_FILE = os.path.join(get_resource_path(), "nidm_pain_studyset.json")  # noqa: PTH118


def tasks():
    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    pain8 = pain.slice(pain.ids[:8])
    result8, result21 = ALE().fit(pain8), ALE().fit(pain)
    level = display_level(result8)
    jackknife = Jackknife(
        target_image="stat", voxel_thresh=level, cluster_threshold=500, n_cores=1
    )
    counter = FocusCounter(target_image="z", voxel_thresh=3.1, cluster_threshold=10, n_cores=1)
    return {
        "fit_8": (lambda: ALE().fit(pain8), 15),
        "fit_21": (lambda: ALE().fit(pain), 15),
        "jackknife_8": (lambda: jackknife.transform(result8), 3),
        "focus_counter_21": (lambda: counter.transform(result21), 3),
    }


def whole_run():
    """The seed's workflow without its figures."""
    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    result = ALE().fit(pain.slice(pain.ids[:8]))
    level = display_level(result)
    jackknife = Jackknife(
        target_image="stat", voxel_thresh=level, cluster_threshold=500, n_cores=1
    )
    jackknife.transform(result)


def montecarlo(random_evidence):
    """Seconds an iteration, and of 1,000 with preparation."""
    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    other = Studyset(random_evidence, target="mni152_2mm")
    sets = {"pain8": pain.slice(pain.ids[:8]), "pain21": pain, "random100": other}
    seconds = {}
    for name, studyset in sets.items():
        result = ALE().fit(studyset)

        def correct(n_iterations, result=result):
            FWECorrector(method="montecarlo", n_iters=n_iterations, n_cores=1).transform(result)

        seconds[f"{name}_slope"] = slope(correct, (20, 120), repeats=2)
        if name == "pain21":
            seconds[f"{name}_1000"] = median_seconds(lambda c=correct: c(1000), 1)
    return seconds


def robustness():
    """Seconds of one test of 20 experiments, by parts, and of a replicate of stability."""
    import time

    from nimare.diagnostics import ResampledStability

    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    fewer = pain.slice(pain.ids[:20])
    result = ALE().fit(fewer)

    def correct(n_iterations):
        FWECorrector(method="montecarlo", n_iters=n_iterations, n_cores=1).transform(result)

    def resample(n_replicates):
        stability = ResampledStability(
            resampling_policy="subsample", target_n=17, n_resamples=n_replicates, random_state=0
        )
        start = time.perf_counter()
        stability.transform(whole)
        return time.perf_counter() - start

    corrector = FWECorrector(method="montecarlo", n_iters=10, n_cores=1)
    whole = corrector.transform(ALE().fit(pain))
    resample(5)  # whatever is compiled, is compiled now
    return {
        "fit": median_seconds(lambda: ALE().fit(fewer), 5),
        "iteration": slope(correct, (20, 120), repeats=2),
        "replicate": (resample(25) - resample(5)) / 20,
    }


def contrasts():
    """Seconds of contrasts of 10 against 11 experiments, 1,000 labelings each.

    With p of clusters, and balanced, it is the slope between few iterations, so that the maps of
    probability that a balanced fit makes besides do not count. A balanced iteration of 1,000
    subsamples is ten times one of 100.
    """
    from functools import partial

    from nimare.meta.cbma.ale import ALESubtraction, BalancedALESubtraction

    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    first, second = pain.slice(pain.ids[:10]), pain.slice(pain.ids[10:])

    def subtract(n_iterations, n_cores=2, **settings):
        ALESubtraction(n_iters=n_iterations, n_cores=n_cores, **settings).fit(first, second)

    def balanced(n_iterations):
        estimator = BalancedALESubtraction(
            null_method="label-permutation",
            target_n=8,
            n_iters=n_iterations,
            n_subsamples=1,
            difference_iterations=100,
            mask_coverage="brain",
            random_state=0,
            n_cores=2,
        )
        estimator.fit(first, second)

    return {
        "plain": median_seconds(partial(subtract, 1000), 1),
        "plain_one": median_seconds(partial(subtract, 1000, n_cores=1), 1),
        "clusters": 1000 * slope(partial(subtract, vfwe_only=False), (10, 40), repeats=1),
        "balanced": 10 * 1000 * slope(balanced, (1, 3), repeats=1),
    }


def family():
    """Seconds of fits of spheres: densities of all, chi-square of 10 against 11 experiments."""
    from nimare.meta.cbma.mkda import KDA, MKDAChi2, MKDADensity

    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    first, second = pain.slice(pain.ids[:10]), pain.slice(pain.ids[10:])
    return {
        "mkda": median_seconds(lambda: MKDADensity().fit(pain), 15),
        "kda": median_seconds(lambda: KDA().fit(pain), 15),
        "chi2": median_seconds(lambda: MKDAChi2().fit(first, second), 15),
    }


def report(place):
    """Seconds to write the report, and the bytes of its page and figures."""
    import time
    from pathlib import Path

    from nimare.reports.base import run_reports
    from nimare.workflows.cbma import CBMAWorkflow

    pain = Studyset(PAIN_FILE, target="mni152_2mm")
    workflow = CBMAWorkflow(
        estimator=ALE(),
        corrector=FWECorrector(method="montecarlo", n_iters=100, n_cores=1),
        diagnostics=[Jackknife(), FocusCounter()],
        output_dir=place,
    )
    result = workflow.fit(pain)
    start = time.perf_counter()
    run_reports(result, place)
    took = time.perf_counter() - start
    parts = [Path(place) / "report.html", *(Path(place) / "figures").rglob("*")]
    return {"seconds": took, "bytes": sum(p.stat().st_size for p in parts if p.is_file())}


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
    elif sys.argv[1:] == ["whole"]:
        whole_run()
    else:
        print_medians(tasks())
