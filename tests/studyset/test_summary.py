"""Counts of an evidence base, reconciled with its source."""

from __future__ import annotations

import pytest

from focale import Studyset, summarize
from focale.io.formats import inspect_record
from focale.studyset.reading import inspect
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text

# corpus/README.md, section 1: experiments, foci, smallest and largest n, sum of n, foci outside
# the mask, space. Sums and counts are by experiment, as reported.
REAL = {
    "enge2021_semantics/input/all.txt": (50, 687, 5, 67, 1018, 28, "MNI"),
    "enge2021_semantics/input/knowledge.txt": (21, 262, 8, 67, 456, 14, "MNI"),
    "enge2021_semantics/input/relatedness.txt": (16, 201, 5, 38, 353, 5, "MNI"),
    "enge2021_semantics/input/objects.txt": (13, 224, 10, 41, 209, 9, "MNI"),
    "enge2021_semantics/input/older.txt": (25, 392, 5, 67, 513, 11, "MNI"),
    "enge2021_semantics/input/younger.txt": (25, 295, 9, 57, 505, 17, "MNI"),
    "pyale_nat30/input/nat.txt": (30, 477, 4, 20, 478, 50, "MNI"),
    "pankey2022_ptsd_vbm/input/BP_TrauEgtPTSD_MNI.txt": (13, 74, 8, 57, 278, 3, "MNI"),
    "pankey2022_ptsd_vbm/input/BP_TrauEgtPTSD_Tal.txt": (3, 8, 9, 12, 33, 0, "TAL"),
    "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_MNI.txt": (8, 72, 10, 30, 147, 1, "MNI"),
    "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_Tal.txt": (1, 5, 14, 14, 14, 0, "TAL"),
    "yanes2018_cannabis/input/CannabisMinusControl.txt": (43, 161, 10, 59, 856, 7, "TAL"),
    "yanes2018_cannabis/input/ControlMinusCannabis.txt": (45, 202, 9, 46, 852, 13, "TAL"),
}


@pytest.mark.parametrize("name", REAL)
def test_summarize__has_the_counts_of_real_files(corpus, name):
    experiments, foci, smallest, largest, total, outside, space = REAL[name]
    studyset = Studyset(corpus / name)
    summary = summarize(studyset)
    assert (summary.experiments, summary.foci) == (experiments, foci)
    assert (summary.experiments_found, summary.foci_found) == (experiments, foci)
    assert (summary.experiments_left_out, summary.foci_left_out) == (0, 0)
    assert (summary.smallest_n, summary.largest_n) == (smallest, largest)
    assert summary.spaces == {space: foci}
    assert summary.outside_mask == outside
    assert summary.experiments_without_n == summary.experiments_without_foci == 0
    assert sum(e.n_subjects for e in studyset) == total
    assert summary.participants <= total
    assert (summary.participants == total) is (len(studyset.subject_groups) == experiments)


def test_summarize__counts_who_was_studied():
    studyset = studyset_of(
        {"a": [([(0, 0, 10)], 12), ([(40, -20, 10)], 20), ([], 16)], "b": [([(90, 90, 90)], None)]}
    )
    summary = summarize(studyset)
    assert (summary.studies, summary.subject_groups, summary.experiments) == (2, 2, 4)
    assert (summary.participants, summary.smallest_n, summary.largest_n) == (20, 12, 20)
    assert (summary.experiments_without_n, summary.experiments_without_foci) == (1, 1)
    assert (summary.foci, summary.outside_mask) == (3, 1)


def test_summarize__is_the_same_before_and_after_pooling():
    studyset = studyset_of(
        {"a": [([(0, 0, 10)], 12), ([(5, 5, 5)], 20)], "b": [([(90, 90, 90)], 9)]}
    )
    assert summarize(studyset.pooled()) == summarize(studyset)


def test_summarize__without_any_size_knows_none():
    summary = summarize(studyset_of({"a": [([(0, 0, 10)], None)]}))
    assert summary.participants is summary.smallest_n is summary.largest_n is None


def test_summarize__another_mask_counts_by_itself(tiny_mask, brain):
    studyset = studyset_of({"a": [[(0, 0, 10), (60, 0, 10)]]})
    assert summarize(studyset, brain).outside_mask == 0
    assert summarize(studyset, tiny_mask).outside_mask >= 1


def test_summarize__of_a_source_with_errors_counts_what_was_read(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text(sleuth_text([(["a: 1"], 9, [(1, 2, 3), (1, 2)]), (["b: 1"], 0, [(4, 5, 6)])]))
    inspection = inspect(path)
    assert inspection.studyset is None
    summary = inspection.summary
    assert summary == summarize(inspect_record(path))
    assert summary.outside_mask is None
    assert summary.experiments_found == 2
    assert summary.foci_found == 3
    assert summary.experiments + summary.experiments_left_out == summary.experiments_found
    assert summary.foci + summary.foci_left_out == summary.foci_found
    assert summary.foci_left_out >= 1


def test_summarize__names_spaces_as_the_source_does_where_they_are_unknown(tmp_path):
    tree = nimads_tree(
        {
            "a": [nimads_analysis("1", space="Talairach"), nimads_analysis("2", space="TT_N27")],
            "b": [nimads_analysis("1", space="MNI152"), nimads_analysis("2", space=None)],
        }
    )
    path = tmp_path / "f.json"
    import json

    path.write_text(json.dumps(tree))
    assert summarize(inspect_record(path)).spaces == {
        "TAL": 1, "TT_N27": 1, "MNI": 1, "not given": 1
    }  # fmt: skip
