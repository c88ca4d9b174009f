"""Real files of the corpus: nothing in them is lost."""

from __future__ import annotations

import base64
import json
from collections import Counter

import numpy as np
import pytest

from focale import Studyset
from focale.errors import FocaleError
from focale.io.formats import read_record

# corpus/README.md, section 1: experiments, foci, n from - to, sum n, foci of an experiment from -
# to, foci outside the brain mask. NiMARE 0.22.1 reads 41 and 41 experiments of the last two.
COUNTS = {
    "enge2021_semantics/input/all.txt": (50, 687, 5, 67, 1018, 1, 47, 28),
    "enge2021_semantics/input/knowledge.txt": (21, 262, 8, 67, 456, 1, 28, 14),
    "enge2021_semantics/input/relatedness.txt": (16, 201, 5, 38, 353, 4, 21, 5),
    "enge2021_semantics/input/objects.txt": (13, 224, 10, 41, 209, 4, 47, 9),
    "enge2021_semantics/input/older.txt": (25, 392, 5, 67, 513, 4, 47, 11),
    "enge2021_semantics/input/younger.txt": (25, 295, 9, 57, 505, 1, 30, 17),
    "pyale_nat30/input/nat.txt": (30, 477, 4, 20, 478, 3, 53, 50),
    "pankey2022_ptsd_vbm/input/BP_TrauEgtPTSD_MNI.txt": (13, 74, 8, 57, 278, 1, 25, 3),
    "pankey2022_ptsd_vbm/input/BP_TrauEgtPTSD_Tal.txt": (3, 8, 9, 12, 33, 1, 4, 0),
    "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_MNI.txt": (8, 72, 10, 30, 147, 1, 26, 1),
    "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_Tal.txt": (1, 5, 14, 14, 14, 5, 5, 0),
    "yanes2018_cannabis/input/CannabisMinusControl.txt": (43, 161, 10, 59, 856, 1, 17, 7),
    "yanes2018_cannabis/input/ControlMinusCannabis.txt": (45, 202, 9, 46, 852, 1, 13, 13),
}


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_have_their_known_counts(corpus, brain, name):
    studyset = Studyset(corpus / name)
    per_experiment, n = np.diff(studyset.offsets), studyset.n_subjects
    assert COUNTS[name] == (
        len(studyset),
        studyset.n_foci,
        n.min(),
        n.max(),
        n.sum(),
        per_experiment.min(),
        per_experiment.max(),
        np.count_nonzero(brain.position_of(studyset.foci_mm) < 0),
    )


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_have_their_known_space(corpus, name):
    studyset = Studyset(corpus / name)
    is_talairach = "_Tal" in name or "yanes" in name
    assert studyset.n_converted == (studyset.n_foci if is_talairach else 0)


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_warn_of_repeated_headers_and_foci_only(corpus, name):
    n_repeated = {"CannabisMinusControl.txt": 2, "ControlMinusCannabis.txt": 4}
    codes = Counter(problem.code for problem in read_record(corpus / name).problems)
    assert codes.pop("repeated-header", 0) == n_repeated.get(name.split("/")[-1], 0)
    assert codes.keys() <= {"repeated-focus"}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_read_record__line_ends_of_real_files_change_nothing(corpus, tmp_path, name, line_end):
    content = (corpus / name).read_bytes()
    other = tmp_path / name.split("/")[-1]
    other.write_bytes(
        content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", line_end)
    )
    ours, theirs = read_record(corpus / name), read_record(other)
    assert [(e.id, e.foci, e.n_subjects) for e in ours.experiments] == [
        (e.id, e.foci, e.n_subjects) for e in theirs.experiments
    ]


def test_read_record__parts_of_enge2021_make_up_the_whole(corpus):
    folder = corpus / "enge2021_semantics" / "input"

    def experiments(*names):
        return sorted(
            (e.id, e.foci, e.n_subjects)
            for name in names
            for e in read_record(folder / f"{name}.txt").experiments
        )

    assert experiments("knowledge", "relatedness", "objects") == experiments("all")
    assert experiments("older", "younger") == experiments("all")


# -------------------------------------------------------------- malformed real files

# Number of experiments, foci and sample sizes where a file is accepted; else a part of the
# message. Accepted with a warning: its code.
TWO = (2, 3, [12, 15])
BAD_INPUTS = {
    "B01": (TWO, None),
    "B03": (TWO, None),
    "B05": (TWO, "encoding"),
    "B07": (TWO, "unicode-minus"),
    "B09": ("foci.txt is empty", None),
    "B11": ("foci.txt is in no format Focale reads", None),
    "B13": (TWO, None),
    "B15": ("foci.txt:1: 'Template=TAL' is not a space line", None),
    "B17": (TWO, None),
    "B19": (TWO, "space-changes"),
    "B21": ("foci.txt:8: experiment 'Jones, 2002: C > D' has foci but no", None),
    "B23": ("foci.txt:7: the sample size must be a whole number above 0, got 0.0", None),
    "B25": ("foci.txt:8: the sample size must be a whole number above 0, got '15", None),
    "B27": ((3, 3, [9, 9, 26]), "no-header"),
    "B29": (TWO, "repeated-header"),
    "B31": ("foci.txt:7: expected three numbers x y z", None),
    "B33": ("foci.txt:5: expected three numbers x y z, got '-10 20'", None),
    "B35": ("foci.txt:4: expected three numbers x y z", None),
    "B37": ("foci.txt:5: expected three numbers x y z, got '-10 NaN 30'", None),
    "B39": (TWO, "repeated-focus"),
}


@pytest.fixture(scope="module")
def bad_inputs(corpus):
    cases = json.loads((corpus / "bad_inputs" / "bad_inputs.json").read_text(encoding="utf-8"))
    return {case["id"]: base64.b64decode(case["data_base64"]) for case in cases}


def test_bad_inputs__every_case_is_tested(bad_inputs):
    assert set(bad_inputs) == set(BAD_INPUTS)


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_bad_inputs__are_read_in_full_or_refused(bad_inputs, tmp_path, case):
    path = tmp_path / "foci.txt"
    path.write_bytes(bad_inputs[case])
    expected, code = BAD_INPUTS[case]
    if isinstance(expected, str):
        with pytest.raises(FocaleError) as caught:
            Studyset(path)
        assert expected in str(caught.value)
        assert caught.value.exit_code in (65, 66)
    else:
        studyset = Studyset(path)
        n = studyset.n_subjects.tolist()
        assert (len(studyset), studyset.n_foci, n) == expected
        assert {problem.code for problem in studyset.problems} == ({code} if code else set())


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_bad_inputs__no_experiment_is_lost_without_a_word(bad_inputs, tmp_path, case):
    # corpus/bad_inputs/README.md, rule 3: experiments read = lines that give a sample size.
    path = tmp_path / "foci.txt"
    path.write_bytes(bad_inputs[case])
    n_subjects_lines = bad_inputs[case].lower().count(b"subjects=")
    try:
        studyset = Studyset(path)
    except FocaleError:
        return
    assert len(studyset) == n_subjects_lines


def test_bad_inputs__second_space_in_mid_file_is_converted(bad_inputs, tmp_path):
    path = tmp_path / "foci.txt"
    path.write_bytes(bad_inputs["B19"])
    assert Studyset(path).n_converted == 1
