"""What the page is told, as plain values for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from focale.io.problems import Problem, errors_of
from focale.protocol.assess import Decision
from focale.protocol.protocol import Protocol
from focale.studyset.reading import Inspection

MOST_PROBLEMS = 500
"""More would make the page slow, and nobody reads them."""


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
        "deviations": [asdict(deviation) for deviation in protocol.deviations],
    }


def decision_answer(decision: Decision) -> dict[str, Any]:
    """How the evidence is to be read, and why."""
    return asdict(decision)
