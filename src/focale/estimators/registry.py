"""The methods, by the names that protocols and the command line have for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from focale.estimators.ale import ALE
from focale.estimators.estimator import Estimator
from focale.estimators.kda import KDA
from focale.estimators.mkda import MKDADensity

ESTIMATORS: dict[str, type[Estimator]] = {
    estimator.name: estimator
    for estimator in (
        ALE,
        MKDADensity,
        KDA,
    )
}


def estimator_of(method: str, choices: Mapping[str, Any]) -> Estimator:
    """The estimator of a method, with those of the choices that it has.

    Parameters
    ----------
    method
        A key of `ESTIMATORS`.
    choices
        By name; None stands for the default of the method.
    """
    kind: Any = ESTIMATORS[method]
    known = {field.name for field in fields(kind)}
    chosen = {k: v for k, v in choices.items() if k in known and v is not None}
    estimator: Estimator = kind(**chosen)
    return estimator
