"""What the estimators of spheres share: their radius, and the arguments NiMARE has for them."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from focale._check import check_choice, check_count, check_positive, refuse
from focale.errors import ArgumentError

Weights: TypeAlias = Literal["equal", "sqrt_n"]

RADIUS_MM = 10.0
"""Radius of a sphere, the default of the field (Wager et al. 2007)."""

LARGEST_RADIUS_MM = 60.0
"""No sphere is larger: two of them side by side fill a head."""

RADIUS_COLUMN = ("radius_mm", "Radius of the sphere around each of the experiment's foci, mm")

_WEIGHTINGS: dict[Any, Weights] = {None: "equal", "uniform": "equal", "sample_size": "sqrt_n"}


def radius_from(who: str, radius_mm: float, kernel_r: float | None) -> float:
    """Radius in mm from our argument, or from NiMARE's name for it.

    Raises
    ------
    ArgumentError
        If both are given and differ, or the radius is not one.
    """
    check_positive("radius_mm", who, radius_mm)
    check_positive("kernel__r", who, kernel_r)
    if kernel_r is not None and radius_mm not in (RADIUS_MM, kernel_r):
        raise _twice(who, "radius_mm", "kernel__r")
    radius = float(radius_mm if kernel_r is None else kernel_r)
    if radius > LARGEST_RADIUS_MM:
        name = "radius_mm" if kernel_r is None else "kernel__r"
        raise refuse(name, who, f"at most {LARGEST_RADIUS_MM:g} mm", radius)
    return radius


def weights_from(who: str, weights: Weights, weighting: object) -> Weights:
    """Weights from our argument, or from NiMARE's name for it; raises as `radius_from` does."""
    check_choice("weights", who, weights, ("equal", "sqrt_n"))
    if not isinstance(weighting, (str, type(None))):
        raise refuse(
            "weighting", who, "None, 'uniform' or 'sample_size'", type(weighting).__name__
        )
    check_choice("weighting", who, weighting, _WEIGHTINGS)
    if weighting is None:
        return weights
    if weights not in ("equal", _WEIGHTINGS[weighting]):
        raise _twice(who, "weights", "weighting")
    return _WEIGHTINGS[weighting]


def check_null_method(who: str, null_method: str, n_iters: int | None, n_cores: int) -> None:
    """Refuse a null that is not there; iterations and cores are not needed for the other.

    Raises
    ------
    ArgumentError
        If the null is that of random maps.
    """
    check_choice("null_method", who, null_method, ("approximate", "montecarlo"))
    if null_method == "montecarlo":
        raise ArgumentError(
            f"{who} has no null_method='montecarlo': its uncorrected p comes from the exact null, "
            "which NiMARE calls 'approximate'; for p corrected by random maps use FWECorrector"
        )
    if n_iters is not None:
        check_count("n_iters", who, n_iters, 1)
    check_count("n_cores", who, n_cores, -1)


def _twice(who: str, ours: str, theirs: str) -> ArgumentError:
    return ArgumentError(
        f"{who} takes {ours} or {theirs}, not both: they are one choice under two names"
    )
