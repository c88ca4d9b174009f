"""The evidence of a result as a file, from which the same analysis can be made again.

A NIMADS studyset as any tool reads it, with one more entry, "focale", for what NIMADS has no
place for: the order of the experiments, their places in the source, what was assumed when
it was read, and the counts of the source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.io.nimads import read_tree
from focale.io.nimads.writer import groups_with_mean, tree_of
from focale.io.problems import raise_errors
from focale.io.records import ExperimentRecord, Reconciliation, StudysetRecord

EVIDENCE_NAME = "evidence.json"
"""The file in an output folder."""

FORMAT = 1


def evidence_text(record: StudysetRecord, **seen: Any) -> str:
    """A record as the text of the file.

    Parameters
    ----------
    record
        The evidence as reported, before experiments are pooled.
    **seen
        What else is needed to see it as it was seen, such as the target space.
    """
    kept = [_writable(experiment) for experiment in record.experiments]
    content = {
        **tree_of(replace(record, experiments=tuple(kept))),
        "focale": {
            "format": FORMAT,
            "seen": seen,
            "source": record.source,
            "sha256": record.sha256,
            "read_as": record.format,
            "options": dict(record.options),
            "counts": asdict(record.reconciliation),
            "experiments": [
                {
                    "study": e.study_id,
                    "analysis": e.contrast_id,
                    "n": e.n_subjects,
                    "file": e.file,
                    "line": e.line,
                }
                for e in record.experiments
            ],
        },
    }
    return json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n"


def read_evidence_file(folder: Path) -> tuple[StudysetRecord, dict[str, Any]]:
    """The record of an output folder, and how it was seen.

    Raises
    ------
    InputMissingError
        If the folder has no such file, as those written by the first versions of Focale.
    ReadError
        If the file is not what Focale wrote there.
    """
    path = folder / EVIDENCE_NAME
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputMissingError(
            f"{folder} has no {EVIDENCE_NAME}, so what was analysed is not known; run the "
            "analysis again with this version of Focale"
        ) from error
    except ValueError as error:
        raise ReadError(f"{path} is not JSON ({error}); run the analysis again") from error
    try:
        return _record_of(tree)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ReadError(
            f"{path} is not what Focale wrote there ({error}); run the analysis again"
        ) from error


def _writable(experiment: ExperimentRecord) -> ExperimentRecord:
    """The experiment without a sample size that NIMADS cannot hold."""
    try:
        if experiment.n_subjects is not None:
            groups_with_mean(experiment.n_subjects)
    except ArgumentError:
        return replace(experiment, n_subjects=None)
    return experiment


def _record_of(tree: Mapping[str, Any]) -> tuple[StudysetRecord, dict[str, Any]]:
    ours = tree["focale"]
    if ours["format"] != FORMAT:
        raise ReadError(f"it has format {ours['format']!r}, and this version knows {FORMAT}")
    read = read_tree(tree, ours["source"], ours["sha256"])
    raise_errors(ours["source"], read.problems)
    known = {(e.study_id, e.contrast_id): e for e in read.experiments}
    experiments = [
        replace(
            known[one["study"], one["analysis"]],
            n_subjects=one["n"],
            file=one["file"],
            line=one["line"],
        )
        for one in ours["experiments"]
    ]
    record = replace(
        read,
        experiments=tuple(experiments),
        reconciliation=Reconciliation(**ours["counts"]),
        problems=(),
        options=ours["options"],
        format=ours["read_as"],
    )
    return record, ours["seen"]
