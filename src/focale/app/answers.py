"""What the page is told, as plain values for JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from focale.io.problems import Problem, errors_of
from focale.protocol.assess import Decision
from focale.protocol.protocol import Protocol
from focale.studyset.reading import Inspection

MOST_PROBLEMS = 500
"""More would make the page slow, and nobody reads them."""

REPORT = "report.html"
_BEFORE = ("cluster", "peak", "x", "y", "z", "label", "ale")
_AFTER = ("volume_mm3", "n_studies")
"""Columns of the table of clusters that the page shows, about the p that decides."""


def check_answer(inspection: Inspection) -> dict[str, Any]:
    """What `focale check` says of a source."""
    problems = inspection.problems
    return {
        "format": inspection.record.format,
        "summary": asdict(inspection.summary),
        "problems": [_problem(problem) for problem in problems[:MOST_PROBLEMS]],
        "n_problems": len(problems),
        "usable": not errors_of(problems),
        "error": None,
    }


def refused_answer(error: Exception) -> dict[str, Any]:
    """The same of a source that is none."""
    return {
        "format": None,
        "summary": None,
        "problems": [],
        "n_problems": 0,
        "usable": False,
        "error": str(error),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {**asdict(problem), "message": problem.message}


def protocol_answer(protocol: Protocol) -> dict[str, Any]:
    """What was declared, and when."""
    return {
        "title": protocol.title,
        "min_experiments": protocol.min_experiments,
        "declared": protocol.declared,
        "fingerprint": protocol.fingerprint,
        "deviations": [asdict(deviation) for deviation in protocol.deviations],
    }


def decision_answer(decision: Decision) -> dict[str, Any]:
    """How the evidence is to be read, and why."""
    return asdict(decision)


def result_answer(folder: Path, said: Mapping[str, Any], kept: Path | None) -> dict[str, Any]:
    """What a finished run wrote, by names of files in its folder.

    Parameters
    ----------
    folder
        The output folder.
    said
        What the worker says of the result: its mode, the interpretation in words, and what
        the family-wise p is of.
    kept
        Where it was copied to.
    """
    report = folder / REPORT
    tables = sorted((folder / "tables").glob("*_clusters.tsv"))
    return {
        **said,
        "name": folder.name,
        "report": REPORT if report.is_file() else None,
        "figures": [f"figures/{path.name}" for path in sorted(folder.glob("figures/*.png"))],
        "clusters": _table(tables[0], f"p_{said['correction']}") if tables else None,
        "kept": str(kept) if kept else None,
    }


def _table(path: Path, p: str) -> dict[str, Any]:
    """Columns with their meanings, and rows, of a table of clusters."""
    meanings = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    names = [name for name in (*_BEFORE, p, *_AFTER) if rows and name in rows[0]]
    return {
        "columns": [
            {"name": name, "meaning": meanings.get(name, {}).get("Description", "")}
            for name in names
        ],
        "rows": [_cells(row, names) for row in rows],
    }


def _cells(row: Mapping[str, str], names: Sequence[str]) -> list[str]:
    return ["" if row[name] == "n/a" else row[name] for name in names]
