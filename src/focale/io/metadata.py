"""What the metadata of an analysis says about its participants, whatever the format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from focale.io.numbers import is_finite_number, parse_number, shown
from focale.io.problems import Problem
from focale.io.sample_size import sample_size

SIZE_KEYS = ("sample_sizes", "sample_size")
LOOSE_SIZE_KEYS = ("n_subjects", "subjects", "n")
"""Keys that often, but not always, hold a sample size."""

GROUP_KEY = "subject_group"
MATRIX_KEY = "talairach_matrix"


def is_missing(value: object) -> bool:
    """Whether a value says nothing: null, NaN, an empty text or list.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(""), is_missing(0)
    (True, True, True, False)
    """
    if value is None or isinstance(value, (str, list, tuple, dict)):
        return not value
    return isinstance(value, float) and value != value  # noqa: PLR0124  # NaN alone differs


def find_sample_size(
    owners: Iterable[Any], **place: Any
) -> tuple[float | None, str, list[Problem]]:
    """Sample size of the first owner that gives one.

    Parameters
    ----------
    owners
        Metadata of the analysis, then of its study; whatever is no mapping is passed over.
    **place
        File, line and experiment for problems.

    Returns
    -------
    float or None
        Sample size, the mean over groups.
    str
        The key it was found under.
    list of Problem
        An error for a sample size that is none; a warning for a loose key that holds
        something else.
    """
    problems: list[Problem] = []
    for metadata in owners:
        for key in (*SIZE_KEYS, *LOOSE_SIZE_KEYS):
            given = metadata.get(key) if isinstance(metadata, Mapping) else None
            if is_missing(given):
                continue
            try:
                return sample_size(_groups(given)), key, problems
            except ValueError as error:
                is_loose = key in LOOSE_SIZE_KEYS
                problems.append(
                    Problem(
                        severity="warning" if is_loose else "error",
                        code="bad-sample-size",
                        what=f"{error}, in {key!r}" + (": not used" if is_loose else ""),
                        found=shown(given),
                        expected="correct it",
                        **place,
                    )
                )
                if not is_loose:
                    return None, key, problems
    return None, "", problems


def find_group(owners: Iterable[Any]) -> str | None:
    """Name of the participants, as the first owner gives it."""
    return _text_of(owners, GROUP_KEY)


def find_matrix(owners: Iterable[Any]) -> str | None:
    """Name of the conversion of Talairach coordinates, as the first owner gives it."""
    given = _text_of(owners, MATRIX_KEY)
    return None if given is None else given.lower()


def _text_of(owners: Iterable[Any], key: str) -> str | None:
    for metadata in owners:
        given = metadata.get(key) if isinstance(metadata, Mapping) else None
        if not is_missing(given) and isinstance(given, (str, int)):
            return str(given)
    return None


def _groups(given: Any) -> list[Any]:
    groups = list(given) if isinstance(given, (list, tuple)) else [given]
    return [_number(group) for group in groups]


def _number(group: Any) -> Any:
    """The number a text holds; anything else as it is."""
    number = parse_number(group) if isinstance(group, str) else None
    return number if is_finite_number(number) else group
