"""A line of free text with coordinates: read where one reading is possible."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.io.sleuth.rows import LONGEST_ROW, parse_row
from focale.io.text import visible, with_plain_blanks
from tests.strategies import foci


def row_of(line):
    return parse_row(with_plain_blanks(line))


@pytest.mark.parametrize(
    "line",
    [
        "10 20 30",
        "10\t20\t30",
        "10,20,30",
        "10, 20, 30",
        "10 ,20 ,30",
        "10 , 20 , 30",
        "10;20;30",
        "10; 20; 30;",
        "10\t 20\t 30",
        "10,\t20,\t30",
        "10\t20 30",
        "10\t\t20\t\t30",  # two tabs for one, all along
        " 10  20\t30 \t\t",
        "\t10\t20\t30",
        ",10,20,30",
        "10 20 30,,",
        "10,20,30,,,,",
        "(10, 20, 30)",
        "[10 20 30]",
        "( 10 20 30 ),,",
        '"10 20 30"',
        '"10","20","30"',
        '"10"\t"20"\t"30"',
        "'10 20 30'",
    ],
)
def test_parse_row__columns_may_be_parted_in_several_ways(line):
    row = row_of(line)
    assert (row.mm, row.statistics, row.label) == ((10, 20, 30), (), "")


@pytest.mark.parametrize(
    ("line", "mm"),
    [
        (".28 10.64 50.33", (0.28, 10.64, 50.33)),
        ("-.5 +4 5.", (-0.5, 4, 5)),
        ("-4.800 1e1 0", (-4.8, 10, 0)),
        ("1E-2 0 0", (0.01, 0, 0)),
        ("007 0 -0", (7, 0, 0)),
        ("1000 -1000 0", (1000, -1000, 0)),
    ],
)
def test_parse_row__numbers_as_people_write_them(line, mm):
    assert row_of(line).mm == mm


@pytest.mark.parametrize(
    "blank",
    ["\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{EM SPACE}", "\N{IDEOGRAPHIC SPACE}"],
    ids=ascii,
)
def test_parse_row__blanks_that_are_not_blanks_part_numbers(blank):
    assert row_of(f"{blank}10{blank}20{blank}30{blank}").mm == (10, 20, 30)


@pytest.mark.parametrize(
    "letter",
    ["\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH NO-BREAK SPACE}", "\N{LEFT-TO-RIGHT MARK}"],
    ids=ascii,
)
def test_parse_row__letters_that_cannot_be_seen_are_none(letter):
    assert row_of(f"{letter}10 {letter}20 30{letter}").mm == (10, 20, 30)


MINUS_SIGNS = {
    "minus": "\u2212",
    "en dash": "\u2013",
    "em dash": "\u2014",
    "figure dash": "\u2012",
    "hyphen": "\u2010",
    "non-breaking hyphen": "\u2011",
    "small hyphen-minus": "\ufe63",
    "full-width hyphen-minus": "\uff0d",
}


@pytest.mark.parametrize("sign", MINUS_SIGNS.values(), ids=MINUS_SIGNS.keys())
@pytest.mark.parametrize("line", ["{0}10 20 {0}3.5", "{0}10\t20\t{0}3.5", "({0}10, 20, {0}3.5)"])
def test_parse_row__typographic_minus_is_a_minus_and_is_said(sign, line):
    row = row_of(line.format(sign))
    assert row.mm == (-10, 20, -3.5)
    assert row.has_typographic_minus


def test_parse_row__dash_in_a_label_is_no_minus():
    row = row_of("10 20 30 BA 4\N{EN DASH}6")
    assert (row.label, row.has_typographic_minus) == ("BA 4\N{EN DASH}6", False)


@pytest.mark.parametrize(
    "line", ["\u2212 10 20 30", "\u00ad10 20 30", "10\u201320 30 40", "--1 2 3"]
)
def test_parse_row__sign_that_may_mean_something_else_is_refused(line):
    with pytest.raises(ValueError, match="not a coordinate"):
        row_of(line)


# -------------------------------------------------------------------- decimal commas


@pytest.mark.parametrize(
    ("line", "mm"),
    [
        ("-42,5 18,0 -8,25", (-42.5, 18, -8.25)),
        ("-42,5\t18\t-8", (-42.5, 18, -8)),
        ("1,5;2,5;3,5", (1.5, 2.5, 3.5)),
        ("1,5; 2,5; 3,5;;", (1.5, 2.5, 3.5)),
        ('"-42,5","18,0","-8,25"', (-42.5, 18, -8.25)),
    ],
)
def test_parse_row__decimal_comma_is_read_where_nothing_else_is_possible(line, mm):
    row = row_of(line)
    assert (row.mm, row.has_decimal_comma) == (mm, True)


@pytest.mark.parametrize("line", ["10, 20,30 4", "1,5, 2,5, 3,5", "10, 20,5, 30", "1,5 ,2 ,3"])
def test_parse_row__comma_with_two_meanings_is_refused(line):
    with pytest.raises(ValueError, match="a comma may part numbers here or stand before decimals"):
        row_of(line)


def test_parse_row__commas_alone_part_whole_numbers():
    # six numbers, which the reader refuses unless it is told what they are
    row = row_of("1,5,2,5,3,5")
    assert (row.n_numbers, row.has_more_numbers) == (6, True)


def test_parse_row__comma_in_a_label_has_no_meaning():
    row = row_of("1,5 2,5 3,5, insula, left")
    assert (row.mm, row.label) == ((1.5, 2.5, 3.5), "insula, left")


# -------------------------------------------------------------- what follows the numbers


@pytest.mark.parametrize(
    ("line", "statistics", "label"),
    [
        ("10 20 30 4.5", (4.5,), ""),
        ("10 20 30 4.5 120 left insula", (4.5, 120), "left insula"),
        ("10\t20\t30\t4.5\tleft insula\t\t", (4.5,), "left insula"),
        ("10;20;30;4,5;insula", (4.5,), "insula"),
        ("10,20,30,4.5,insula", (4.5,), "insula"),
        ("10 20 30 // left insula", (), "left insula"),
        ("10\t20\t30\t\tinsula", (), "insula"),
        ("10 20 30\t4.5\tinsula", (4.5,), "insula"),
        ("10 20 30 nan", (), "nan"),
        ("10 20 30 BA 44", (), "BA 44"),
        ("10\t20\t30\t\t4.5", (None, 4.5), ""),  # the empty cell keeps its place
    ],
)
def test_parse_row__keeps_statistics_and_labels(line, statistics, label):
    row = row_of(line)
    assert row.mm == (10, 20, 30)
    assert (row.statistics, row.label) == (statistics, label)


@pytest.mark.parametrize(
    "line",
    [
        "-55\t51\t10\t\t9\t5\t3",
        "-55\t51\t10\tinsula\t9\t5\t3\tamygdala",
        "-55 51 10 insula 9 5 3",
        "-55,51,10,insula,9,5,3",
        "-55 51 10 9 5 3",
    ],
)
def test_parse_row__second_table_beside_the_first_is_seen(line):
    row = row_of(line)
    assert row.mm == (-55, 51, 10)
    assert row.has_more_numbers


@pytest.mark.parametrize("label", ["BA 44", "BA 44 45", "area 6 of 1,234", "lobule 7b 8a 9"])
def test_parse_row__numbers_in_a_label_are_no_second_table(label):
    assert not row_of(f"10 20 30 {label}").has_more_numbers


def test_parse_row__empty_cell_before_x_is_said():
    assert row_of("\t10\t20\t30").is_shifted
    assert row_of(" \t10 20 30").is_shifted
    assert not row_of("  10\t20\t30\t").is_shifted


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "line", ["10\t\t20\t30", "10\t20\t\t4.5", "10;;20;30", "10;;20;;30", "10,,20,30"]
)
def test_parse_row__empty_cell_between_numbers_is_refused(line):
    with pytest.raises(ValueError, match=r"^an empty cell between the numbers$"):
        row_of(line)


def test_parse_row__blank_within_a_number_is_refused():
    with pytest.raises(ValueError, match="blanks and tabs part the numbers in different ways"):
        row_of("1 0\t20\t30")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-10 20", "2 numbers where x y z are expected"),
        ("10,20", "2 numbers where x y z are expected"),
        ("10", "1 number where x y z are expected"),
        (",20,30", "2 numbers where x y z are expected"),
        ("-10 NaN 30", '"NaN" is not a coordinate'),
        ("1 2 inf", '"inf" is not a coordinate'),
        ("10 nr 30", '"nr" is not a coordinate'),
        ("nr nr nr", "not a coordinate"),
        ("left insula 10 20 30", '"left" is not a coordinate'),
        ("1_0 2 3", '"1_0" is not a coordinate'),
        ("0x10 2 3", '"0x10" is not a coordinate'),
        ("1e400 2 3", '"1e400" is not a coordinate'),
        ("\N{ARABIC-INDIC DIGIT THREE} 2 3", "is not a coordinate"),
        ("\N{FULLWIDTH DIGIT ONE} 2 3", "is not a coordinate"),
        ("\N{SUPERSCRIPT TWO} 2 3", "is not a coordinate"),
        ("1,5 2", "not a coordinate"),
        ("10 20 30,left 4", "not a coordinate"),
        ("1.2.3 4 5", '"1.2.3" is not a coordinate'),
        ("1- 2 3", '"1-" is not a coordinate'),
        ("-1600 2 3", "a number beyond 1,000 mm is no place in a head"),
        ("1e5 2 3", "a number beyond 1,000 mm is no place in a head"),
        ("1, 2, 99999999999999999999", "a number beyond 1,000 mm is no place in a head"),
        ("9" * 5000 + " 1 2", "a number beyond|is not a coordinate"),
        ("prose without a number", "not a coordinate"),
        ("", "not a coordinate"),
    ],
)
def test_parse_row__what_is_no_place_is_refused_with_the_reason(line, reason):
    with pytest.raises(ValueError, match=reason):
        row_of(line)


HOSTILE = {
    "digits": "1" * 9_000 + "x",
    "points": "1." * 4_500,
    "blanks": "1" + " " * 9_000 + "x",
    "brackets": "(" * 9_000,
    "quotes": '"' * 9_000,
    "quoted cells": '"1","' * 1_800,
    "commas": "1," * 4_500,
    "signs": "+-" * 4_500,
    "words": "1 2 3 " + "a 1 " * 2_000,
    "long": "1 " * LONGEST_ROW,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_parse_row__hostile_lines_take_no_time(line):
    start = time.perf_counter()
    with contextlib.suppress(ValueError):
        row_of(line)
    assert time.perf_counter() - start < 0.5


# ----------------------------------------------------------------------- properties


@given(foci, st.sampled_from([" ", "\t", ",", ";", ", ", "; ", "\t\t", "   "]))
def test_parse_row__any_separator_gives_the_same_place(mm, separator):
    assert row_of(separator.join(str(number) for number in mm)).mm == mm


@given(foci, st.sampled_from([" ", "\t", ";", "; "]), st.sampled_from("-\u2212\u2013"))
def test_parse_row__decimal_comma_and_minus_give_the_same_place(mm, separator, minus):
    cells = [str(number).replace(".", ",").replace("-", minus) for number in mm]
    assert row_of(separator.join(cells)).mm == mm


@given(st.text(st.sampled_from("0123456789.,; \t-+()\"'e\u2212x\u00a0"), max_size=30))
def test_parse_row__whatever_the_line_it_is_three_numbers_or_a_refusal(line):
    try:
        row = row_of(line)
    except ValueError:
        return
    assert len(row.mm) == 3
    # Nothing is made of nothing: each digit of x y z is a digit of the line.
    for number in row.mm:
        assert abs(number) <= 1000
    assert sum(letter.isdigit() for letter in line) >= 3


def test_visible__is_what_can_be_seen():
    assert visible("\N{ZERO WIDTH SPACE}\N{NO-BREAK SPACE}a\N{NO-BREAK SPACE}b\t") == "a b"
