"""One rule for sample sizes."""

from __future__ import annotations

import math

import pytest

from focale.io.sample_size import sample_size


@pytest.mark.parametrize(
    ("values", "expected"),
    [([20], 20.0), ([20.0], 20.0), ([1], 1.0), ([20, 21], 20.5), ([10, 20, 30], 20.0)],
)
def test_sample_size__is_the_number_or_the_mean_of_the_groups(values, expected):
    found = sample_size(values)
    assert found == expected
    assert isinstance(found, float)


REFUSED = [0, -3, 12.5, "12", "twelve", True, False, None, math.nan, math.inf, -math.inf, [12], {}]


@pytest.mark.parametrize("value", REFUSED, ids=repr)
def test_sample_size__refuses_all_but_whole_numbers_above_zero(value):
    with pytest.raises(ValueError, match=r"the sample size must be a whole number above 0, got "):
        sample_size([value])


def test_sample_size__refuses_one_bad_group_among_good_ones():
    with pytest.raises(ValueError, match=r"got 0$"):
        sample_size([20, 0])


def test_sample_size__names_what_it_got():
    with pytest.raises(ValueError, match=r"got 'twelve'$"):
        sample_size(["twelve"])


def test_sample_size__refuses_a_number_no_double_can_hold():
    with pytest.raises(ValueError, match="the sample size must be a whole number above 0"):
        sample_size([10**400])
