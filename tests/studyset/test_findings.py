"""What looks wrong: each finding from a planted defect, and none from clean data."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from focale import Studyset, check, describe, read
from focale.studyset import findings
from focale.studyset.findings import same_sample_of
from tests.fixtures_pain import studyset_of
from tests.strategies import sleuth_text

CLEAN = {
    "Adams, 1999: heat": [(-40, -20, 10), (38, -22, 14), (2, 14, 40)],
    "Baker, 2003: cold": [(-52, -28, 20), (50, -30, 22), (-34, 20, 4)],
    "Clark, 2010: pressure": [(36, 18, 2), (-10, -16, 6), (12, -18, 4), (0, 10, 46)],
}


@pytest.fixture
def sleuth(tmp_path):
    """Write experiments {header: foci}, or {header: (n, foci)}, and read them."""

    def sleuth(experiments, reference="MNI", **options):
        blocks = []
        for header, given in experiments.items():
            n, rows = given if isinstance(given, tuple) else (15, given)
            blocks.append(([header.split("#")[0]], n, rows))
        path = tmp_path / "foci.txt"
        path.write_text(sleuth_text(blocks, reference), encoding="utf-8")
        return read(path, **options)

    return sleuth


def only(problems, code):
    """The one problem of a kind."""
    (problem,) = [p for p in problems if p.code == code]
    return problem


def line_of(tmp_path, text):
    """Number of the first line that begins with a text, or of its last occurrence."""
    lines = (tmp_path / "foci.txt").read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if line.startswith(text))


def test_check__of_clean_data_finds_nothing(sleuth):
    studyset, problems = sleuth(CLEAN)
    assert problems == []
    assert check(studyset) == ()


# ------------------------------------------------------------------ one experiment


@pytest.mark.parametrize(
    "focus", [(140, 0, 0), (-101, 0, 0), (0, 111, 0), (0, -141, 0), (0, 0, 121), (0, 0, -101)]
)
def test_check__a_place_beyond_the_head(sleuth, tmp_path, focus):
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": [(1, 2, 3), focus]})
    problem = only(problems, "impossible-value")
    assert problem.severity == "warning"
    assert problem.line == line_of(tmp_path, "\t".join(map(str, focus)))
    assert problem.experiment == "Davis, 2011-x"
    assert problem.found == " ".join(map(str, focus))


@pytest.mark.parametrize("focus", [(100, 110, 120), (-100, -140, -100)])
def test_check__the_edge_of_the_box_is_no_place_beyond_the_head(sleuth, focus):
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": [focus]})
    assert "impossible-value" not in {p.code for p in problems}


INDICES = [(30, 40, 36), (61, 52, 45), (44, 70, 20), (58, 33, 47), (29, 60, 41)]


def test_check__voxel_indices_for_millimetres(sleuth, tmp_path):
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": INDICES})
    problem = only(problems, "voxel-indices")
    assert problem.line == line_of(tmp_path, "// Davis, 2011")
    assert "all 5 foci are whole numbers of 0 and more" in problem.what
    assert problem.found == "30 40 36"


@pytest.mark.parametrize(
    "foci",
    [INDICES[:4], [(-30, 40, 36), *INDICES[1:]], [(30.5, 40, 36), *INDICES[1:]],
     [(95, 40, 36), *INDICES[1:]]],
    ids=["four", "one negative", "one with decimals", "one beyond the grid"],
)  # fmt: skip
def test_check__what_is_not_taken_for_voxel_indices(sleuth, foci):
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": foci})
    assert "voxel-indices" not in {p.code for p in problems}


def right_sided(n):
    return [(4 + 6 * i, -20 + 5 * i, 10 - 3 * i) for i in range(n)]


@pytest.mark.parametrize(("n", "found"), [(7, False), (8, True), (9, True)])
def test_check__all_foci_on_the_right(sleuth, tmp_path, n, found):
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": right_sided(n)})
    assert ("all-positive-x" in {p.code for p in problems}) is found
    if found:
        problem = only(problems, "all-positive-x")
        assert problem.line == line_of(tmp_path, "// Davis, 2011")
        assert f"x is above 0 in all {n} foci" in problem.what


def test_check__all_foci_on_the_left_is_nothing(sleuth):
    foci = [(-x, y, z) for x, y, z in right_sided(9)]
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": foci})
    assert "all-positive-x" not in {p.code for p in problems}


@pytest.mark.parametrize(
    ("n_outside", "n_inside", "found"),
    [(2, 0, False), (3, 0, True), (3, 6, True), (3, 7, False), (4, 9, True)],
)
def test_check__many_foci_outside_the_brain(sleuth, n_outside, n_inside, found):
    """From three on, and more than 30 %: 3 of 9 are, 3 of 10 are not."""
    outside = [(-85 + i, 60, 60) for i in range(n_outside)]
    inside = [(-40, -30 + 4 * i, 30 + i) for i in range(n_inside)]
    _, problems = sleuth({"Davis, 2011: x": outside + inside})
    assert ("many-foci-outside" in {p.code for p in problems}) is found
    note = only(problems, "foci-outside")
    assert note.severity == "note"
    assert f"{n_outside} of {n_outside + n_inside} foci lie outside the MNI152" in note.what
    assert note.file == "foci.txt"


# ------------------------------------------------------------------ experiments together


def test_check__a_list_of_foci_that_occurs_twice(sleuth, tmp_path):
    foci = CLEAN["Adams, 1999: heat"]
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": foci})
    problem = only(problems, "identical-foci")
    assert problem.line == line_of(tmp_path, "// Davis")
    first = line_of(tmp_path, "// Adams")
    assert problem.what == (
        f'3 of 3 places are also in "Adams, 1999-heat" (foci.txt:{first}), as they are'
    )
    assert "mirrored-foci" not in {p.code for p in problems}


def test_check__a_list_of_foci_that_occurs_mirrored(sleuth):
    foci = [(-x, y, z) for x, y, z in CLEAN["Clark, 2010: pressure"]]
    _, problems = sleuth(CLEAN | {"Davis, 2011: x": foci})
    problem = only(problems, "mirrored-foci")
    assert problem.experiment == "Davis, 2011-x"
    assert problem.what.startswith("4 of 4 places are also in")
    assert "with left and right exchanged" in problem.what


def test_check__places_on_the_midline_alone_are_not_mirrored(sleuth):
    foci = [(0, 10 * i, 5) for i in range(4)]
    _, problems = sleuth({"Davis, 2011: x": foci, "Evans, 2012: y": foci})
    assert {p.code for p in problems} == {"identical-foci"}


@pytest.mark.parametrize(("n_shared", "found"), [(7, False), (8, True)])
def test_check__four_fifths_in_common_are_a_copy(sleuth, rng, n_shared, found):
    first = [tuple(row) for row in rng.integers(-40, 40, size=(10, 3)).tolist()]
    second = first[:n_shared] + [(x, y + 1, z) for x, y, z in first[n_shared:]]
    _, problems = sleuth({"Davis, 2011: x": first, "Evans, 2012: y": second})
    assert ("identical-foci" in {p.code for p in problems}) is found


def test_check__two_foci_in_common_are_no_copy(sleuth):
    foci = CLEAN["Adams, 1999: heat"][:2]
    assert sleuth(CLEAN | {"Davis, 2011: x": foci})[1] == []


@pytest.mark.parametrize(
    ("one", "other", "n", "code"),
    [
        ("Smith, 2001", "Smith et al. 2001", 15, "same-sample"),
        ("Smith, 2001", "Smith et al. 2001", 16, "same-paper"),
        ("lee2011aud", "lee2011vis", 15, "same-sample"),
        ("Smith, 2001a", "Smith, 2001b", 15, None),
        ("Smith, 2001", "Smith, 2002", 15, None),
        ("Smith, 2001", "Jones, 2001", 15, None),
        ("24814646-1", "24814646-2", 15, "same-sample"),
        ("24814646-1", "24814647-1", 15, None),
        ("study_1", "study_2", 15, None),
    ],
)
def test_check__names_that_point_to_one_paper(sleuth, tmp_path, one, other, n, code):
    _, problems = sleuth({f"{one}: a": (15, [(1, 2, 3)]), f"{other}: b": (n, [(9, 8, 7)])})
    found = {p.code for p in problems} & {"same-sample", "same-paper"}
    assert found == ({code} if code else set())
    if code:
        problem = only(problems, code)
        assert problem.severity == ("warning" if code == "same-sample" else "note")
        assert problem.line == line_of(tmp_path, f"// {other}")
        assert one in problem.what
        assert "--group" in problem.expected


def test_check__names_of_one_paper_are_silent_once_they_are_one_group(sleuth):
    studyset, problems = sleuth(
        {"Smith, 2001: a": [(1, 2, 3)], "Smith et al. 2001: b": [(9, 8, 7)]},
        groups_of={"Smith et al. 2001": "Smith, 2001"},
    )
    assert "same-sample" not in {p.code for p in problems}
    assert len(studyset.subject_groups) == 1


def test_check__a_group_of_two_studies(sleuth):
    _, problems = sleuth(CLEAN, groups_of={"Adams, 1999": "children", "Clark, 2010": "children"})
    problem = only(problems, "group-of-two-studies")
    assert problem.experiment == "Clark, 2010-pressure"
    assert '"children" is also that of study "Adams, 1999"' in problem.what


@pytest.mark.parametrize(("n", "found"), [(12, True), (12.5, False), (18, False), (19, True)])
def test_check__sizes_of_one_group_that_differ_by_more_than_a_fifth(sleuth, n, found):
    both = {"Smith, 2001: a": (15, [(1, 2, 3)]), "Smith, 2001: b": (n, [(9, 8, 7)])}
    _, problems = sleuth(both)
    codes = {p.code for p in problems}
    assert ("unequal-sample-sizes" in codes) is found
    note = only(problems, "same-participants")
    assert note.severity == "note"
    assert note.what.startswith('2 experiments of the participants of "Smith, 2001"')


def test_check__experiments_without_a_sample_size():
    studyset = studyset_of({"a": [([(0, 0, 10)], None), [(5, 5, 5)]], "b": [[(9, 9, 9)]]})
    problem = only(check(studyset), "no-sample-size")
    assert problem.what == "no sample size in 1 of 3 experiments"
    assert problem.experiment == "a-1"


def test_check__conversions_are_listed_an_experiment(sleuth):
    _, problems = sleuth(CLEAN, "Talairach", talairach_of={"Baker, 2003": "brett"})
    notes = [p for p in problems if p.code == "converted"]
    assert [p.experiment for p in notes] == [
        "Adams, 1999-heat", "Baker, 2003-cold", "Clark, 2010-pressure"
    ]  # fmt: skip
    assert "mni2tal" in notes[1].what
    assert all("pooled matrix" in notes[i].what for i in (0, 2))
    assert notes[2].what.startswith("4 foci converted")


# ------------------------------------------------------------------ the whole


def test_check__lists_warnings_before_notes(sleuth):
    _, problems = sleuth(
        {"Smith, 2001: a": [(1, 2, 3), (140, 0, 0)], "Smith, 2001: b": [(200, 0, 0)]}, "TAL"
    )
    order = [p.severity for p in problems]
    assert order == sorted(order, key=["error", "warning", "note"].index)
    assert len(set(order)) == 2


def test_check__changes_nothing(sleuth):
    """The evidence with its findings has the map of the evidence without them."""
    studyset, problems = sleuth(
        CLEAN | {"Smith, 2001: a": [(1, 2, 3), (140, 0, 0)], "Smith, 2001: b": right_sided(8)}
    )
    assert len(problems) >= 3
    before = copy.deepcopy(studyset.record.experiments)
    check(studyset)
    assert studyset.record.experiments == before
    without = Studyset(replace(studyset.record, problems=()))
    assert without.problems == ()
    assert describe(studyset).ale.values.tobytes() == describe(without).ale.values.tobytes()


@pytest.mark.parametrize(
    "studies",
    [
        {"a": [[]]},
        {"a": [[]], "b": [[]]},
        {"a": [[(0, 0, 10)]]},
        {"a": [[(0, 0, 10)]], "b": [[]]},
        {"a": [[(0, 0, 10)]], "b": [[(0, 0, 10)]]},
        {"a": [[(0, 0, 10)] * 10]},
        {"a": [[(0, 0, 10)] * 10], "b": [[(0, 0, 10)] * 10]},
        {"a": [[(900, -900, 5)]]},
        {" ": [[(0, 0, 10)]]},
    ],
    ids=str,
)
def test_check__of_next_to_nothing_does_not_fail(studies):
    codes = {p.code for p in check(studyset_of(studies))}
    assert codes <= {"impossible-value", "foci-outside", "repeated-focus"}


def test_check__another_mask_counts_by_itself(tiny_mask):
    (problem,) = check(studyset_of({"a": [[(80, 0, 10)]]}), tiny_mask)
    assert "1 of 1 focus lies outside tiny" in problem.what


@pytest.mark.parametrize(
    ("limit", "code"),
    [("MOST_FOCI_MIRRORED", "left-right-exchange"), ("MOST_FOCI_COMPARED", "identical-foci")],
)
def test_check__says_what_it_does_not_look_for_in_a_database(monkeypatch, limit, code):
    left = {f"s{i}": [[(-40 - i, 10 * j, 5 * j) for j in range(6)]] for i in range(6)}
    right = {name: [[(42, 10 * j, 5 * j) for j in range(6)]] for name in ("m", "copy")}
    studyset = studyset_of(left | right)
    codes = {p.code for p in check(studyset)}
    assert code in codes
    assert "not-compared" not in codes
    monkeypatch.setattr(findings, limit, studyset.n_foci - 1)
    problems = check(studyset)
    assert code not in {p.code for p in problems}
    assert only(problems, "not-compared").severity == "note"


def test_check__the_real_ones_of_the_pain_set(pain):
    """pain_12 is what the limit of the exchange rests on; see docs/decisions/009-reading.md."""
    found = [(p.code, p.experiment) for p in check(pain)]
    assert found == [
        ("many-foci-outside", "pain_07.nidm-1"),
        ("left-right-exchange", "pain_12.nidm-1"),
        ("many-foci-outside", "pain_14.nidm-1"),
        ("foci-outside", ""),
    ]


def test_check__every_code_is_in_the_page_of_formats():
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    source = Path(findings.__file__).read_text(encoding="utf-8")
    for code in ("impossible-value", "voxel-indices", "all-positive-x", "identical-foci",
                 "mirrored-foci", "left-right-exchange", "same-sample", "same-paper",
                 "group-of-two-studies", "unequal-sample-sizes", "many-foci-outside"):  # fmt: skip
        assert f"`{code}`" in text
        assert f'"{code}"' in source


def test_same_sample_of__pairs_groups_of_one_paper_and_size_once():
    first = studyset_of({"Lee 2011 aud": [([(1, 2, 3)], 23), ([(4, 5, 6)], 23)], "Ito": [[]]})
    second = studyset_of({"lee2011": [([(0, 0, 0)], 40), ([(2, 2, 2)], 23)], "Lee 2012": [[]]})
    pairs = same_sample_of(first, second)
    assert [(mine.id, theirs.id) for mine, theirs in pairs] == [("Lee 2011 aud-1", "lee2011-2")]
    assert same_sample_of(first, studyset_of({"Lee 2011": [([(1, 2, 3)], 24)]})) == []
