"""SCALE as a class, for scripts that know it from NiMARE.

The numbers come from `scale`; this gives NiMARE's signature and map names.
"""

from __future__ import annotations

from typing import Any

from focale._check import check_count, refuse
from focale.correction.scale import scale
from focale.correction.scale_result import ScaleResult
from focale.errors import ArgumentError
from focale.estimators.ale import ALE
from focale.phrases import listed
from focale.studyset.model import Studyset

_OF_KERNEL = {"kernel__fwhm": "fwhm_mm", "kernel__sample_size": "sample_size"}
"""Arguments that NiMARE passes to its kernel, and what they are called here."""


class SCALE:
    """Specific coactivation likelihood estimation (Langner et al. 2014).

    Parameters
    ----------
    xyz
        The base rate: coordinates of a database, shape (n, 3), mm; or a studyset.
    n_iters
        Iterations of the null.
    n_cores
        Threads; -1 for all cores. The numbers do not depend on it.
    kernel_transformer
        Not to be chosen: the footprint is that of ALE.
    memory, memory_level
        Accepted for scripts that pass them; nothing is cached on disk.
    random_state
        Seed of the random numbers; None is 0, so equal calls give equal numbers.
    mask
        As for `ALE`.
    **kwargs
        `kernel__fwhm` (mm) or `kernel__sample_size`, for all experiments.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> result = SCALE(studyset.foci_mm, n_iters=100).fit(studyset.slice(studyset.ids[:8]))
    >>> float(result.get_map("logp", return_type="array").max().round(2))
    2.0
    """

    def __init__(
        self,
        xyz: Any,
        n_iters: int = 5000,
        n_cores: int = 1,
        kernel_transformer: None = None,
        memory: Any = None,
        memory_level: int = 0,
        random_state: int | None = None,
        *,
        mask: Any = None,
        **kwargs: Any,
    ) -> None:
        check_count("n_iters", "SCALE", n_iters, 1)
        check_count("n_cores", "SCALE", n_cores, -1)
        if kernel_transformer is not None:
            raise refuse(
                "kernel_transformer",
                "SCALE",
                "None: footprints are those of ALE",
                kernel_transformer,
            )
        unknown = [name for name in kwargs if name not in _OF_KERNEL]
        if unknown:
            raise ArgumentError(
                f"SCALE has no parameter {unknown[0]!r}; of the kernel it takes "
                f"{listed(list(_OF_KERNEL), 'or')}"
            )
        del memory, memory_level
        self.xyz = xyz
        self.n_iters = int(n_iters)
        self.n_cores = int(n_cores)
        self.random_state = random_state
        self.estimator = ALE(mask=mask, **{_OF_KERNEL[name]: v for name, v in kwargs.items()})

    def fit(self, studyset: Studyset) -> ScaleResult:
        """ALE of a studyset, tested against the base rate.

        `get_map` of the result answers to "stat", "p", "z" and "logp"; `FWECorrector` adds maps
        of the family-wise p, of voxels and of clusters.
        """
        return scale(
            self.estimator.statistic(studyset),
            self.xyz,
            n_iterations=self.n_iters,
            seed=self.random_state or 0,
            threads=None if self.n_cores < 1 else self.n_cores,
        )

    def __repr__(self) -> str:
        return f"SCALE(n_iters={self.n_iters}, {self.estimator!r})"
