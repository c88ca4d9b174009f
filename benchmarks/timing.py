"""What both sides of the benchmark share; needs numpy alone."""

import json
import time

import numpy as np


def display_level(result):
    values = result.get_map("stat", return_type="array")
    return np.percentile(values[values > 0], 95)


def print_medians(tasks):
    """Median seconds of each task, (function, repeats) by name, as JSON on one line."""
    print(json.dumps({name: median_seconds(*task) for name, task in tasks.items()}))


def median_seconds(task, repeats):
    """Median over repeats, after one run that is not counted."""
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def slope(task, numbers, repeats=3):
    """Seconds a unit of work: between a short and a long run, the fastest of each."""
    fewest, most = (
        min(seconds(lambda n=n: task(n_iterations=n)) for _ in range(repeats)) for n in numbers
    )
    return (most - fewest) / (numbers[1] - numbers[0])


def seconds(task):
    start = time.perf_counter()
    task()
    return time.perf_counter() - start
