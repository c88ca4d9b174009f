"""Tasks of the benchmark for Focale; prints seconds of each as JSON."""

from timing import display_level, print_medians

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
        "fwe_21": (lambda: fwe(result21, n_iterations=1000, threads=1), 5),
    }


if __name__ == "__main__":
    print_medians(tasks())
