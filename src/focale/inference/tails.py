"""p, z and -log10 p, kept in log space.

All ALE values are one-tailed. A z below 0 (p above 1/2) says nothing about a lack of
convergence, so z is 0 there, as in NiMARE and GingerALE.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri_exp

from focale.typing import FloatArray


def z_from_log_p(log_p: FloatArray) -> FloatArray:
    """One-tailed z of the natural logarithm of p; 0 where p is 1/2 or more.

    Examples
    --------
    >>> z_from_log_p(np.log([0.5, 0.001, 1e-30])).round(4).tolist()
    [0.0, 3.0902, 11.464]
    """
    z: FloatArray = np.maximum(-ndtri_exp(log_p), 0.0)
    return z
