"""Reporting the problems of a file: all at once."""

from __future__ import annotations

import pytest

from focale.errors import ReadError
from focale.io.problems import raise_errors
from focale.io.records import Problem


def errors(n):
    return [Problem("error", "bad", f"foci.txt:{i}", f"problem {i}") for i in range(1, n + 1)]


def test_raise_errors__of_one_is_its_sentence():
    with pytest.raises(ReadError) as caught:
        raise_errors("foci.txt", errors(1))
    assert str(caught.value) == "foci.txt:1: problem 1"


def test_raise_errors__of_several_is_a_count_and_a_line_for_each():
    with pytest.raises(ReadError) as caught:
        raise_errors("foci.txt", errors(3))
    assert str(caught.value).splitlines() == [
        "foci.txt has 3 errors:",
        "  foci.txt:1: problem 1",
        "  foci.txt:2: problem 2",
        "  foci.txt:3: problem 3",
    ]


@pytest.mark.parametrize(
    ("n", "rest"), [(20, None), (21, "  and 1 more"), (500, "  and 480 more")]
)
def test_raise_errors__of_many_shows_twenty_and_counts_the_rest(n, rest):
    with pytest.raises(ReadError) as caught:
        raise_errors("foci.txt", errors(n))
    first, *lines = str(caught.value).splitlines()
    assert first == f"foci.txt has {n} errors:"
    assert lines[20:] == ([rest] if rest else [])
    assert len(lines) == 20 + bool(rest)


@pytest.mark.parametrize("severity", ["warning", "note"])
def test_raise_errors__is_silent_about_less(severity):
    raise_errors("foci.txt", [Problem(severity, "code", "foci.txt:1", "message")])


def test_raise_errors__leaves_warnings_out_of_the_report():
    warning = Problem("warning", "code", "foci.txt:9", "not this one")
    with pytest.raises(ReadError) as caught:
        raise_errors("foci.txt", [warning, *errors(2)])
    assert "not this one" not in str(caught.value)


def test_read_error__is_a_value_error_with_the_exit_code_of_bad_data():
    assert issubclass(ReadError, ValueError)
    assert ReadError.exit_code == 65
