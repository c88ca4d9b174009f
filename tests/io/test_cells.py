"""Rows of cells of delimited text."""

from __future__ import annotations

import pytest

from focale.io.table.cells import Odd, OpenQuoteError, first_rows, is_blank, rows_of_text, text_of


def test_rows_of_text__number_is_that_of_the_first_line():
    rows = list(rows_of_text('a, b \n\n"c\nd",\r\ne,#N/A\r', ","))
    assert rows == [
        (1, ("a", "b")),
        (2, ()),
        (3, ("c\nd", None)),
        (5, ("e", Odd("error", "#N/A"))),
    ]


@pytest.mark.parametrize("text", ['a\n"b\nc\n', 'a\n"b', 'a\n"b\n"c"\n', 'a\n"b\nc" d\n'])
def test_rows_of_text__open_quotation_mark_is_refused_with_its_row(text):
    with pytest.raises(OpenQuoteError) as caught:
        list(rows_of_text(text, ","))
    assert caught.value.line == 2
    assert first_rows(rows_of_text(text, ",")) == [(1, ("a",))]


def test_text_of__odd_cells_are_shown_and_blank_ones_are_empty():
    assert [text_of(cell) for cell in (Odd("date", "2001"), None, 3)] == ["2001", "", "3"]
    assert is_blank((None, None))
    assert not is_blank((None, 0))
