"""Names of studies stay text in Markdown."""

from __future__ import annotations

import html

import pytest

from focale.report.markdown import escape

HOSTILE = [
    "pain_04.nidm-1",
    "snake_case_name",
    "[link](http://example.org)",
    "![picture](x.png)",
    "<script>alert(1)</script>",
    "<b>bold</b> & more &lt;",
    "**bold** and *slanted*",
    "`code` and \\backslash",
    "<http://example.org>",
    "a|b",
    "a <= b, c < d, e<f, <3, <!-- x -->, <?php, </p>, <a",
    "Müller, 2018: A > B",
]
LINE_BREAKS = ["x\n\n# Heading", "x\n\n- item", "x\n===\n\ny", "x\n\n    code", "x\n\n> quote"]


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("pain_04.nidm-1", "pain_04.nidm-1"),
        ("[a](b)", "\\[a](b)"),
        ("![a](b)", "!\\[a](b)"),
        ("<b>", "&lt;b>"),
        ("a & b &lt; &#60;", "a & b &amp;lt; &amp;#60;"),
        ("*a* `b` \\c", "\\*a\\* \\`b\\` \\\\c"),
    ],
)
def test_escape__of_each_mark(name, escaped):
    assert escape(name) == escaped


def test_escape__leaves_plain_prose_alone():
    text = "ALE > 0.00378, near x = 54, y = -28 mm (35%; next: 21%); p < .001, p <= .05, A & B."
    assert escape(text) == text


@pytest.mark.parametrize("name", LINE_BREAKS)
def test_escape__a_name_stays_on_its_line(name):
    assert "\n" not in escape(name)


# ------------------------------------------------------------------ as a browser shows it


def rendered(text):
    markdown_it = pytest.importorskip("markdown_it", reason="no renderer of Markdown is installed")
    return markdown_it.MarkdownIt("commonmark").render(escape(text))


@pytest.mark.parametrize("name", HOSTILE)
def test_escape__shows_the_text_as_it_is(name):
    shown = rendered(f"Leaving out {name} lowers the ALE.")
    assert shown == f"<p>Leaving out {html.escape(name)} lowers the ALE.</p>\n"


def test_escape__underscores_around_a_word_are_text():
    assert "_another_" in rendered("Leaving out _another_ lowers the ALE.")
