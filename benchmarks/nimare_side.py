"""Tasks of the benchmark for NiMARE 0.22.1; prints seconds of each as JSON."""

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
from timing import display_level, print_medians  # noqa: E402

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
    corrector = FWECorrector(method="montecarlo", n_iters=1000, n_cores=1)
    return {
        "fit_8": (lambda: ALE().fit(pain8), 15),
        "fit_21": (lambda: ALE().fit(pain), 15),
        "jackknife_8": (lambda: jackknife.transform(result8), 3),
        "focus_counter_21": (lambda: counter.transform(result21), 3),
        "fwe_21": (lambda: corrector.transform(result21), 1),
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


if __name__ == "__main__":
    if sys.argv[1:] == ["whole"]:
        whole_run()
    else:
        print_medians(tasks())
