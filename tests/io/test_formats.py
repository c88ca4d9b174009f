"""The one door through which files come in."""

from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest

from focale.errors import ArgumentError, FocaleError, InputMissingError, OutputError, ReadError
from focale.io import formats
from focale.io.formats import FORMATS, inspect_record, read_record, write_record
from focale.io.records import Reconciliation
from focale.io.source import ReadOptions
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text

SLEUTH = sleuth_text([(["Smith, 2001: A > B"], 12, [(10, 20, 30), (-10, 20, 30)])])
NIMADS = json.dumps(nimads_tree({"Smith": [nimads_analysis("1", [(1, 2, 3)], n=12)]}))
TABLE = "study\tn\tspace\tx\ty\tz\nSmith\t12\tMNI\t1\t2\t3\n"


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="foci.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.mark.parametrize("name", ["foci.txt", "foci", "foci.json", "foci.csv"])
@pytest.mark.parametrize("given", [str, lambda path: path], ids=["text", "path"])
def test_read_record__knows_nimads_by_its_content(write, name, given):
    record = read_record(given(write(NIMADS, name)))
    assert (len(record.experiments), record.format) == (1, "NIMADS JSON")


@pytest.mark.parametrize("name", ["foci.txt", "foci", "foci.csv", "foci.tsv"])
def test_read_record__knows_sleuth_by_its_content(write, name):
    record = read_record(write(SLEUTH, name))
    assert (len(record.experiments[0].foci), record.format) == (2, "Sleuth text")


@pytest.mark.parametrize("name", ["foci.txt", "foci.csv", "foci.tsv"])
def test_read_record__knows_a_table_by_its_content(write, name):
    record = read_record(write(TABLE, name))
    assert [e.n_subjects for e in record.experiments] == [12]


def test_read_record__believes_the_suffix_json(write):
    # An error of JSON is more use than "no format Focale reads".
    with pytest.raises(ReadError, match=r"foci\.json:1: not JSON"):
        read_record(write(SLEUTH, "foci.json"))


def test_read_record__takes_a_byte_order_mark_and_blanks_before_json(write):
    assert len(read_record(write(b"\xef\xbb\xbf \n\t" + NIMADS.encode())).experiments) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_read_record__knows_sleuth_in_any_unicode(write, encoding):
    assert len(read_record(write(SLEUTH.encode(encoding))).experiments) == 1


def test_read_record__names_the_file_and_its_fingerprint(write):
    record = read_record(write(SLEUTH))
    assert record.source == "foci.txt"
    assert record.sha256 == hashlib.sha256(SLEUTH.encode()).hexdigest()


def test_read_record__fingerprint_of_a_packed_file_is_that_of_its_content(write):
    record = read_record(write(gzip.compress(SLEUTH.encode()), "foci.txt.gz"))
    assert record.sha256 == hashlib.sha256(SLEUTH.encode()).hexdigest()


@pytest.mark.parametrize("content", [SLEUTH, NIMADS, TABLE], ids=["Sleuth", "NIMADS", "table"])
def test_read_record__reads_buffers(content):
    from_text = read_record(io.StringIO(content))
    from_bytes = read_record(io.BytesIO(content.encode()))
    assert from_text.experiments == from_bytes.experiments
    assert from_text.source == "buffer"


def test_read_record__of_several_files_joins_them(write):
    record = read_record([write(SLEUTH, "a.txt"), write(NIMADS, "b.json")])
    assert record.experiments[0].where == "a.txt:2"
    assert (len(record.experiments), record.source) == (2, "a.txt + b.json")
    assert record.is_reconciled


def test_read_record__of_no_file_is_refused():
    with pytest.raises(ArgumentError, match="no file is given; pass at least one"):
        read_record([])


def test_read_record__remembers_what_it_was_told_to_assume(write):
    record = read_record(write(SLEUTH), ReadOptions(default_n=20, space="MNI"))
    assert record.options == {"default_n": 20, "space": "MNI"}


# ------------------------------------------------------------------------- refusals


def test_read_record__missing_file_is_refused(tmp_path):
    with pytest.raises(InputMissingError, match=r"nowhere\.txt does not exist; check the path"):
        read_record(tmp_path / "nowhere.txt")


def test_read_record__folder_is_refused(tmp_path):
    with pytest.raises(InputMissingError, match="is a folder, not a file; name the file in it"):
        read_record(tmp_path)


def test_read_record__file_that_cannot_be_opened_is_refused():
    with pytest.raises(InputMissingError, match="cannot be opened: File name too long"):
        read_record("a" * 5000)


def test_read_record__file_below_a_file_is_refused(write):
    with pytest.raises(InputMissingError, match="cannot be opened: Not a directory"):
        read_record(write(SLEUTH) / "deeper.txt")


def test_read_record__path_with_a_nul_is_refused():
    with pytest.raises(InputMissingError):
        read_record("foci\0.txt")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b" \t\r\n \n"], ids=["nothing", "a line", "blanks"]
)
@pytest.mark.parametrize("name", ["foci.txt", "foci.json", "foci.csv"])
def test_read_record__empty_file_is_refused(write, content, name):
    with pytest.raises(ReadError, match=r"^foci\.\w+ is empty; check that it was saved$"):
        read_record(write(content, name))


UNKNOWN = {
    "prose": b"Dear colleague,\n",
    "numbers": b"1 2 3\n4 5 6\n",
    "a JSON list": b"[1, 2]",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "random bytes": bytes(range(255, 0, -1)) * 10,
    "NUL": bytes(1000),
}


@pytest.mark.parametrize("content", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_read_record__unknown_format_is_refused_with_its_beginning(write, content):
    message = r"^foci\.txt is in no format Focale reads; .*Sleuth text.*begins with b'"
    with pytest.raises(ReadError, match=message):
        read_record(write(content))


NO_EVIDENCE = {
    "Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), "Excel"),
    "zip": (b"PK\x03\x04" + bytes(50), "packed file"),
    "zip that looks like Sleuth": (b"PK\x03\x04" + bytes(50) + b"\n// x\n", "packed file"),
    "PDF": (b"%PDF-1.4\n", "PDF"),
    "image": (gzip.compress(b"\x5c\x01\x00\x00" + bytes(344)), "NIfTI image"),
    "MATLAB": (b"MATLAB 5.0 MAT-file" + bytes(100), "MATLAB file"),
    "web page": (b"<!DOCTYPE html>\n<script>\n// a comment\n</script>", "web page"),
}


@pytest.mark.parametrize(("content", "what"), NO_EVIDENCE.values(), ids=NO_EVIDENCE.keys())
def test_read_record__files_people_pass_by_mistake_are_named(write, content, what):
    with pytest.raises(ReadError, match=rf"^foci\.txt is .*{what}"):
        read_record(write(content))


def test_read_record__foci_of_an_unknown_space_are_refused_until_it_is_said(write):
    path = write(SLEUTH.replace("MNI", "TT_N27"))
    message = 'foci.txt:2, experiment "Smith, 2001-A > B": 2 foci of a space that is neither MNI'
    with pytest.raises(ReadError, match=f'^{message} nor Talairach: "TT_N27"; .*space='):
        read_record(path)
    assert read_record(path, ReadOptions(space="TAL")).n_foci == 2


def test_read_record__every_error_is_in_one_report(write):
    text = SLEUTH.replace("Subjects=12", "Subjects=x").replace("Reference=MNI", "Reference=?")
    with pytest.raises(ReadError) as caught:
        read_record(write(text + "1 2\n"))
    assert str(caught.value).startswith("foci.txt has 3 errors:\n")


def test_inspect_record__holds_errors_where_reading_would_raise_them(write):
    path = write(SLEUTH.replace("10\t20\t30", "10\t20", 1))
    record = inspect_record(path)
    assert [(p.severity, p.line) for p in record.problems] == [("error", 4)]
    with pytest.raises(ReadError):
        read_record(path)


def test_inspect_record__reader_that_loses_something_is_a_bug_and_said_so(write, monkeypatch):
    real = formats.sleuth.read

    def forgetful(source, options):
        record = real(source, options)
        counts = Reconciliation(record.reconciliation.experiments_found, 3)
        return type(record)(**{**_fields(record), "reconciliation": counts})

    monkeypatch.setattr(formats.sleuth, "read", forgetful)
    with pytest.raises(FocaleError, match=r"do not add up .*this is a bug in Focale"):
        inspect_record(write(SLEUTH))


def _fields(record):
    return {name: getattr(record, name) for name in type(record).__dataclass_fields__}


def test_formats__each_has_a_name_and_two_verbs():
    for reader in FORMATS:
        assert isinstance(reader.NAME, str)
        assert callable(reader.looks_like)
        assert callable(reader.read)


# --------------------------------------------------------------------------- writing


@pytest.mark.parametrize("name", ["again.txt", "again.json", "again.tsv", "again.csv"])
def test_write_record__what_is_written_is_read_the_same(write, tmp_path, name):
    record = read_record(write(SLEUTH))
    assert write_record(record, tmp_path / name) == []
    again = read_record(tmp_path / name)
    assert [
        (e.id, [(f.mm, f.space) for f in e.foci], e.n_subjects) for e in again.experiments
    ] == [(e.id, [(f.mm, f.space) for f in e.foci], e.n_subjects) for e in record.experiments]


def test_write_record__file_that_exists_is_kept_unless_it_may_be_replaced(write, tmp_path):
    record = read_record(write(SLEUTH))
    path = write("mine", "again.txt")
    with pytest.raises(OutputError, match="exists; choose another name, or replace it with"):
        write_record(record, path)
    assert path.read_text() == "mine"
    write_record(record, path, overwrite=True)
    assert len(read_record(path).experiments) == 1


def test_write_record__what_cannot_be_written_leaves_nothing_behind(write, tmp_path):
    record = read_record(write(SLEUTH.replace("MNI", "?")), ReadOptions(space="MNI"))
    with pytest.raises(ArgumentError):
        write_record(
            inspect_record(write(SLEUTH.replace("// Reference=MNI\n", ""))), tmp_path / "x.txt"
        )
    assert not (tmp_path / "x.txt").exists()
    assert record.n_foci == 2


@pytest.mark.parametrize("name", ["foci", "foci.doc", "foci.parquet"])
def test_write_record__suffix_without_a_format_is_refused(write, tmp_path, name):
    with pytest.raises(ArgumentError, match=r"has no suffix that names a format Focale writes"):
        write_record(read_record(write(SLEUTH)), tmp_path / name)


def test_read_record__options_name_studies_of_any_of_the_files_joined(tmp_path):
    for name in ("Adams", "Baker"):
        text = f"// Reference=TAL\n// {name}: heat\n// Subjects=12\n1 2 3\n"
        (tmp_path / f"{name}.txt").write_text(text)
    paths = [tmp_path / "Adams.txt", tmp_path / "Baker.txt"]
    options = ReadOptions(groups_of={"Baker": "Adams"}, talairach_of={"Adams": "spm"})
    record = read_record(paths, options)
    assert [e.group for e in record.experiments] == ["Adams", "Adams"]
    assert [e.talairach for e in record.experiments] == ["spm", None]
    assert record.options == options.given
    with pytest.raises(ReadError, match=r'groups_of names a study .*: "Carter"'):
        read_record(paths, ReadOptions(groups_of={"Carter": "Adams"}))
