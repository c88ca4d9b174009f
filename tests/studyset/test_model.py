"""The evidence: what a studyset holds, and that it never changes."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

from focale import Studyset, pain_studyset_path
from focale.errors import ArgumentError, EvidenceError, InputMissingError, ReadError
from focale.io.formats import read_record
from focale.space.talairach import talairach_to_mni
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text


def studyset_of(*analyses, **options):
    return Studyset(nimads_tree({"Smith": list(analyses)}), **options)


# ------------------------------------------------------------------------- what it is


def test_studyset__has_the_known_counts_of_the_pain_set(pain):
    assert (len(pain), len(pain.study_ids), pain.n_foci) == (21, 21, 267)
    assert pain.n_subjects.sum() == 334


def test_studyset__ids_are_study_and_contrast_in_the_order_of_the_source(tiny_studyset):
    assert tiny_studyset.ids.tolist() == ["Smith-pain", "Smith-heat", "Jones-pain"]


def test_studyset__study_ids_name_each_study_once(tiny_studyset):
    assert tiny_studyset.study_ids.tolist() == ["Smith", "Jones"]


def test_studyset__offsets_part_the_foci_of_the_experiments(tiny_studyset):
    assert tiny_studyset.offsets.tolist() == [0, 2, 3, 6]
    assert tiny_studyset.foci_mm[2].tolist() == [0, 0, 10]
    assert tiny_studyset.experiment_of_focus.tolist() == [0, 0, 1, 2, 2, 2]


def test_studyset__arrays_have_the_documented_types(tiny_studyset):
    assert tiny_studyset.foci_mm.shape == (6, 3)
    assert tiny_studyset.foci_mm.dtype == np.float64
    assert tiny_studyset.offsets.dtype == np.int64
    assert tiny_studyset.n_subjects.dtype == np.float64


def test_studyset__missing_sample_size_is_nan(tiny_studyset):
    np.testing.assert_array_equal(tiny_studyset.n_subjects, [12, 15, np.nan])


def test_studyset__iterates_over_experiments_as_reported(tiny_studyset):
    assert [e.contrast_id for e in tiny_studyset] == ["pain", "heat", "pain"]


def test_studyset__repeated_foci_are_kept_as_reported(tiny_studyset):
    assert tiny_studyset.foci_mm[3:5].tolist() == [[4, 4, 4], [4, 4, 4]]


def test_studyset__experiment_without_foci_counts(tiny_mask):
    studyset = studyset_of(nimads_analysis("1"), nimads_analysis("2", []), nimads_analysis("3"))
    assert len(studyset) == 3
    assert studyset.offsets.tolist() == [0, 1, 1, 2]
    assert [p.code for p in studyset.problems] == ["experiment-without-foci"]


def test_studyset__of_experiments_that_report_nothing_is_one_still():
    studyset = studyset_of(nimads_analysis("1", []))
    assert studyset.foci_mm.shape == (0, 3)
    assert studyset.coordinates.shape == (0, 7)


@pytest.mark.parametrize("make", [str, Path, read_record])
def test_studyset__source_may_be_a_path_or_a_record(pain, make):
    np.testing.assert_array_equal(Studyset(make(pain_studyset_path())).foci_mm, pain.foci_mm)


def test_studyset__reads_sleuth(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text(sleuth_text([(["Smith: A"], 12, [(1, 2, 3)]), (["Jones"], 9, [])]))
    studyset = Studyset(path)
    assert studyset.ids.tolist() == ["Smith-A", "Jones-1"]
    assert studyset.record.source == "foci.txt"


def test_studyset__names_of_any_kind_survive_in_the_ids():
    names = ['O\'Doherty "2017"', "a\nb", "Müller 痛み", "  blank  ", "NUL\0inside", "x" * 5000]
    studyset = studyset_of(*[nimads_analysis(name) for name in names])
    assert studyset.ids.tolist() == [f"Smith-{name}" for name in names]


def test_studyset__a_nul_at_the_end_of_a_name_keeps_experiments_apart():
    # numpy's text arrays drop trailing NULs, which would make these two ids equal
    studyset = studyset_of(nimads_analysis("1", [(1, 2, 3)]), nimads_analysis("1\0", [(4, 5, 6)]))
    assert len(set(studyset.ids.tolist())) == 2
    assert studyset.slice(["Smith-1"]).foci_mm.tolist() == [[1, 2, 3]]


# ------------------------------------------------------------------------------- repr


def test_repr__says_how_much_evidence_there_is(pain):
    assert repr(pain) == (
        "Studyset: 21 studies, 21 subject groups, 21 experiments, 267 foci, "
        "334 participants (mni152_2mm)"
    )


def test_repr__sums_the_sample_sizes_that_are_known(tiny_studyset):
    """Smith has 12 and 15 of the same participants, which makes 15; Jones says nothing."""
    assert repr(tiny_studyset) == (
        "Studyset: 2 studies, 2 subject groups, 3 experiments, 6 foci, "
        "15 participants (mni152_2mm)"
    )


def test_repr__counts_subject_groups_where_they_are_not_the_studies():
    studyset = studyset_of(
        nimads_analysis("1", metadata={"sample_sizes": [12], "subject_group": "patients"}),
        nimads_analysis("2", metadata={"sample_sizes": [15], "subject_group": "controls"}),
    )
    assert repr(studyset) == (
        "Studyset: 1 study, 2 subject groups, 2 experiments, 2 foci, 27 participants (mni152_2mm)"
    )


def test_repr__says_when_no_sample_size_is_known():
    assert "sample sizes unknown" in repr(studyset_of(nimads_analysis("1")))


# ---------------------------------------------------------------------------- slice


def test_slice__keeps_the_order_asked_for(pain):
    wanted = pain.ids[[5, 0, 3]]
    sliced = pain.slice(wanted)
    assert sliced.ids.tolist() == wanted.tolist()
    for new, old in enumerate([5, 0, 3]):
        np.testing.assert_array_equal(
            sliced.foci_mm[sliced.offsets[new] : sliced.offsets[new + 1]],
            pain.foci_mm[pain.offsets[old] : pain.offsets[old + 1]],
        )
    np.testing.assert_array_equal(sliced.n_subjects, pain.n_subjects[[5, 0, 3]])


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_slice__takes_any_sequence_of_ids(pain, kind):
    assert len(pain.slice(kind(pain.ids[:8].tolist()))) == 8


def test_slice__first_eight_of_the_pain_set_have_107_foci(pain):
    assert pain.slice(pain.ids[:8]).n_foci == 107


def test_slice__of_all_is_the_same_evidence(pain):
    whole = pain.slice(pain.ids)
    np.testing.assert_array_equal(whole.foci_mm, pain.foci_mm)
    assert whole.record == pain.record


def test_slice__leaves_the_studyset_as_it_was(pain):
    before = pain.ids.tolist()
    pain.slice(pain.ids[:2])
    assert pain.ids.tolist() == before


def test_slice__keeps_options_and_problems(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text(
        sleuth_text([(["a"], 9, [(1, 2, 3)]), (["a"], 9, [(4, 5, 6)])], reference="Colin")
    )
    studyset = Studyset(path, space="TAL", talairach="spm")
    sliced = studyset.slice([studyset.ids[1]])
    assert (sliced.space, sliced.talairach, sliced.target) == ("TAL", "spm", "mni152_2mm")
    assert sliced.problems == studyset.problems
    np.testing.assert_array_equal(sliced.foci_mm, studyset.foci_mm[1:])


def test_slice__unknown_ids_are_refused(pain):
    message = (
        r"cannot find 2 of the 3 ids asked for in nidm_pain_studyset\.json: 'nobody', 'pain_99'; "
        r"its ids look like 'pain_01\.nidm-1'"
    )
    with pytest.raises(ArgumentError, match=message) as caught:
        pain.slice([pain.ids[0], "nobody", "pain_99"])
    assert caught.value.exit_code == 2


def test_slice__names_five_unknown_ids_at_most(pain):
    with pytest.raises(ArgumentError, match=r"^cannot find 30 of the 30 ids") as caught:
        pain.slice([f"nobody {i}" for i in range(30)])
    assert str(caught.value).count("nobody") == 5


def test_slice__an_id_asked_for_twice_is_refused(pain):
    with pytest.raises(ArgumentError, match="asked for more than once; give each id once"):
        pain.slice([pain.ids[0], pain.ids[1], pain.ids[0]])


def test_slice__no_id_is_refused(pain):
    with pytest.raises(ArgumentError, match="no id is asked for, so no experiment would be left"):
        pain.slice([])


# ----------------------------------------------------------------------- never changes


@pytest.mark.parametrize("name", ["foci_mm", "record", "target", "anything"])
def test_studyset__attributes_cannot_be_set(pain, name):
    message = r"a Studyset never changes; make a new one with slice\(\)"
    with pytest.raises(AttributeError, match=message):
        setattr(pain, name, None)


def test_studyset__attributes_cannot_be_deleted(tiny_studyset):
    with pytest.raises(AttributeError):
        del tiny_studyset.record


@pytest.mark.parametrize("name", ["foci_mm", "offsets", "n_subjects"])
def test_studyset__arrays_are_read_only(pain, name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(pain, name)[0] = 0


@pytest.mark.parametrize(
    "make", [lambda s: pickle.loads(pickle.dumps(s)), copy.deepcopy, copy.copy]
)
def test_studyset__survives_pickle_and_copy(tmp_path, make):
    path = tmp_path / "foci.txt"
    path.write_text(sleuth_text([(["a"], 9, [(1, 2, 3)]), (["b"], 12, [])], reference="Colin"))
    studyset = Studyset(path, space="TAL", talairach="fsl")
    again = make(studyset)
    assert again.record == studyset.record
    assert (again.target, again.space, again.talairach) == ("mni152_2mm", "TAL", "fsl")
    for name in ("foci_mm", "offsets", "n_subjects"):
        np.testing.assert_array_equal(getattr(again, name), getattr(studyset, name))
        assert not getattr(again, name).flags.writeable


def test_studyset__source_dictionary_is_left_as_it_was():
    tree = nimads_tree({"Smith": [nimads_analysis("1", space="TAL")]})
    before = copy.deepcopy(tree)
    Studyset(tree)
    assert tree == before


# ---------------------------------------------------------------------------- spaces


@pytest.mark.parametrize("matrix", ["pooled", "spm", "fsl", "brett"])
def test_studyset__talairach_foci_are_converted_with_the_matrix_asked_for(matrix):
    studyset = studyset_of(
        nimads_analysis("1", [(10, 20, 30)], space="TAL"),
        nimads_analysis("2", [(10, 20, 30)], space="MNI"),
        talairach=matrix,
    )
    expected = talairach_to_mni(np.array([[10.0, 20, 30]]), matrix)
    np.testing.assert_array_equal(studyset.foci_mm, [expected[0], [10, 20, 30]])


def test_studyset__record_keeps_the_foci_as_reported():
    studyset = studyset_of(nimads_analysis("1", [(10, 20, 30)], space="TAL"))
    assert studyset.record.experiments[0].foci[0].mm == (10, 20, 30)


def test_n_converted__counts_the_talairach_foci():
    studyset = studyset_of(
        nimads_analysis("1", [(1, 2, 3)] * 3, space="Talairach"),
        nimads_analysis("2", [(1, 2, 3)] * 2),
    )
    assert studyset.n_converted == 3


def test_n_converted__is_zero_for_the_pain_set(pain):
    assert pain.n_converted == 0


@pytest.mark.parametrize(
    ("space", "name"),
    [
        ("TT_N27", 'neither MNI nor Talairach: "TT_N27"'),
        (None, "not given"),
        ("", "not given"),
        ("O'Neil", 'neither MNI nor Talairach: "O\'Neil"'),
    ],
)
def test_studyset__unknown_or_missing_space_is_refused(space, name):
    with pytest.raises(ReadError) as caught:
        studyset_of(nimads_analysis("1", [(1, 2, 3), (4, 5, 6)], space=space))
    assert caught.value.exit_code == 65
    assert str(caught.value) == (
        f'dictionary, experiment "Smith-1": 2 foci of a space that is {name}; write MNI or '
        "Talairach, or say which it is with --space (space=)"
    )


def test_studyset__every_unknown_space_is_in_one_report():
    with pytest.raises(ReadError, match="dictionary has 2 errors:"):
        studyset_of(nimads_analysis("1", space="here"), nimads_analysis("2", space="there"))


@pytest.mark.parametrize(("space", "n_converted"), [("MNI", 1), ("TAL", 3)])
def test_studyset__space_option_serves_where_the_source_is_open(space, n_converted):
    studyset = studyset_of(
        nimads_analysis("1", [(1, 2, 3)], space=None),
        nimads_analysis("2", [(1, 2, 3)], space="TT_N27"),
        nimads_analysis("3", [(1, 2, 3)], space="TAL"),
        nimads_analysis("4", [(1, 2, 3)], space="MNI"),
        space=space,
    )
    assert studyset.n_converted == n_converted


# -------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("tree", [{"studies": []}, {"studies": [{"id": "a", "analyses": []}]}])
def test_studyset__without_an_experiment_is_refused(tree):
    message = (
        "dictionary holds no experiment, so there is nothing to analyse; check that its studies "
        "have analyses with points"
    )
    with pytest.raises(EvidenceError, match=message) as caught:
        Studyset(tree)
    assert caught.value.exit_code == 65


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"target": "ale_2mm"},
            "The 'target' parameter of Studyset must be 'mni152_2mm'. Got 'ale_2mm'",
        ),
        (
            {"space": "mni"},
            "The 'space' parameter of Studyset must be None or 'MNI' or 'TAL'. Got 'mni'",
        ),
        (
            {"talairach": "laird"},
            "must be 'pooled' or 'spm' or 'fsl' or 'brett'. Got 'laird' instead",
        ),
    ],
)
def test_studyset__option_that_is_no_choice_is_refused(option, message):
    with pytest.raises(ArgumentError) as caught:
        studyset_of(nimads_analysis("1"), **option)
    assert message in str(caught.value)


def test_studyset__missing_file_is_refused():
    with pytest.raises(InputMissingError, match=r"nowhere\.json does not exist"):
        Studyset("nowhere.json")


@pytest.mark.parametrize("source", [None, 3, [1, 2, 3]], ids=repr)
def test_studyset__source_of_another_kind_is_refused(source):
    message = "must be a path, an address or an open file. Got (None|3|1) instead"
    with pytest.raises(ArgumentError, match=message):
        Studyset(source)


def test_studyset__no_source_at_all_is_refused():
    with pytest.raises(ArgumentError, match="no file is given; pass at least one"):
        Studyset([])
