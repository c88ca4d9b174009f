"""Pieces of sentences: numbers, lists and names that stay on one line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.phrases import count, in_words, listed, one_line, place


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 foci"), (1, "1 focus"), (2, "2 foci"), (12_345, "12,345 foci")]
)
def test_count__has_number_and_noun(n, said):
    assert count(n, "focus", "foci") == said


def test_count__adds_an_s_where_no_plural_is_given():
    assert [count(n, "experiment") for n in (1, 2)] == ["1 experiment", "2 experiments"]


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "no studies"),
        (1, "one study"),
        (9, "nine studies"),
        (10, "10 studies"),
        (1234, "1,234 studies"),
    ],
)
def test_in_words__small_numbers_are_words(n, said):
    assert in_words(n, "study", "studies") == said


@pytest.mark.parametrize(
    ("items", "said"),
    [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c", "d"], "a, b, c or d")],
)
def test_listed__has_its_word_before_the_last(items, said):
    assert listed(items, "or") == said
    assert listed(items) == said.replace(" or ", " and ")


def test_place__has_no_zeros_nobody_needs():
    assert place((0.0, -28.5, 100.0)) == "x = 0, y = -28.5, z = 100 mm"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Smith, 2001", "Smith, 2001"),
        ("  blanks \t around\u00a0 ", "blanks around"),
        ("a\r\nb\vc\fd\u2028e\u2029f\x85g", "a b c d e f g"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("bell\x07, back\b, nul\x00, C1\x9b", "bell, back, nul, C1"),
        ("turned \u202eround", "turned round"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud800 a letter", "half  a letter"),
        ("Müller 李 \N{BRAIN}", "Müller 李 \N{BRAIN}"),
        ("", ""),
        ("\x00", "(no name)"),
    ],
)
def test_one_line__is_what_can_be_seen(name, shown):
    assert one_line(name) == shown


@pytest.mark.parametrize(
    ("n", "longest", "n_shown"), [(80, 80, 80), (81, 80, 80), (5, 3, 3), (3, 3, 3)]
)
def test_one_line__cuts_what_is_long(n, longest, n_shown):
    shown = one_line("x" * n, longest)
    assert len(shown) == n_shown
    assert shown.endswith("\N{HORIZONTAL ELLIPSIS}") is (n > longest)


@given(st.text())
def test_one_line__of_any_text(text):
    shown = one_line(text, 20)
    assert len(shown) <= 20
    assert len(shown.splitlines()) <= 1
    assert "\t" not in shown
    assert not any(unicodedata.category(letter)[0] == "C" for letter in shown)
    assert one_line(shown, 20).split() == shown.split()  # again changes no word
    shown.encode("utf-8")
