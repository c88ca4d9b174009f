"""Text files of an output folder: equal contents give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focale.phrases import one_line

if TYPE_CHECKING:
    import pandas as pd


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 that ends with one line feed."""
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON for people to read."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False))


def write_table(path: Path, table: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Write a table as TSV, and what its columns mean as JSON beside it.

    Parameters
    ----------
    path
        File to write, ending in ``.tsv``.
    table
        The table.
    columns
        What each column means.
    """
    write_text(path, table_text(table))
    described = {name: {"Description": columns[name]} for name in map(str, table)}
    write_json(path.with_suffix(".json"), described)


def table_text(table: pd.DataFrame) -> str:
    """A table as TSV; missing values are "n/a"."""
    texts = table.select_dtypes(exclude=["number", "bool"]).columns
    one_lined = table.assign(**{name: table[name].map(_cell) for name in texts})
    text: str = one_lined.to_csv(
        sep="\t", index=False, na_rep="n/a", float_format="%.6g", lineterminator="\n"
    )
    return text


def _cell(value: Any) -> Any:
    """A text on one line: TSV has no way to write a line break or a tab in a cell."""
    return one_line(value, 1000) if isinstance(value, str) else value
