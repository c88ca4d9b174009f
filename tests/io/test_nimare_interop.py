"""Files of NiMARE 0.22.1 load here, and ours load there, with the same foci.

NiMARE runs in an interpreter of its own, named by FOCALE_NIMARE_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter

import pytest

from focale import pain_studyset_path
from focale.io import nimads, nimare_dataset, parquet
from focale.io.evidence import evidence_text
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, open_source

NIMARE = os.environ.get("FOCALE_NIMARE_PYTHON")
PAIN = pain_studyset_path()

pytestmark = pytest.mark.skipif(
    NIMARE is None, reason="FOCALE_NIMARE_PYTHON names no interpreter that has NiMARE 0.22.1"
)

PRELUDE = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
import nimare
from nimare.nimads import Studyset
resources = os.path.join(os.path.dirname(nimare.__file__), "resources")
def seen(studyset):
    frame = studyset.coordinates
    foci = frame[["id", "x", "y", "z"]].values.tolist()
    sizes = dict(zip(studyset.ids, studyset.sample_sizes().values.tolist()
                     if hasattr(studyset.sample_sizes(), "values") else studyset.sample_sizes()))
    return {"ids": list(studyset.ids), "foci": foci,
            "n": {k: None if v != v else float(v) for k, v in sizes.items()}}
"""


def in_nimare(code, *arguments):
    """What a piece of code prints as JSON, run where NiMARE is."""
    done = subprocess.run(
        [NIMARE, "-c", PRELUDE + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def foci_of(record):
    return Counter((e.id, *focus.mm) for e in record.experiments for focus in e.foci)


def same_foci(record, seen):
    theirs = Counter((name, x, y, z) for name, x, y, z in seen["foci"])
    return foci_of(record) == theirs


def read(form, path):
    source = open_source(path)
    assert form.looks_like(source)
    record = form.read(source, ReadOptions())
    assert record.is_reconciled
    return record


@pytest.mark.parametrize("how", ["to_nimads", "to_dict"])
@pytest.mark.parametrize(
    "name", ["nidm_pain_studyset.json", "neurosynth_laird_studyset.json", "nback"]
)
def test_nimads_of_nimare_loads_here(tmp_path, how, name):
    path = tmp_path / "theirs.json"
    seen = in_nimare(
        """
path, how, name = sys.argv[1:]
if name == "nback":
    s = Studyset.from_parquet(os.path.join(resources, "nback_vs_flanker_studyset_2026-07"))
else:
    s = Studyset(os.path.join(resources, name), target=None)
if how == "to_nimads":
    s.to_nimads(path)
else:
    json.dump(s.to_dict(), open(path, "w"))
print(json.dumps(seen(Studyset(path, target=None))))
""",
        path,
        how,
        name,
    )
    record = read(nimads, path)
    assert same_foci(record, seen)
    assert sorted(e.id for e in record.experiments) == sorted(seen["ids"])
    sizes = {e.id: e.n_subjects for e in record.experiments}
    assert {k: n for k, n in seen["n"].items() if n is not None}.items() <= sizes.items()
    assert [p for p in record.problems if p.severity == "error"] == []


def test_parquet_of_nimare_loads_here(tmp_path):
    path = tmp_path / "theirs"
    seen = in_nimare(
        """
s = Studyset(os.path.join(resources, "nidm_pain_studyset.json"), target=None)
s.to_parquet(sys.argv[1])
print(json.dumps(seen(Studyset.from_parquet(sys.argv[1], target=None))))
""",
        path,
    )
    record = read(parquet, path)
    assert same_foci(record, seen)
    assert {e.id: e.n_subjects for e in record.experiments} == seen["n"]


def test_releases_of_nimare_load_here():
    folders = in_nimare(
        "print(json.dumps([os.path.join(resources, f) for f in os.listdir(resources) "
        'if os.path.exists(os.path.join(resources, f, "studyset.json"))]))'
    )
    assert len(folders) == 2
    for folder in folders:
        seen = in_nimare(
            "print(json.dumps(seen(Studyset.from_parquet(sys.argv[1], target=None))))", folder
        )
        record = read(parquet, folder)
        assert same_foci(record, seen)
        sizes = {e.id: e.n_subjects for e in record.experiments}
        assert {k: n for k, n in seen["n"].items() if n is not None}.items() <= sizes.items()


def test_dataset_of_nimare_is_the_studyset():
    path = in_nimare('print(json.dumps(os.path.join(resources, "nidm_pain_dset.json")))')
    old, new = read(nimare_dataset, path), read(nimads, PAIN)
    assert foci_of(old) == foci_of(new)
    assert {e.id: e.n_subjects for e in old.experiments} == {
        e.id: e.n_subjects for e in new.experiments
    }


def ours():
    focus = FocusRecord((1.5, -2.0, 3.0), "MNI", values={"t": 4.5, "region": "insula"})
    talairach = FocusRecord((4.0, 5.0, 6.0), "TAL")
    experiments = [
        ExperimentRecord(
            "Müller, 2001", "A > B", (focus, talairach), 20.5, "f", 1, "A > B", "cohort", None,
            {"included": True, "task": "pain"},
        ),
        ExperimentRecord("Müller, 2001", "B > A", (focus,), 61 / 3, "f"),
        ExperimentRecord("Jones", "1", (talairach,), 12, "f", annotations={"included": False}),
        ExperimentRecord("Jones", "2", (), None, "f"),
    ]  # fmt: skip
    studies = {"Müller, 2001": {"name": "Pain", "year": 2001}, "Jones": {}}
    return StudysetRecord.of(experiments, "f", "0" * 64, (), (4, 4), studies=studies)


LOAD = "print(json.dumps(seen(Studyset(sys.argv[1], target=None))))"


def test_nimads_of_ours_loads_in_nimare(tmp_path):
    path = tmp_path / "ours.json"
    path.write_text(nimads.write(ours(), path), encoding="utf-8")
    seen = in_nimare(LOAD, path)
    assert same_foci(ours(), seen)
    assert seen["n"] == {e.id: e.n_subjects for e in ours().experiments}


def test_the_evidence_of_a_result_loads_in_nimare(tmp_path):
    path = tmp_path / "evidence.json"
    path.write_text(evidence_text(ours(), target="mni152_2mm", space=None), encoding="utf-8")
    assert same_foci(ours(), in_nimare(LOAD, path))


def test_annotations_of_ours_load_in_nimare(tmp_path):
    path = tmp_path / "ours.json"
    path.write_text(nimads.write(ours(), path), encoding="utf-8")
    notes = in_nimare(
        "s = Studyset(sys.argv[1], target=None); print(json.dumps(s.get_annotations()))", path
    )
    assert notes["A > B"] == {"included": True, "task": "pain"}
    assert notes["1"] == {"included": False}


def test_pain_studyset_goes_there_and_back(tmp_path):
    path, back = tmp_path / "ours.json", tmp_path / "back.json"
    record = read(nimads, PAIN)
    path.write_text(nimads.write(record, path), encoding="utf-8")
    seen = in_nimare(
        "Studyset(sys.argv[1], target=None).to_nimads(sys.argv[2])\n" + LOAD, path, back
    )
    assert same_foci(record, seen)
    again = read(nimads, back)
    assert foci_of(again) == foci_of(record)
    assert {e.id: (e.name, e.n_subjects) for e in again.experiments} == {
        e.id: (e.name, e.n_subjects) for e in record.experiments
    }
