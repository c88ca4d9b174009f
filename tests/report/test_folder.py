"""The output folder: which files, what they hold, and that equal runs give equal bytes."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import Protocol, Studyset, describe, describe_into, pain_studyset_path, read
from focale.report.folder import label_of, write_reading
from focale.report.provenance import Run
from focale.workflow import Selection, read_evidence
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree

STEM = "pain_space-MNI152NLin6Asym_res-2"
MAPS = [
    f"maps/{STEM}_{name}"
    for name in (
        "desc-brain_mask.json",
        "desc-brain_mask.nii.gz",
        "desc-clusters_dseg.json",
        "desc-clusters_dseg.nii.gz",
        "desc-clusters_dseg.tsv",
        "stat-ale_desc-peaks_statmap.json",
        "stat-ale_desc-peaks_statmap.nii.gz",
        "stat-ale_statmap.json",
        "stat-ale_statmap.nii.gz",
    )
]
TABLES = [
    f"tables/pain_{name}.{suffix}"
    for name in ("clusters", "contributions", "experiments", "foci", "labels", "studies")
    for suffix in ("json", "tsv")
]
TEXTS = [
    "dataset_description.json",
    "evidence.json",
    "interpretation.md",
    "methods.md",
    "protocol.toml",
    "provenance.json",
    "references.bib",
    "report.html",
    "report.json",
]
FIGURES = [
    f"figures/pain_{name}.{suffix}"
    for name in ("aleGlass", "aleSlices", "contributionBars", "contributionMap", "foci")
    for suffix in ("png", "svg")
]


@pytest.fixture(scope="module")
def folder(pain8_described, tmp_path_factory):
    """The pain set without figures; read only."""
    path = tmp_path_factory.mktemp("report") / "out"
    write_reading(pain8_described, path, Run("focale describe x.json -o OUT", "pain", False))
    return path


def files_of(folder):
    return sorted(str(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file())


def digest(folder):
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files_of(folder)
    }


def json_of(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


# ------------------------------------------------------------------ files


def test_write_reading__writes_these_files_and_no_other(folder):
    assert files_of(folder) == sorted([*MAPS, *TABLES, *TEXTS])
    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == ["maps", "tables"]
    assert [p.name for p in folder.parent.iterdir()] == ["out"]


def test_write_reading__equal_runs_give_equal_bytes(pain8_described, demo, tmp_path):
    """Figures included: once in a process of its own, as `focale demo`, and once here."""
    label = label_of(pain8_described.studyset.record.source)
    evidence = read_evidence(pain_studyset_path(), Protocol(), Selection(first=8))
    write_reading(describe(evidence), tmp_path / "o", Run("focale demo -o OUT", label))
    here, there = digest(tmp_path / "o"), digest(demo[1])
    expected = [*MAPS, *TABLES, *TEXTS, *FIGURES]
    assert list(here) == sorted(name.replace("/pain_", f"/{label}_") for name in expected)
    assert here == there


def test_write_reading__text_files_end_with_one_line_feed(folder):
    for name in files_of(folder):
        if not name.endswith(".gz"):
            content = (folder / name).read_bytes()
            assert content.endswith(b"\n"), name
            assert not content.endswith(b"\n\n"), name
            assert b"\r" not in content, name


def test_write_reading__json_files_are_json(folder):
    for name in files_of(folder):
        if name.endswith(".json"):
            assert isinstance(json_of(folder, name), dict)


# ------------------------------------------------------------------ maps


@pytest.mark.parametrize(
    ("name", "intent", "dtype", "title"),
    [
        ("stat-ale_statmap", 1001, np.float32, "ALE"),
        ("stat-ale_desc-peaks_statmap", 1001, np.float32, "ALE in peaks"),
        ("desc-clusters_dseg", 1002, np.int16, "clusters"),
        ("desc-brain_mask", 1002, np.int16, "mask"),
    ],
)
def test_maps__headers(folder, name, intent, dtype, title):
    header = nibabel.load(folder / "maps" / f"{STEM}_{name}.nii.gz").header
    assert header.get_intent("code")[0] == intent
    assert header.get_data_dtype() == dtype
    assert header["descrip"].item().decode().startswith("Focale ")
    assert header["descrip"].item().decode().endswith(f": {title}")
    assert int(header["sform_code"]) == int(header["qform_code"]) == 4
    assert header.get_xyzt_units()[0] == "mm"


def test_maps__values(folder, pain8_described):
    def load(name):
        image = nibabel.load(folder / "maps" / f"{STEM}_{name}.nii.gz")
        return np.asarray(image.dataobj)[pain8_described.mask.inside]

    result = pain8_described
    np.testing.assert_array_equal(load("stat-ale_statmap"), result.ale.values.astype(np.float32))
    np.testing.assert_array_equal(
        load("stat-ale_desc-peaks_statmap"), result.in_peaks.values.astype(np.float32)
    )
    np.testing.assert_array_equal(load("desc-clusters_dseg"), result.clusters.labels)
    assert load("desc-brain_mask").all()


def test_maps__sidecars(folder, pain8_described):
    about = json_of(folder, f"maps/{STEM}_stat-ale_statmap.json")
    assert about["DisplayOnlyThreshold"] == pain8_described.display_threshold
    assert about["DisplayOnlyPercentile"] == 95
    assert about["SpatialReference"] == "MNI152NLin6Asym"
    assert about["MaskSHA256"] == pain8_described.mask.sha256
    peaks = json_of(folder, f"maps/{STEM}_stat-ale_desc-peaks_statmap.json")
    assert peaks["Unit"] == pain8_described.map.peak_unit


def test_maps__labels_have_names(folder):
    rows = (folder / "maps" / f"{STEM}_desc-clusters_dseg.tsv").read_text().splitlines()
    assert rows == ["index\tname", *(f"{n}\tcluster {n}" for n in (1, 2, 3, 4))]


def test_maps__an_unknown_space_is_not_named(small_mask_path, tmp_path):
    result = describe(studyset_of({"a": [[(0, 0, 0)]]}), Protocol(mask=str(small_mask_path)))
    write_reading(result, tmp_path / "o", Run("x", "a", False))
    assert (tmp_path / "o" / "maps" / "a_res-2_stat-ale_statmap.nii.gz").is_file()


def test_maps__voxels_of_no_whole_size_are_not_named(tmp_path):
    affine = np.diag([2.0, 1.5, 4.0, 1.0])
    nibabel.save(nibabel.Nifti1Image(np.ones((9, 9, 9), np.uint8), affine), tmp_path / "m.nii")
    result = describe(studyset_of({"a": [[(8, 6, 16)]]}), Protocol(mask=str(tmp_path / "m.nii")))
    write_reading(result, tmp_path / "o", Run("x", "a", False))
    assert (tmp_path / "o" / "maps" / "a_stat-ale_statmap.nii.gz").is_file()


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize("name", ["clusters", "contributions", "experiments", "foci", "studies"])
def test_tables__columns_are_those_described_beside(folder, name):
    table = pd.read_csv(folder / "tables" / f"pain_{name}.tsv", sep="\t")
    described = json_of(folder, f"tables/pain_{name}.json")
    assert list(table.columns) == list(described)
    assert all(re.fullmatch(r"[a-z0-9_]+", column) for column in table.columns)
    assert all(about["Description"] for about in described.values())
    assert len(table) > 0


def test_tables__say_not_available_as_bids_does(folder):
    text = (folder / "tables" / "pain_clusters.tsv").read_text()
    assert "n/a" in text
    assert "nan" not in text.lower()
    assert "\t\t" not in text


def test_tables__whole_numbers_are_written_as_such(folder):
    table = pd.read_csv(folder / "tables" / "pain_clusters.tsv", sep="\t", dtype=str)
    assert table["n_voxels"].dropna().str.fullmatch(r"\d+").all()
    assert table["cluster"].str.fullmatch(r"\d+").all()


def test_tables__of_no_cluster_have_their_heads(pain8, tmp_path):
    describe_into(pain8, tmp_path / "o", Protocol(min_cluster_mm3=1e6), with_figures=False)
    for name in ("clusters", "contributions", "studies"):
        (path,) = (tmp_path / "o" / "tables").glob(f"*_{name}.tsv")
        assert len(path.read_text().splitlines()) == 1
    (labels,) = (tmp_path / "o" / "maps").glob("*_dseg.tsv")
    assert labels.read_text() == "index\tname\n"


# ------------------------------------------------------------------ hostile names

NAMES = [
    "quote\"and'quote",
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A0",
    "@SUM(1)",
    "[link](http://example.org)",
    "a|b",
    "n/a",
    "Müller 李 \N{BRAIN}",
    " blanks around ",
]
BREAKING = ["tab\there", "line\nfeed", "x\n\n# Heading", "carriage\rreturn"]


def written_with(names, tmp_path):
    tree = nimads_tree(
        {name: [nimads_analysis("1", [(0, 0, 10), (4 * i, 0, 0)], n=12, name=name)]
         for i, name in enumerate(names)}
    )  # fmt: skip
    describe_into(Studyset(tree), tmp_path / "o", with_figures=False)
    return tmp_path / "o"


def tsv(folder, name):
    (path,) = (folder / "tables").glob(f"*_{name}.tsv")
    return path


def test_hostile_names__come_back_from_the_tables(tmp_path):
    folder = written_with(NAMES, tmp_path)
    with tsv(folder, "experiments").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["study_id"] for row in rows] == [name.strip() for name in NAMES]
    assert len(tsv(folder, "foci").read_text(encoding="utf-8").splitlines()) == 1 + 2 * len(NAMES)


@pytest.mark.parametrize("name", BREAKING)
def test_hostile_names__break_no_row(tmp_path, name):
    """Read as BIDS means TSV: a line is a row, a tab parts columns, nothing is quoted."""
    folder = written_with(["plain", name], tmp_path)
    for table, n_rows in (("experiments", 2), ("foci", 4), ("studies", 0)):
        lines = re.split(r"\r\n|\r|\n", tsv(folder, table).read_bytes().decode().rstrip("\n"))
        assert len(lines) == 1 + n_rows
        assert len({line.count("\t") for line in lines}) == 1


def test_hostile_names__a_carriage_return_is_read_back(tmp_path):
    folder = written_with(["plain", "carriage\rreturn"], tmp_path)
    assert len(pd.read_csv(tsv(folder, "experiments"), sep="\t")) == 2


def test_hostile_names__half_a_letter_can_be_written(tmp_path):
    """JSON may hold "\\ud800", half of a pair; Python reads it and cannot write it."""
    written_with(["plain", "\ud800"], tmp_path)


def test_hostile_names__do_not_become_markdown(tmp_path):
    tree = nimads_tree(
        {"<b>[x](y)</b>": [nimads_analysis("1", [(0, 0, 10)] * 3, n=12)],
         "plain": [nimads_analysis("1", [(20, 0, 10)], n=12)]}
    )  # fmt: skip
    describe_into(Studyset(tree), tmp_path / "o", Protocol(min_cluster_mm3=8), with_figures=False)
    text = (tmp_path / "o" / "interpretation.md").read_text(encoding="utf-8")
    assert "&lt;b>\\[x](y)&lt;/b>" in text
    assert "<b>" not in text


# ------------------------------------------------------------------ provenance


def test_provenance__says_how_it_was_made(folder, pain8, pain8_described):
    record = json_of(folder, "provenance.json")
    assert record["Software"]["Name"] == "Focale"
    assert record["Command"] == "focale describe x.json -o OUT"
    assert record["Input"] == {
        "File": pain8.record.source,
        "SHA256": pain8.record.sha256,
        "Format": "NIMADS JSON",
        "Options": {},
    }
    assert record["Mask"]["SHA256"] == pain8_described.mask.sha256
    assert record["Protocol"] == Protocol().fingerprint
    assert record["Decision"]["Mode"] == "descriptive"
    assert record["Decision"]["Reason"] == pain8_described.decision.reason
    assert record["Counts"] == {
        "Studies": 8,
        "SubjectGroups": 8,
        "Experiments": 8,
        "ExperimentsAfterPooling": 8,
        "Foci": 107,
        "Participants": 129.0,
        "FociConvertedFromTalairach": 0,
        "FociOutsideMask": 11,
        "ExperimentsInSource": 21,
        "ExperimentsLeftOutByReader": 0,
        "FociInSource": 267,
        "FociLeftOutByReader": 0,
    }
    assert record["Conversions"] == []
    assert {"numpy", "numba", "nibabel"} <= set(record["Dependencies"])


def test_provenance__keeps_what_the_reader_noticed(tmp_path):
    tree = nimads_tree({"a": [nimads_analysis("1", [(0, 0, 10)], n=12), nimads_analysis("2", [])]})
    describe_into(Studyset(tree), tmp_path / "o", Protocol(fwhm_mm=9.0), with_figures=False)
    (problem,) = json_of(tmp_path / "o", "provenance.json")["Problems"]
    assert problem["Code"] == "experiment-without-foci"
    assert problem["Severity"] == "warning"
    assert problem["Where"] == 'dictionary, experiment "a-2"'
    assert problem["Experiment"] == "a-2"


def test_provenance__keeps_what_was_assumed_found_converted_and_pooled(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text(
        "// Reference=Talairach\n// Smith, 2001: heat\n// Subjects=12\n40 -20 10\n\n"
        "// Smith, 2001: cold\n// Subjects=14\n-40 -20 10\n\n// Jones, 2003: heat\n10 20 30\n"
    )
    studyset, problems = read(
        path, default_n=9, talairach_of={"Jones, 2003": "spm"}, groups_of={"Jones, 2003": "Smith"}
    )
    describe_into(studyset, tmp_path / "o", with_figures=False)
    record = json_of(tmp_path / "o", "provenance.json")
    assert record["Input"]["Options"] == {
        "default_n": 9,
        "talairach_of": {"Jones, 2003": "spm"},
        "groups_of": {"Jones, 2003": "Smith"},
    }
    assert sorted(p["Code"] for p in record["Problems"]) == sorted(p.code for p in problems)
    assert [(c["Experiment"], c["Foci"]) for c in record["Conversions"]] == [
        ("Smith, 2001-heat", 1), ("Smith, 2001-cold", 1), ("Jones, 2003-heat", 1)
    ]  # fmt: skip
    assert "SPM" in record["Conversions"][2]["Conversion"]
    counts = record["Counts"]
    assert (counts["Experiments"], counts["ExperimentsAfterPooling"]) == (3, 2)
    assert (counts["SubjectGroups"], counts["Participants"]) == (2, 14 + 9)


def test_provenance__holds_no_place_and_no_time(folder):
    home = re.escape(str(Path.home()))
    for name in files_of(folder):
        if not name.endswith(".gz"):
            text = (folder / name).read_text(encoding="utf-8")
            assert not re.search(rf"{home}|/tmp|/work|{re.escape(str(folder.parent))}", text), name
            assert not re.search(r"20\d\d-\d\d-\d\dT|\d\d:\d\d:\d\d", text), name


def test_dataset_description__is_that_of_a_derivative(folder):
    record = json_of(folder, "dataset_description.json")
    assert record["DatasetType"] == "derivative"
    assert record["GeneratedBy"][0]["Name"] == "Focale"
    assert record["Name"] == "Descriptive ALE of nidm_pain_studyset.json"


def test_dataset_description__takes_the_title_of_the_protocol(tmp_path, pain8):
    describe_into(pain8, tmp_path / "o", Protocol(title="Pain, in adults"), with_figures=False)
    assert json_of(tmp_path / "o", "dataset_description.json")["Name"] == "Pain, in adults"


def test_protocol__of_the_folder_can_be_used_again(folder):
    assert Protocol.from_toml(folder / "protocol.toml") == Protocol()


def test_protocol__names_a_page_that_is_there():
    named = re.findall(r"see (docs/\S+\.md)", Protocol().to_toml())
    assert named
    assert all((Path(__file__).parents[2] / name).is_file() for name in named)


# ------------------------------------------------------------------ label_of


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("nidm_pain_studyset.json", "nidmPainStudyset"),
        ("/some/where/foci.txt", "foci"),
        ("My foci (final).v2.txt", "MyFociFinalV2"),
        ("_.txt", "ale"),
        ("李.txt", "ale"),
        ("dictionary", "dictionary"),
        ("../../etc/passwd", "passwd"),
        ("a" * 100 + ".json", "a" * 40),
    ],
)
def test_label_of__has_letters_and_digits_only(source, label):
    assert label_of(source) == label
