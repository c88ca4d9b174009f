"""``focale check``: counts, findings by line, exit codes, JSON, and the corrected copy."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from focale.io.formats import read_record
from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text

CLEAN = sleuth_text(
    [
        (["Adams, 1999: heat"], 15, [(-40, -20, 10), (38, -22, 14)]),
        (["Baker, 2003: cold"], 12, [(-52, -28, 20)]),
    ]
)
BROKEN = sleuth_text([(["Adams, 1999: heat"], 0, [(1, 2, 3)]), (["Baker, 2003"], 9, [(1, 2)])])
ODD = sleuth_text(
    [
        (["Adams, 1999: heat"], 15, [(-40, -20, 10), (140, -22, 14)]),
        (["Adams, 1999: heat"], 12, [("-52,5", "28", "\u221220"), (1, 2, 3)]),
    ]
)
"""Beyond the head, a repeated header, a decimal comma and a typographic minus sign."""


def report_of(said):
    return json.loads(said.out)["files"]


# ------------------------------------------------------------------ for people


def test_check__of_clean_data_counts_and_finds_nothing(run, tmp_path):
    said = run("check", write(tmp_path / "foci.txt", CLEAN))
    assert (said.code, said.err) == (0, "")
    rows = dict(line.split("  ", 1) for line in said.out.splitlines()[:10])
    counts = {name.strip(): value.strip() for name, value in rows.items()}
    assert counts == {
        "file": "foci.txt",
        "format": "Sleuth text",
        "studies": "2",
        "subject groups": "2",
        "experiments": "2",
        "foci": "3",
        "participants": "27",
        "n": "12-15",
        "space": "MNI",
        "outside mask": "0",
    }
    assert said.out.splitlines()[-2:] == [
        "Every experiment and every focus was read.", "Nothing looks wrong."
    ]  # fmt: skip


def test_check__lists_findings_by_kind_with_their_lines(run, tmp_path):
    said = run("check", write(tmp_path / "foci.txt", ODD))
    assert said.code == 0
    assert "warnings, to be looked up" in said.out
    assert "  impossible-value (1)\n    foci.txt:5, experiment" in said.out
    assert "  repeated-header (1)\n    foci.txt:7, experiment" in said.out


def test_check__says_what_was_left_out_and_why(run, tmp_path):
    said = run("check", write(tmp_path / "foci.txt", BROKEN))
    assert said.code == 65
    assert "errors, the data cannot be used as they are" in said.out
    assert " of 2" in said.out  # read of found
    assert "Left out: " in said.out
    assert "Every experiment" not in said.out
    assert "foci.txt:3" in said.out
    assert "foci.txt:8" in said.out


def test_check__several_files_have_a_row_each(run, tmp_path):
    write(tmp_path / "a.txt", CLEAN)
    write(tmp_path / "b.txt", ODD)
    said = run("check", "a.txt", "b.txt")
    assert said.code == 0
    head, first, second = said.out.splitlines()[:3]
    assert head.split()[:3] == ["file", "format", "studies"]
    assert first.split()[0] == "a.txt"
    assert second.split()[0] == "b.txt"
    assert "b.txt:5, experiment" in said.out


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (["good.txt"], 0),
        (["odd.txt"], 0),
        (["broken.txt"], 65),
        (["good.txt", "broken.txt"], 65),
        (["nowhere.txt"], 66),
        (["broken.txt", "nowhere.txt", "good.txt"], 66),
        (["binary.bin", "good.txt"], 65),
        (["empty.txt"], 65),
        (["folder"], 66),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_check__leaves_with_the_worst_code(run, tmp_path, files, code, options):
    write(tmp_path / "good.txt", CLEAN)
    write(tmp_path / "odd.txt", ODD)
    write(tmp_path / "broken.txt", BROKEN)
    write(tmp_path / "binary.bin", b"%PDF-1.7 \xff\x00")
    write(tmp_path / "empty.txt", "")
    (tmp_path / "folder").mkdir()
    said = run("check", *files, *options)
    assert said.code == code
    for name in files:
        assert name in said.out


def test_check__bad_files_do_not_hide_the_good_one(run, tmp_path):
    write(tmp_path / "good.txt", CLEAN)
    write(tmp_path / "binary.bin", b"%PDF-1.7 \xff\x00")
    said = run("check", "nowhere.txt", "good.txt", "binary.bin")
    lines = said.out.splitlines()
    assert lines[1].split() == ["nowhere.txt", "not", "read"]
    assert lines[2].split()[:2] == ["good.txt", "Sleuth"]
    assert lines[3].split() == ["binary.bin", "not", "read"]
    assert "does not exist; check the path" in said.out
    assert "is a PDF; export the table" in said.out


def many_findings(n):
    return sleuth_text(
        [(["Adams, 1999: x"], 15, [(140 + i % 9, i % 50, i % 60) for i in range(n)])]
    )


def test_check__ten_thousand_findings_stay_readable(run, tmp_path):
    said = run("check", write(tmp_path / "foci.txt", many_findings(10_000)))
    lines = said.out.splitlines()
    assert len(lines) < 40
    assert "  impossible-value (10,000)" in lines
    assert "    and 9,995 more (--all lists them)" in lines


def test_check__all_lists_every_one(run, tmp_path):
    path = write(tmp_path / "foci.txt", many_findings(300))
    said = run("check", path, "--all")
    assert said.out.count("a place beyond the head") == 300
    assert "more (--all" not in said.out


HOSTILE = "Evil\x1b[2J\x1b]0;title\x07, 2001\x9b31m\u202e"


def test_check__codes_for_the_terminal_do_not_reach_it(run, tmp_path):
    tree = nimads_tree(
        {HOSTILE: [nimads_analysis("1\x1b[1A", [(140, 0, 0)], n=12, space="MNI"),
                   nimads_analysis("2", [(1, 2, 3)], n="x\x1b[2J", space="\x1b[31mTAL\r\n")]}
    )  # fmt: skip
    path = write(tmp_path / "foci.json", tree)
    missing = f"no\x1b[2Jwhere{HOSTILE}.txt"
    for arguments in ([path], [path, missing], [path, "--all"], [path, missing, "--json"]):
        said = run("check", *arguments)
        assert said.out
        for text in (said.out, said.err):
            assert all(line.isprintable() for line in text.split("\n")), ascii(text)


def test_check__a_group_given_changes_the_counts(run, tmp_path):
    write(tmp_path / "foci.txt", CLEAN)
    said = run("check", "foci.txt", "--group", "Baker, 2003=Adams, 1999", "--json")
    (one,) = report_of(said)
    assert (one["summary"]["studies"], one["summary"]["subject_groups"]) == (2, 1)
    assert one["summary"]["participants"] == 15


def test_check__an_option_that_names_nobody_is_an_error(run, tmp_path):
    write(tmp_path / "foci.txt", CLEAN)
    said = run("check", "foci.txt", "--group", "Nobody=Adams, 1999")
    assert said.code == 65
    assert "unknown-id" in said.out
    assert run("check", "foci.txt", "--group", "Nobody").code == 2


# ------------------------------------------------------------------ for machines

FILE_KEYS = {"file", "format", "summary", "problems"}
SUMMARY_KEYS = {
    "studies", "subject_groups", "experiments", "foci", "participants", "smallest_n", "largest_n",
    "experiments_without_n", "experiments_without_foci", "spaces", "outside_mask",
    "experiments_found", "experiments_left_out", "foci_found", "foci_left_out",
}  # fmt: skip
PROBLEM_KEYS = {
    "severity", "code", "what", "found", "expected", "file", "line", "column", "experiment",
    "experiments_left_out", "foci_left_out", "message",
}  # fmt: skip


def test_check__json_has_the_documented_keys(run, tmp_path):
    write(tmp_path / "odd.txt", ODD)
    write(tmp_path / "broken.txt", BROKEN)
    said = run("check", "odd.txt", "broken.txt", "nowhere.txt", "--json")
    odd, broken, nowhere = report_of(said)
    for one in (odd, broken, nowhere):
        assert set(one) == FILE_KEYS
        assert all(set(problem) == PROBLEM_KEYS for problem in one["problems"])
    assert set(odd["summary"]) == set(broken["summary"]) == SUMMARY_KEYS
    assert (nowhere["summary"], nowhere["format"]) == (None, None)
    assert odd["summary"]["foci"] == 4
    assert broken["summary"]["outside_mask"] is None
    (problem,) = [p for p in odd["problems"] if p["code"] == "impossible-value"]
    assert (problem["line"], problem["severity"]) == (5, "warning")
    assert problem["experiment"] == "Adams, 1999-heat"


def test_check__json_holds_every_finding_and_nothing_else(run, tmp_path):
    (one,) = report_of(run("check", write(tmp_path / "f.txt", many_findings(300)), "--json"))
    assert sum(p["code"] == "impossible-value" for p in one["problems"]) == 300


def test_check__json_of_hostile_names_is_json(run, tmp_path):
    names = [HOSTILE, 'quote"', "back\\slash", "{}", "\ud800", "NaN", "</script>", "\u2028"]
    tree = nimads_tree({name: [nimads_analysis("1", [(140, 0, 0)], n=12)] for name in names})
    said = run("check", write(tmp_path / "f.json", tree), "--json")
    assert said.code == 0, said.out
    (one,) = report_of(said)
    assert one["summary"]["studies"] == len(names)
    assert said.out.isascii()


# ------------------------------------------------------------------ the corrected copy


def equal_experiments(one, other):
    """Whether two records say the same, but for places in the file."""

    def said(record):
        return [
            replace(e, line=None, file="", foci=tuple(replace(f, line=None) for f in e.foci))
            for e in record.experiments
        ]

    return said(one) == said(other)


@pytest.mark.parametrize("suffix", [".txt", ".json"])
def test_check__fix_writes_what_was_understood(run, tmp_path, suffix):
    write(tmp_path / "foci.txt", ODD)
    said = run("check", "foci.txt", "--fix", f"better{suffix}")
    assert said.code == 0, said.err
    first, again = read_record(tmp_path / "foci.txt"), read_record(tmp_path / f"better{suffix}")
    assert [e.id for e in first.experiments] == [e.id for e in again.experiments]
    assert [e.n_subjects for e in first.experiments] == [e.n_subjects for e in again.experiments]
    assert [[f.mm for f in e.foci] for e in first.experiments] == [
        [f.mm for f in e.foci] for e in again.experiments
    ]
    assert again.experiments[1].foci[0].mm == (-52.5, 28.0, -20.0)
    assert {f.space for e in again.experiments for f in e.foci} == {"MNI"}


def test_check__fix_says_each_change_and_what_remains(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    said = run("check", "foci.txt", "--fix", "better.txt")
    changes = said.out[said.out.index("better.txt is written, with ") :]
    assert "repeated-header" in changes
    assert "impossible-value" not in changes  # nobody but the paper can correct that
    assert "remain to be looked up in it." in changes
    assert '"-52,5' in changes or "comma" in changes


def test_check__fix_of_a_fixed_file_changes_nothing(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    run("check", "foci.txt", "--fix", "better.txt")
    said = run("check", "better.txt", "--fix", "best.txt")
    assert "best.txt is written, and nothing had to be changed." in said.out
    assert (tmp_path / "better.txt").read_bytes() == (tmp_path / "best.txt").read_bytes()


def test_check__fix_takes_what_the_options_say(run, tmp_path):
    write(tmp_path / "foci.txt", "// Adams, 1999: heat\n1 2 3\n\n// Baker, 2001: cold\n4 5 6\n")
    said = run("check", "foci.txt", "--space", "TAL", "--default-n", "11", "--fix", "better.txt")
    assert said.code == 0, said.out
    again = read_record(tmp_path / "better.txt")
    assert [e.n_subjects for e in again.experiments] == [11, 11]
    assert {f.space for e in again.experiments for f in e.foci} == {"TAL"}


def test_check__fix_refuses_a_file_with_errors(run, tmp_path):
    write(tmp_path / "foci.txt", BROKEN)
    said = run("check", "foci.txt", "--fix", "better.txt")
    assert said.code == 65
    assert said.err == "better.txt was not written: correct the errors first\n"
    assert [path.name for path in tmp_path.iterdir()] == ["foci.txt"]


def test_check__fix_does_not_replace_a_file_unasked(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    write(tmp_path / "better.txt", "years of work")
    said = run("check", "foci.txt", "--fix", "better.txt")
    assert said.code == 73
    assert "better.txt" in said.err
    assert (tmp_path / "better.txt").read_text() == "years of work"
    assert run("check", "foci.txt", "--fix", "better.txt", "--overwrite").code == 0
    assert (tmp_path / "better.txt").read_text().startswith("// Reference=MNI")


def test_check__fix_does_not_replace_its_input_unasked(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    assert run("check", "foci.txt", "--fix", "foci.txt").code == 73
    assert (tmp_path / "foci.txt").read_text(encoding="utf-8") == ODD


def test_check__fix_names_the_suffixes_it_knows(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    said = run("check", "foci.txt", "--fix", "better.doc")
    assert said.code == 2
    assert ".txt (Sleuth text)" in said.err
    assert not (tmp_path / "better.doc").exists()


def test_check__fix_corrects_one_file_at_a_time(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    said = run("check", "foci.txt", "foci.txt", "--fix", "better.txt")
    assert said.code == 2
    assert "--fix corrects one file at a time" in said.err
    assert not (tmp_path / "better.txt").exists()


def test_check__fix_prints_json_alone_where_json_is_asked_for(run, tmp_path):
    write(tmp_path / "foci.txt", ODD)
    said = run("check", "foci.txt", "--fix", "better.txt", "--json")
    assert len(report_of(said)) == 1
    assert (tmp_path / "better.txt").is_file()


def test_check__fix_keeps_clean_experiments_equal(run, tmp_path):
    write(tmp_path / "foci.txt", CLEAN)
    run("check", "foci.txt", "--fix", "copy.txt")
    assert equal_experiments(
        read_record(tmp_path / "foci.txt"), read_record(tmp_path / "copy.txt")
    )
