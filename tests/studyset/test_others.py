"""The experiments another reader leaves: those NiMARE 0.22.1 was seen to read."""

from __future__ import annotations

import base64
import json

import pytest

from focale import Studyset, read
from focale.studyset.others import taken_as
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text


def left(tmp_path, experiments):
    """Foci and sample sizes of the experiments NiMARE would have."""
    (tmp_path / "foci.txt").write_text(sleuth_text(experiments))
    taken = taken_as(Studyset(tmp_path / "foci.txt"), "nimare-0.22")
    return [([focus.mm for focus in e.foci], e.n_subjects) for e in taken]


A, B, C = (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, 9.0)


@pytest.mark.parametrize(
    ("second", "is_lost"),
    [
        ("Smith, 2001: A > B", True),
        ("Smith, 2001:A > B", True),  # blanks around the separator are no difference
        ("Smith, 2001: A > C", False),
        ("Smith, 2001; A > B", True),  # either separator
        ("Smith, 2002: A > B", False),
    ],
)
def test_taken_as__the_last_of_equal_headers_is_left(tmp_path, second, is_lost):
    found = left(tmp_path, [(["Smith, 2001: A > B"], 12, [A]), ([second], 15, [B, C])])
    assert found == ([] if is_lost else [([A], 12)]) + [([B, C], 15)]


def test_taken_as__a_header_without_a_contrast_is_overwritten_by_its_like(tmp_path):
    """N1 of the survey: three blocks, two of one header, give two experiments."""
    blocks = [(["Smith 2010"], 12, [A]), (["Jones 2011"], 9, [B]), (["Smith 2010"], 14, [C])]
    assert left(tmp_path, blocks) == [([C], 14), ([B], 9)]


def test_taken_as__an_experiment_without_foci_lends_its_header_to_the_next(tmp_path):
    """The next then has a header of its own, and is not overwritten."""
    blocks = [
        (["Smith 2010"], 12, [A]),
        (["Smith 2010"], 13, []),
        (["Smith 2010"], 14, [B]),
    ]
    assert left(tmp_path, blocks) == [([A], 12), ([B], 14)]


def test_taken_as__a_colon_before_the_year_does_not_part(tmp_path):
    blocks = [(["J: Smith 2010"], 12, [A]), (["J: Jones 2010"], 13, [B])]
    assert len(left(tmp_path, blocks)) == 2


def test_taken_as__complete_is_the_evidence_itself(tiny_studyset):
    assert taken_as(tiny_studyset, "complete") is tiny_studyset


def test_taken_as__formats_with_identifiers_lose_nothing():
    tree = nimads_tree({"a": [nimads_analysis("1", [A]), nimads_analysis("2", [])]})
    studyset = Studyset(tree)
    assert taken_as(studyset, "nimare-0.22") is studyset


def test_taken_as__of_nothing_but_empty_experiments_is_what_was_read(tmp_path):
    (tmp_path / "foci.txt").write_text(sleuth_text([(["Smith 2010"], 12, [])]))
    studyset = Studyset(tmp_path / "foci.txt")
    assert taken_as(studyset, "nimare-0.22") is studyset


@pytest.mark.parametrize(
    ("name", "experiments", "foci"),
    [
        ("yanes2018_cannabis/input/CannabisMinusControl.txt", 41, 158),
        ("yanes2018_cannabis/input/ControlMinusCannabis.txt", 41, 176),
        ("enge2021_semantics/input/all.txt", 50, 687),
        ("pyale_nat30/input/nat.txt", 30, 477),
    ],
)
def test_taken_as__counts_are_those_nimare_gives_of_real_files(corpus, name, experiments, foci):
    studyset, _ = read(corpus / name)
    taken = taken_as(studyset, "nimare-0.22")
    assert (len(taken), taken.n_foci) == (experiments, foci)


@pytest.mark.parametrize("case", ["B01", "B27", "B29", "B39"])
def test_taken_as__of_malformed_files_is_what_nimare_reads(corpus, tmp_path, case):
    cases = json.loads((corpus / "bad_inputs/bad_inputs.json").read_text())
    cases = cases["cases"] if isinstance(cases, dict) else cases
    (one,) = [c for c in cases if c["id"] == case]
    (tmp_path / "foci.txt").write_bytes(base64.b64decode(one["data_base64"]))
    taken = taken_as(Studyset(tmp_path / "foci.txt"), "nimare-0.22")
    found = [(len(experiment.foci), experiment.n_subjects) for experiment in taken]
    assert found == [(n_foci, n) for _, _, n_foci, n in one["detail"]]
