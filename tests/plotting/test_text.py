from __future__ import annotations

import pytest

from focale.plotting.text import clean, families_for, fit, fit_all, width_of, wrap


def test_clean__leaves_one_line_that_can_be_written(helpers):
    for name in helpers.names:
        cleaned = clean(name)
        assert cleaned.isprintable()
        cleaned.encode("utf-8")


def test_clean__of_nothing_is_a_name():
    assert clean(" \n\x00") == "(no name)"


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0])
def test_fit__is_as_long_as_the_width_allows(width):
    short = fit("Wide and narrow letters illi WWW " * 20, width, 8)
    assert short.endswith("…")
    assert width - 0.2 < width_of(short, 8) <= width


def test_fit__leaves_what_fits():
    assert fit("Smith 2010", 3, 8) == "Smith 2010"


def test_fit_all__keeps_names_apart_that_begin_alike():
    long = "The same beginning of a long name " * 3
    labels = fit_all([long + "A", long + "B", "C"], 1.0, 8, [" (1)", " (2)", " (3)"])
    assert labels[0].startswith("1. The")
    assert labels[1].startswith("2. The")
    assert labels[0].endswith("… (1)")
    assert labels[2] == "C (3)"
    assert all(width_of(label, 8) <= 1.01 for label in labels)


def test_wrap__no_line_is_wider_than_the_page():
    lines = wrap("word " * 100 + "x" * 300, 3.0, 10)
    assert len(lines) == 3
    assert all(width_of(line, 10, "bold") <= 3.0 for line in lines)
    assert lines[-1].endswith("…")


def test_families_for__begins_with_the_font_that_matplotlib_brings():
    assert families_for(["Smith", "Смирнов"]) == ["DejaVu Sans"]
    assert families_for(["山田"])[0] == "DejaVu Sans"
