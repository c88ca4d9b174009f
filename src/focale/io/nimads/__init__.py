"""NIMADS: the JSON exchange format of the NeuroStore ecosystem.

A studyset holds studies, a study holds analyses (experiments), an analysis holds
points (foci). Everything in it may be null. The schema has no place for sample
sizes, subject groups and the matrix of Talairach coordinates; they are found in the
metadata of the analysis, else of its study. Annotations are notes about analyses, inside
the studyset or in a file of their own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from focale.errors import ReadError
from focale.io.json_lines import ANY, Places, load
from focale.io.nimads import writer as nimads_writer
from focale.io.nimads.annotations import is_annotation, load_annotations
from focale.io.nimads.reader import read_studies
from focale.io.records import StudysetRecord
from focale.io.source import ReadOptions, Source

NAME = "NIMADS JSON"
SUFFIXES = (".json",)

_PARTS = ("studies", ANY, "analyses", ANY)
_JSON_OBJECT = re.compile(rb"\s*\{\s*([\"}]|\Z)")
_MARKS = re.compile(rb"^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)|\x00")


def looks_like(source: Source) -> bool:
    """Whether the content is a JSON object, or the file says it should be."""
    if source.path is not None and source.path.is_dir():
        return False
    head = _MARKS.sub(b"", source.head)
    is_named_so = source.name.lower().endswith((".json", ".json.gz"))
    return is_named_so or _JSON_OBJECT.match(head) is not None


def read(source: Source, options: ReadOptions) -> StudysetRecord:
    """Read a NIMADS file; what cannot be used is among the problems.

    Raises
    ------
    InputMissingError
        If there is no file of the annotation asked for.
    ReadError
        If it is not JSON, or not a NIMADS studyset.
    """
    tree, places, guesses = load(source, options, _PARTS)
    _check_studyset(tree, source.name)
    more = load_annotations(options.annotation, options) if options.annotation else []
    return read_studies(tree, source.name, places, more, guesses).record(source.sha256)


def read_tree(tree: Any, source: str, sha256: str | None = None) -> StudysetRecord:
    """Read a NIMADS studyset that is already a dictionary."""
    _check_studyset(tree, source)
    fingerprint = sha256 or _fingerprint(tree, source)
    return read_studies(tree, source, Places()).record(fingerprint)


write = nimads_writer.write
losses = nimads_writer.losses


def _check_studyset(tree: Any, file: str) -> None:
    if isinstance(tree, Mapping) and isinstance(tree.get("studies"), list):
        studies = tree["studies"]
        if studies and all(isinstance(study, str) for study in studies):
            raise ReadError(
                f"{file} lists its studies by their identifiers only, without analyses and "
                "points; export the studyset with its studies (in NeuroStore, nested=true)"
            )
        return
    raise ReadError(f"{file}: this JSON is {_kind_of(tree)}")


def _kind_of(tree: Any) -> str:
    """What a JSON that is no studyset is, and the way out."""
    if is_annotation(tree):
        return (
            "an annotation, without the studies it speaks of; pass the studyset, and this file "
            "with --annotation (annotation=)"
        )
    if isinstance(tree, Mapping) and isinstance(tree.get("analyses"), list):
        return "one study, not a studyset; put it into a list 'studies' of an object"
    if isinstance(tree, Mapping) and isinstance(tree.get("points"), list):
        return "one analysis, not a studyset; export the studyset it belongs to"
    if isinstance(tree, Mapping) and isinstance(tree.get("studyset"), Mapping):
        return "a bundle with a studyset in it; save what its key 'studyset' holds as a file"
    if isinstance(tree, Mapping) and "specification" in tree:
        return "a Neurosynth Compose meta-analysis, without its studies; export its studyset"
    found = f"keys {[str(key) for key in tree][:5]}" if isinstance(tree, Mapping) else _type(tree)
    return (
        f"not a NIMADS studyset (expected an object with a list 'studies', got {found}); export "
        "the studyset again, or pass a Sleuth text file"
    )


def _type(tree: Any) -> str:
    return type(tree).__name__


def _fingerprint(tree: Mapping[str, Any], file: str) -> str:
    """SHA-256 of a dictionary, whatever the order of its keys."""
    try:
        plain = json.loads(json.dumps(tree, default=str))  # all keys as text, so that they sort
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError) as error:
        raise ReadError(
            f"{file}: this dictionary cannot be used as JSON can ({error}); correct it"
        ) from error
