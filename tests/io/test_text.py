"""Bytes to text: encodings and line ends."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import ReadError
from focale.io.source import Source
from focale.io.text import decoded, is_text, lines

TEXT = "// Reference=MNI\n// Müller, 2001: A > B\n// Subjects=12\n10 20 30\n"
ASCII = TEXT.replace("ü", "ue")


def decode(content, encoding=None):
    return decoded(Source("foci.txt", content), encoding)


def warning(content):
    _, (problem,) = decode(content)
    assert (problem.severity, problem.code) == ("warning", "encoding")
    return problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_decoded__unicode_is_recognised_without_a_word(encoding):
    assert decode(TEXT.encode(encoding)) == (TEXT, [])


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"], ids=["LE", "BE"])
def test_decoded__byte_order_mark_is_not_part_of_the_text(mark):
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert decode(mark + TEXT.encode(encoding)) == (TEXT, [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_decoded__half_a_letter_of_utf16_is_refused(encoding):
    mark = "\ufeff".encode(encoding)
    with pytest.raises(
        ReadError, match=r"foci\.txt is not text in utf-16 .*; leave out encoding="
    ):
        decode(mark + TEXT.encode(encoding)[:-1])


@pytest.mark.parametrize(
    ("name", "encoding", "other"),
    [
        ("Müller", "cp1252", "mac_roman"),
        ("Schulte-Rüther", "mac_roman", "cp1252"),
        ("Müller-Gärtner \u2013 “González”", "cp1252", "mac_roman"),
        ("Müller-Gärtner \u2013 “González”", "mac_roman", "cp1252"),
        ("Łukasz", "cp1250", None),  # not told apart from cp1252: another letter, said
    ],
)
def test_decoded__encoding_of_one_byte_a_letter_is_guessed_and_said(name, encoding, other):
    content = f"// Reference=MNI\n// {name}\n// Subjects=12\n10 20 30\n".encode(encoding)
    text, (problem,) = decode(content)
    if other is None:
        assert text.splitlines()[0] == "// Reference=MNI"
        assert text.splitlines()[2:] == ["// Subjects=12", "10 20 30"]
    else:
        assert text.splitlines()[1] == f"// {name}"
        assert f"read as {encoding} ({other} would give other letters)" in problem.what
    assert problem.line == 2
    assert problem.expected == "save the file as UTF-8, or say encoding="


def test_decoded__dash_of_mac_roman_before_a_number_is_a_dash():
    # 0xD0 is an en dash in Mac Roman and an Icelandic letter in cp1252.
    text, _ = decode("// Smith\n\u201310\u00a020\u00a0\u201330\n".encode("mac_roman"))
    assert text.splitlines()[1] == "\u201310\u00a020\u00a0\u201330"


def test_decoded__guess_names_the_byte_and_the_place():
    problem = warning("// Müller\n".encode("cp1252"))
    assert str(problem) == (
        "foci.txt:1: byte 0xFC is not UTF-8; read as cp1252 (mac_roman would give other letters), "
        "which may show another letter in a name and leaves numbers as they are; save the file as "
        "UTF-8, or say encoding="
    )


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_decoded__guess_counts_lines_whatever_their_ends(line_end):
    assert warning(TEXT.replace("\n", line_end).encode("cp1252")).line == 2


@pytest.mark.parametrize(
    "encoding", ["cp1252", "latin-1", "mac_roman", "cp1250", "utf-16", "utf-8"]
)
def test_decoded__encoding_that_is_named_is_used_without_a_word(encoding):
    assert decode(TEXT.encode(encoding), encoding) == (TEXT, [])


def test_decoded__encoding_that_is_named_keeps_no_byte_order_mark():
    assert decode(b"\xef\xbb\xbf" + ASCII.encode(), "utf-8") == (ASCII, [])


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "utf-16"])
def test_decoded__wrong_encoding_is_refused(encoding):
    content = TEXT.encode("cp1252") + b"\n" * (len(TEXT) % 2 == 0)
    with pytest.raises(
        ReadError, match=rf"foci\.txt is not text in {encoding} \(.*leave out encoding="
    ):
        decode(content, encoding)


@pytest.mark.parametrize("encoding", ["klingon", "", "rot13", "base64"])
def test_decoded__unknown_encoding_is_refused(encoding):
    with pytest.raises(ReadError, match="is not an encoding Python knows; use utf-8, cp1252"):
        decode(ASCII.encode(), encoding)


@pytest.mark.parametrize("content", [bytes(range(256)) * 40, b"\x01\x02\x03\x04\x05// Smith"])
def test_decoded__bytes_that_are_no_text_are_refused(content):
    with pytest.raises(ReadError, match=r"foci\.txt is not text \(it holds control characters\)"):
        decode(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_is_text__knows_text_by_its_few_control_characters(encoding):
    assert is_text(TEXT.encode(encoding))
    assert is_text(b"// Smith\0Jones\n")
    assert not is_text(bytes(range(256)))
    assert not is_text(bytes(100))


def test_decoded__stray_control_character_is_let_pass():
    assert decode(b"// Smith\0Jones\n1 2 3\n\x1a")[0] == "// Smith\0Jones\n1 2 3\n\x1a"


LONG = {
    "letters beyond ASCII": b"\xff" * 5_000_000,
    "pairs": b"a\xe9" * 2_500_000,
    "one at the end": b"1 2 3\n" * 800_000 + b"\xff",
    "line ends": b"\r\n" * 2_500_000 + b"\xff",
}


@pytest.mark.parametrize("content", LONG.values(), ids=LONG.keys())
def test_decoded__long_files_take_no_time(content):
    start = time.perf_counter()
    decode(content)
    assert time.perf_counter() - start < 1


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "cp1252", "utf-16", "mac_roman"]))
def test_decoded__any_bytes_are_text_or_refused(content, encoding):
    try:
        text, problems = decode(content, encoding)
    except ReadError:
        return
    assert isinstance(text, str)
    assert len(problems) <= 1


# ---------------------------------------------------------------------------- lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", ["a", "b"]),
        ("a\rb\r", ["a", "b"]),
        ("a\r\nb", ["a", "b"]),
        ("a\n\rb", ["a", "", "b"]),
        ("\r\r\n\n", ["", "", ""]),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f", ["a\x0bb\x0cc\x1cd\x85e\u2028f"]),
        ("", []),
    ],
)
def test_lines__end_in_cr_lf_or_crlf_and_in_nothing_else(text, expected):
    assert list(lines(text)) == list(enumerate(expected, start=1))


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=5)),
    st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_lines__give_back_what_was_joined(parts, line_end):
    text = "".join(part + line_end for part in parts)
    assert [line for _, line in lines(text)] == parts
