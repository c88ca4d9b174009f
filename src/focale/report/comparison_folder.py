"""The output folder of a comparison: a page, a text and tables; whole or not there."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from focale.comparison.result import Comparison
from focale.comparison.tables import tables_of
from focale.io.atomic import atomic_folder
from focale.report.comparison_page import comparison_markdown, comparison_page, title_of
from focale.report.files import write_json, write_table, write_text


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write `comparison.html`, `comparison.md` and `tables/`.

    Parameters
    ----------
    comparison
        What `compare` returned.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    with atomic_folder(folder) as unfinished:
        (unfinished / "tables").mkdir()
        for name, (table, columns) in tables_of(comparison).items():
            write_table(unfinished / "tables" / f"{name}.tsv", table, columns)
        write_text(unfinished / "comparison.md", comparison_markdown(comparison))
        write_text(unfinished / "comparison.html", comparison_page(comparison))
        write_json(
            unfinished / "dataset_description.json",
            {
                "Name": f"Comparison of {title_of(comparison)}",
                "BIDSVersion": "1.10.0",
                "DatasetType": "derivative",
                "GeneratedBy": [{"Name": "Focale", "Version": version("focale")}],
            },
        )
