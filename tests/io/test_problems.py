"""What a reader noticed, and reporting it: all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import ReadError
from focale.io.problems import FOUND_LENGTH, Problem, errors_of, quoted, raise_errors


def problem(severity="error", what="problem", **more):
    return Problem(severity=severity, code="bad", what=what, file="foci.txt", **more)


def errors(n):
    return [problem(what=f"problem {i}", line=i) for i in range(1, n + 1)]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "foci.txt: problem"),
        ({"line": 14}, "foci.txt:14: problem"),
        ({"line": 14, "column": 3}, "foci.txt:14:3: problem"),
        ({"experiment": "Smith"}, 'foci.txt, experiment "Smith": problem'),
        ({"found": "1 2"}, 'foci.txt: problem: "1 2"'),
        ({"expected": "correct it"}, "foci.txt: problem; correct it"),
        (
            {"line": 14, "experiment": "Smith", "found": "1\t2", "expected": "correct it"},
            'foci.txt:14, experiment "Smith": problem: "1 2"; correct it',
        ),
    ],
)
def test_problem__reads_as_place_finding_and_way_out(more, text):
    found = problem(**more)
    assert str(found) == text == f"{found.where}: {found.message}"


def test_quoted__is_one_line_cut_where_it_is_long():
    assert quoted("Smith\t2001\r\n") == '"Smith 2001"'
    assert quoted("x" * 1000) == f'"{"x" * (FOUND_LENGTH - 1)}\N{HORIZONTAL ELLIPSIS}"'
    assert len(quoted("x" * 50_000_000)) == FOUND_LENGTH + 2


@given(st.text())
def test_quoted__whatever_the_text_it_is_short_and_can_be_printed(text):
    shown = quoted(text)
    assert len(shown) <= FOUND_LENGTH + 2
    assert shown.isprintable() or not text.isascii()
    assert len(shown.splitlines()) == 1


def test_errors_of__are_the_errors():
    some = [problem("note"), problem(what="this"), problem("warning")]
    assert errors_of(some) == [some[1]]


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
    ("n", "rest"),
    [
        (20, None),
        (21, "  and 1 more; `focale check` lists them by kind"),
        (500, "  and 480 more; `focale check` lists them by kind"),
    ],
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
    raise_errors("foci.txt", [problem(severity)])


def test_raise_errors__leaves_warnings_out_of_the_report():
    with pytest.raises(ReadError) as caught:
        raise_errors("foci.txt", [problem("warning", "not this one"), *errors(2)])
    assert "not this one" not in str(caught.value)


def test_read_error__is_a_value_error_with_the_exit_code_of_bad_data():
    assert issubclass(ReadError, ValueError)
    assert ReadError.exit_code == 65
