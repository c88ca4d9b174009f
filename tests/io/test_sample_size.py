"""One rule for sample sizes."""

from __future__ import annotations

import math

import pytest

from focale.io.sample_size import RULE, sample_size


@pytest.mark.parametrize(
    ("values", "expected"),
    [([20], 20.0), ([20.0], 20.0), ([1], 1.0), ([20, 21], 20.5), ([10, 20, 30], 20.0)],
)
def test_sample_size__is_the_number_or_the_mean_of_the_groups(values, expected):
    found = sample_size(values)
    assert found == expected
    assert isinstance(found, float)


REFUSED = [0, -3, 12.5, "12", "twelve", True, False, None, math.nan, math.inf, -math.inf, [12], {}]


@pytest.mark.parametrize("value", [*REFUSED, 10**400, 0.5], ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("others", [[], [20]])
def test_sample_size__refuses_all_but_whole_numbers_above_zero(value, others):
    with pytest.raises(ValueError, match=r"^a sample size must be a whole number above 0$"):
        sample_size([*others, value])


def test_sample_size__of_no_group_is_refused():
    with pytest.raises(ValueError, match=RULE):
        sample_size([])
