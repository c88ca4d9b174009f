"""Seconds a replicate of NiMARE's ResampledStability takes on the bundled pain studyset.

Run by the Python that has NiMARE: `validation/robustness.py` does so. Prints a number.
"""

import logging
import os
import time
import warnings

warnings.simplefilter("ignore")

from nimare.correct import FWECorrector  # noqa: E402
from nimare.diagnostics import ResampledStability  # noqa: E402
from nimare.meta.cbma.ale import ALE  # noqa: E402
from nimare.nimads import Studyset  # noqa: E402
from nimare.utils import get_resource_path  # noqa: E402

logging.disable(logging.CRITICAL)
PAIN_FILE = os.path.join(get_resource_path(), "nidm_pain_studyset.json")  # noqa: PTH118
N_ITERATIONS, SIZE, FEW, MANY = 10, 17, 5, 25


def seconds(result, n_replicates):
    stability = ResampledStability(
        resampling_policy="subsample", target_n=SIZE, n_resamples=n_replicates, random_state=0
    )
    start = time.perf_counter()
    stability.transform(result)
    return time.perf_counter() - start


def main():
    corrector = FWECorrector(method="montecarlo", n_iters=N_ITERATIONS, n_cores=1)
    result = corrector.transform(ALE().fit(Studyset(PAIN_FILE, target="mni152_2mm")))
    seconds(result, FEW)  # whatever is compiled, is compiled now
    # The Monte Carlo cut-off is the same for both, so that it falls out of the difference.
    print((seconds(result, MANY) - seconds(result, FEW)) / (MANY - FEW))


if __name__ == "__main__":
    main()
