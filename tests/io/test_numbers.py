"""What counts as a number."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.io.numbers import (
    MINUS_SIGNS,
    coordinate,
    has_typographic_minus,
    is_finite_number,
    parse_number,
    shown,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", 10),
        (" -10.5\t", -10.5),
        ("+4", 4),
        (".28", 0.28),
        ("-.5", -0.5),
        ("5.", 5),
        ("1e1", 10),
        ("1.5E-3", 0.0015),
        ("007", 7),
        *((f"{sign}10", -10) for sign in MINUS_SIGNS),
    ],
)
def test_parse_number__reads_numbers_as_people_write_them(text, number):
    assert parse_number(text) == number


NO_NUMBERS = [
    "",
    " ",
    ".",
    "-",
    "+",
    "--1",
    "+-1",
    "-\u22121",
    "nan",
    "inf",
    "-Infinity",
    "1_0",
    "0x10",
    "1e400",
    "-1e999",
    "1e",
    "e1",
    "1e1.5",
    "1 0",
    "1,000.5",
    "1,0,0",
    "10%",
    "10mm",
    "\N{ARABIC-INDIC DIGIT THREE}",
    "\N{SUPERSCRIPT TWO}",
    "\N{VULGAR FRACTION ONE HALF}",
    "10\u2212",
    "true",
]


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize("decimal_comma", [False, True])
def test_parse_number__all_else_is_none(text, decimal_comma):
    assert parse_number(text, decimal_comma=decimal_comma) is None


def test_parse_number__comma_is_a_decimal_sign_only_when_told():
    assert parse_number("10,5") is None
    assert parse_number("10,5", decimal_comma=True) == 10.5
    assert parse_number("1.234,5", decimal_comma=True) is None


@pytest.mark.parametrize("text", ["1" * 300_000 + "x", "1" * 300_000, "." * 300_000])
def test_parse_number__long_text_takes_no_time(text):
    start = time.perf_counter()
    assert parse_number(text) is None
    assert time.perf_counter() - start < 0.5


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_parse_number__gives_back_any_number_that_was_written(number):
    assert parse_number(repr(number)) == number


@pytest.mark.parametrize("sign", MINUS_SIGNS)
def test_has_typographic_minus__is_at_the_beginning(sign):
    assert has_typographic_minus(f" {sign}10")
    assert not has_typographic_minus("-10")
    assert not has_typographic_minus("")


@pytest.mark.parametrize("value", [0, -3, 2.5, np.float32(1.5), np.int64(4)])
def test_is_finite_number__knows_numbers(value):
    assert is_finite_number(value)


@pytest.mark.parametrize(
    "value", [None, True, False, "1", math.nan, math.inf, 10**400, 1j, [1], {}, np.bool_(True)]
)
def test_is_finite_number__truth_values_text_and_the_infinite_are_none(value):
    assert not is_finite_number(value)


@pytest.mark.parametrize("values", [[1, 2, 3], (1, 2.0, 3), np.array([1, 2, 3])])
def test_coordinate__is_three_numbers(values):
    found = coordinate(values)
    assert found == (1.0, 2.0, 3.0)
    assert all(type(number) is float for number in found)


@pytest.mark.parametrize(
    "values",
    [
        None,
        1,
        "123",
        b"123",
        {},
        {1, 2},
        [1, 2],
        [1, 2, 3, 4],
        [1, 2, "3"],
        [1, 2, None],
        [[1], 2, 3],
    ],
    ids=repr,
)
def test_coordinate__anything_else_is_refused(values):
    with pytest.raises(ValueError, match="a focus must be three finite numbers x, y, z in mm"):
        coordinate(values)


def test_coordinate__far_from_any_head_is_refused():
    with pytest.raises(ValueError, match="beyond 1,000 mm is no place in a head"):
        coordinate([0, 0, 1001])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "abc"),
        (None, "None"),
        ("x" * 100, "x" * 60 + "..."),
        (10**5000, "a number of thousands of digits"),
    ],
    ids=["text", "None", "long", "huge"],
)
def test_shown__is_what_was_found_cut_where_it_is_long(value, text):
    assert shown(value) == text
