"""Arrays of results cannot be written to, and those of a caller stay as they are."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from focale.frozen import freeze
from tests.fixtures_pain import *  # noqa: F403


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    values: np.ndarray
    more: object = None
    name: str = "owner"


def test_freeze__makes_the_named_arrays_read_only():
    owner = freeze(Owner(np.arange(3.0), np.arange(2)), "values")
    with pytest.raises(ValueError, match="read-only"):
        owner.values[0] = 7
    assert owner.more.flags.writeable
    assert owner.name == "owner"


def test_freeze__returns_its_owner():
    owner = Owner(np.arange(3.0))
    assert freeze(owner, "values") is owner


def test_freeze__leaves_the_array_of_the_caller_writable():
    mine = np.arange(3.0)
    owner = freeze(Owner(mine), "values")
    mine[0] = 7
    assert owner.values.base is mine  # a view: nothing is copied


def test_freeze__keeps_values_type_and_shape():
    array = np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3))
    frozen = freeze(Owner(array), "values").values
    np.testing.assert_array_equal(frozen, array)
    assert (frozen.dtype, frozen.shape, frozen.strides) == (
        array.dtype,
        array.shape,
        array.strides,
    )


def test_freeze__takes_lists_and_numbers_as_arrays():
    owner = freeze(Owner([1, 2], 3.0), "values", "more")
    assert owner.values.tolist() == [1, 2]
    assert owner.more.shape == ()
    assert not owner.values.flags.writeable


def test_freeze__of_what_is_frozen_changes_nothing():
    owner = freeze(freeze(Owner(np.arange(3.0)), "values"), "values")
    assert not owner.values.flags.writeable


def test_freeze__refuses_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="nothing"):
        freeze(Owner(np.arange(3.0)), "nothing")


def arrays_of(owner, path, seen):
    """Every array that can be reached from a result by its fields."""
    if isinstance(owner, np.ndarray):
        yield path, owner
    elif dataclasses.is_dataclass(owner) and id(owner) not in seen:
        seen.add(id(owner))
        for field in dataclasses.fields(owner):
            yield from arrays_of(getattr(owner, field.name), f"{path}.{field.name}", seen)
    elif isinstance(owner, (list, tuple)):
        for number, item in enumerate(owner):
            yield from arrays_of(item, f"{path}[{number}]", seen)


@pytest.mark.parametrize("name", ["pain8_described", "pain8_result", "pain21_histogram"])
def test_results__hold_no_array_that_can_be_written_to(request, name):
    found = dict(arrays_of(request.getfixturevalue(name), name, set()))
    assert len(found) > 10
    assert [path for path, array in found.items() if array.flags.writeable] == []


def test_results__a_copy_by_pickle_is_as_good(pain8_described):
    copied = pickle.loads(pickle.dumps(pain8_described.contributions))
    np.testing.assert_array_equal(copied.share, pain8_described.contributions.share)
