"""Names of columns."""

from __future__ import annotations

import pytest

from focale.io.table.columns import (
    bare,
    header_position,
    header_score,
    is_of_the_literature,
    is_statistic,
    is_taken,
    recognised,
)


def columns(header, values=None, space=None):
    names = header.split(",")
    return recognised(names, lambda column: (values or {}).get(names[column], []), space)


def field(header, name, values=None):
    found = columns(header, values)
    assert found.doubts == ()
    return header.split(",")[found.fields[name]]


@pytest.mark.parametrize(
    ("header", "name", "column"),
    [
        ("Study,Contrast,x,y,z,Subjects", "study", "Study"),
        ("Article(s),Subjects,x,y,z", "study", "Article(s)"),
        ("First Author,X,Y,Z", "study", "First Author"),
        ("Author,Study,X,Y,Z", "study", "Study"),
        ("Reference,X,Y,Z", "study", "Reference"),
        ("pmid,X,Y,Z", "study", "pmid"),
        ("doi,pmid,X,Y,Z", "study", "pmid"),
        ("study_id,pmid,X,Y,Z", "study", "study_id"),
        ("study,contrast_id,X,Y,Z", "experiment", "contrast_id"),
        ("study,Condition,Contrast,X,Y,Z", "experiment", "Contrast"),
        ("n,x,y,z", "n", "n"),
        ("Sample size (N),x,y,z", "n", "Sample size (N)"),
        ("number_of_subjects,x,y,z", "n", "number_of_subjects"),
        ("N,Subjects,x,y,z", "n", "N"),
        ("CoordSys,x,y,z", "space", "CoordSys"),
        ("coordinate_system,x,y,z", "space", "coordinate_system"),
    ],
)
def test_recognised__takes_the_better_name(header, name, column):
    assert field(header, name) == column


def test_recognised__reference_is_a_space_where_its_values_are():
    assert field("study,reference,x,y,z", "space", {"reference": ["MNI", "TAL"]}) == "reference"
    assert "space" not in columns("study,reference,x,y,z", {"reference": ["Smith"]}).fields


def test_recognised__a_talairach_column_of_numbers_is_no_matrix():
    assert "talairach" not in columns("talairach,x,y,z", {"talairach": ["-12"]}).fields
    assert "talairach" in columns("talairach,x,y,z", {"talairach": ["brett"]}).fields


@pytest.mark.parametrize(
    ("header", "xyz", "space"),
    [
        ("x,y,z", (0, 1, 2), None),
        ("z,y,x", (2, 1, 0), None),
        ("X (mm),Y (mm),Z (mm)", (0, 1, 2), None),
        ("peak_x,peak_y,peak_z", (0, 1, 2), None),
        ("MNI x,MNI y,MNI z", (0, 1, 2), "MNI"),
        ("x (MNI),y (MNI),z (MNI)", (0, 1, 2), "MNI"),
        ("x_tal,y_tal,z_tal", (0, 1, 2), "TAL"),
        ("X Talairach,Y Talairach,Z Talairach", (0, 1, 2), "TAL"),
        ("Z,x,y,z", (1, 2, 3), None),
        ("x,y,z,Z", (0, 1, 2), None),
        ("x (mm),y (mm),z (mm),z", (0, 1, 2), None),
        ("x,y,z,MNI x,MNI y,MNI z", (0, 1, 2), None),
        ("x (mm),y,z", (0, 1, 2), None),
    ],
)
def test_recognised__finds_the_coordinates(header, xyz, space):
    found = columns(header)
    assert (found.xyz, found.space, found.doubts) == (xyz, space, ())


def test_recognised__space_chooses_between_two_sets():
    header = "MNI x,MNI y,MNI z,TAL x,TAL y,TAL z"
    assert columns(header).doubts == (("x", (0, 3)),)
    found = columns(header, space="TAL")
    assert (found.xyz, found.space, found.doubts) == ((3, 4, 5), "TAL", ())


@pytest.mark.parametrize(
    ("header", "doubts"),
    [
        ("Subjects,Participants,x,y,z", (("n", (0, 1)),)),
        ("x,y,z,x", (("x", (0, 3)),)),
        ("n,x,y,z,N", (("n", (0, 4)),)),
    ],
)
def test_recognised__two_equal_claims_are_doubts(header, doubts):
    assert columns(header).doubts == doubts


def test_recognised__parts_what_describes_foci_from_the_rest():
    found = columns("study,x,y,z,t,Z,Region,task,t,focus: a,experiment: b,study: c")
    assert found.of_foci == {"t": 4, "Z": 5, "label": 6, "t (2)": 8, "a": 9}
    assert found.others == {"task": 7}
    assert (found.of_experiments, found.of_studies) == ({"b": 10}, {"c": 11})


def test_recognised__second_label_keeps_its_name():
    assert columns("x,y,z,label,region").of_foci == {"label": 3, "region": 4}


@pytest.mark.parametrize("header", ["x,y", "a,b,c", "x y z", "", "x,y,size"])
def test_header_position__needs_all_three(header):
    assert header_position([(1, tuple(header.split(",")))]) is None


def test_header_position__passes_what_stands_above():
    rows = [(1, ("Table 1",)), (2, ()), (3, ("x", 1.0, "y", "z"))]
    assert header_position(rows) == 2
    assert header_score(rows) == 3


@pytest.mark.parametrize(
    ("header", "is_theirs"),
    [
        ("id,table_id,table_num,peak_id,space,x,y,z", True),
        ("pmid,table_id,table_num,peak_id,x,y,z", True),
        ("pmcid,table_id,table_label,x,y,z", True),
        ("id,doi,x,y,z,space,peak_id,table_id,table_num,title,authors,year,journal", True),
        ("study,table_id,pmid,x,y,z", False),
        ("pmid,n,table_id,x,y,z", False),
        ("pmid,x,y,z", False),
    ],
)
def test_is_of_the_literature__tables_without_screening(header, is_theirs):
    assert is_of_the_literature(tuple(header.split(","))) == is_theirs


@pytest.mark.parametrize("name", ["z", "t", "Cluster size", "p"])
def test_is_statistic__known_names(name):
    assert is_statistic(name)
    assert is_taken(name)


@pytest.mark.parametrize("name", ["peak z", "x", "task"])
def test_is_statistic__not_what_may_be_a_coordinate(name):
    assert not is_statistic(name)


def test_bare__letters_and_digits_alone():
    assert bare(" Peak_X (mm) ") == "peakxmm"
