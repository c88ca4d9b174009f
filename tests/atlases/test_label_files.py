"""Each kind of label file is read for what it says, and another is refused in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.atlases.label_files import read_labels, whole_number
from focale.errors import FocaleError, InputMissingError, ReadError

FSL = """<?xml version="1.0" encoding="ISO-8859-1"?>
<atlas version="1.0"><header><name>X</name><type>{kind}</type></header><data>
<label index="0" x="1" y="2" z="3">Frontal Pole</label>
<label index="1" x="1" y="2" z="3">J\xfclich area</label>
</data></atlas>"""

SPM = """<atlas><data><label><index>2001</index><name>Precentral_L</name></label>
<label><index>2002</index><name>Precentral_R</name></label></data></atlas>"""


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_labels(path)


TWO = {1: "Insula L", 2: "Insula R"}
QUOTED = {1: "Insula, left", 2: 'a "b"'}
BRODMANN = {1: "Brodmann area 4", 2: "Brodmann area 6"}
FSL_NAMES = {0: "Frontal Pole", 1: "Jülich area"}


@pytest.mark.parametrize(
    ("name", "text", "labels"),
    [
        ("dseg.tsv", "index\tname\n1\tInsula L\n2\tInsula R\n", TWO),
        ("dseg.tsv", "name\tabbreviation\tindex\nInsula L\tIL\t1\nInsula R\tIR\t2.0\n", TWO),
        ("bom.tsv", "\ufeffindex\tname\r\n1\tInsula L\r\n2\tInsula R\r\n", TWO),
        ("atlasreader.csv", "index,name\n1,Insula L\n2,Insula R\n", TWO),
        ("german.csv", "index;name\n1;Insula L\n2;Insula R\n", TWO),
        ("quoted.csv", 'Index,Name\n1,"Insula, left"\n2,"a ""b"""\n', QUOTED),
        ("bare.csv", "1,Insula L\n2,Insula R\n", TWO),
        ("plain.txt", "1 Insula L\n2 Insula R\n", TWO),
        ("colon.txt", "1: Insula L\n2: Insula R\n", TWO),
        ("turned.txt", "Insula L 1\nInsula R 2\n", TWO),
        ("aal.txt", "IL\tInsula L\t1\nIR\tInsula R\t2\n", TWO),
        ("tabs.txt", "1\tInsula L\tleft\n2\tInsula R\tright\n", TWO),
        (
            "LUT.txt",
            "#No. Label Name: R G B A\n\n0 Unknown 0 0 0 0\n1 Insula L 1 2 3 0\n"
            "2 Insula R 9 9 9 0\n",
            {0: "Unknown", **TWO},
        ),
        (
            "Schaefer.txt",
            "1\t7Networks_LH_Vis_1\t120\t18\t131\t0\n2\t7Networks_LH_Vis_2\t120\t18\t132\t0\n",
            {1: "7Networks_LH_Vis_1", 2: "7Networks_LH_Vis_2"},
        ),
        ("mixed.txt", "1\tInsula_L\n3 Raphe_D 3\n", {1: "Insula_L", 3: "Raphe_D"}),
        ("ba.txt", "1 Brodmann area 4\n2 Brodmann area 6\n", BRODMANN),
        ("ba.lut", "1\tBA\t4\n2\tBA\t6\n", {1: "BA 4", 2: "BA 6"}),
        ("twice.txt", "1 Insula L\n1 Insula L\n2 Insula R\n", TWO),
        ("label.xml", FSL.format(kind="Label").encode("latin-1"), FSL_NAMES),
        ("spm.xml", SPM, {2001: "Precentral_L", 2002: "Precentral_R"}),
    ],
)  # fmt: skip
def test_read_labels__reads_numbers_and_names(tmp_path, name, text, labels):
    assert read(tmp_path, name, text) == (labels,)


def test_read_labels__counts_volumes_of_a_probabilistic_fsl_atlas_from_one(tmp_path):
    text = FSL.format(kind="Probabalistic").encode("latin-1")  # FSL's own spelling
    assert read(tmp_path, "ho.xml", text) == ({1: "Frontal Pole", 2: "Jülich area"},)


def test_read_labels__leaves_open_which_of_two_numbers_is_meant(tmp_path):
    found = read(tmp_path, "aal.txt", "1 Precentral_L 2001\n2 Precentral_R 2002\n")
    names = ("Precentral_L", "Precentral_R")
    assert found == (
        dict(zip((1, 2), names, strict=True)),
        dict(zip((2001, 2002), names, strict=True)),
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "index\tname\nx\tA\n-2\tB\n", r"line 2: 'x' is not a whole.*line 3: '-2' is"),
        ("a.tsv", "index\tname\n1.5\tA\n", "line 2: '1.5' is not a whole number"),
        ("a.tsv", "index\tname\n1e3\tA\n1_0\tB\n", "line 2: '1e3'.*line 3: '1_0'"),
        ("a.tsv", f"index\tname\n{'9' * 5000}\tA\n", "line 2: '9999"),
        ("a.tsv", "index\tname\n1\tA\n1\tB\n", "line 3: number 1 is 'A' and 'B' at once"),
        ("a.tsv", "index\tname\n1\n", "line 2: number 1 has no name"),
        ("a.tsv", "index\tname\n1\t\x00\x01\n", "line 2: number 1 has no name"),
        ("a.tsv", "index\tcolor\n1\tred\n", "its header has 'index' and 'color'"),
        ("a.csv", "x,y,z\n1,2,3\n", "no column of numbers or none of names"),
        ("a.tsv", "index\tname\n", "names no label"),
        ("a.csv", "\n\n", "is empty"),
        ("a.txt", "# only a remark\n", "names no label"),
        ("a.txt", "some\nwords\nalone\n", "line 1: 'some' is not a whole number"),
        ("a.txt", "1 A\n2\n3 C\n", "line 2: number 2 has no name"),
        ("a.txt", b"\x00\x01\x02\x03\x04" * 20, "is not text"),
        ("a.xml", "<atlas>", "is not XML"),
        ("a.xml", "<atlas></atlas>", "names no label"),
        ("a.xml", "<a><label index='q'>A</label></a>", "label 1: 'q' is not a whole number"),
        ("a.xml", "<a><label>A</label></a>", "label 1: '' is not a whole number"),
        ("a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "declares entities"),
        ("a.docx", "1 A\n", "is not a label file by its name"),
    ],
)  # fmt: skip
def test_read_labels__refuses_in_one_sentence(tmp_path, name, text, message):
    with pytest.raises(ReadError, match=message) as refused:
        read(tmp_path, name, text)
    said = str(refused.value)
    assert said.startswith("a.")
    assert "\n" not in said
    assert len(said) < 600
    assert said.isprintable()


def test_read_labels__shows_some_faults_and_counts_the_rest(tmp_path):
    rows = "".join(f"x{i}\tA\n" for i in range(3000))
    with pytest.raises(ReadError, match=r"and 2,995 more\); correct these lines"):
        read(tmp_path, "a.tsv", f"index\tname\n{rows}")


def test_read_labels__cuts_names_that_are_endless_or_move_the_cursor(tmp_path):
    text = f"index\tname\n1\t{'a' * 10_000}\n2\t\x1b[2Jred\x07\n"
    ((names),) = read(tmp_path, "a.tsv", text)
    assert len(names[1]) == 80
    assert names[2] == "[2Jred"


def test_read_labels__a_missing_file_is_named(tmp_path):
    with pytest.raises(InputMissingError, match="does not exist"):
        read_labels(tmp_path / "none.tsv")


@given(text=st.text(max_size=300), suffix=st.sampled_from([".tsv", ".csv", ".txt", ".xml"]))
def test_read_labels__of_any_text_gives_names_or_an_error_of_ours(tmp_path, text, suffix):
    try:
        readings = read(tmp_path, f"a{suffix}", text.encode("utf-8", "surrogatepass"))
    except FocaleError:
        return
    for names in readings:
        assert names
        assert all(isinstance(number, int) and name for number, name in names.items())


@given(
    lines=st.lists(
        st.lists(st.sampled_from(["1", "2", "17", "a", "b c", "", "#", '"', "0.0"]), max_size=6),
        max_size=8,
    ),
    blank=st.sampled_from([" ", "\t", ",", ";"]),
    suffix=st.sampled_from([".tsv", ".csv", ".txt", ".lut"]),
)
def test_read_labels__of_any_cells_gives_names_or_an_error_of_ours(tmp_path, lines, blank, suffix):
    text = "\n".join(blank.join(cells) for cells in lines)
    try:
        readings = read(tmp_path, f"a{suffix}", text)
    except FocaleError:
        return
    assert all(readings)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        (" 3 ", 3),
        ("4.0", 4),
        ("5:", 5),
        ("6.", 6),
        ("-1", None),
        ("", None),
        ("²", None),
    ],
)
def test_whole_number__is_plain_digits(text, number):
    assert whole_number(text) == number
