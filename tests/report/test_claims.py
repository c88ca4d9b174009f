"""No text that the descriptive mode can emit claims what a description cannot.

The guard (`report/language.py`) has tests of its own; here it reads everything Focale
writes about a descriptive reading. Names of studies come from users and are neutral here.
"""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focale import Protocol, Studyset, describe, interpretation, methods
from focale.report.folder import write_reading
from focale.report.language import find_claims
from focale.report.provenance import Run
from focale.report.tables import tables_of
from tests.strategies import nimads_analysis, nimads_tree


def assert_claims_nothing(text):
    assert [(found.phrase, found.rule) for found in find_claims(text)] == [], text


def test_the_guard_is_awake():
    assert find_claims("There was significant activation of the insula.")


# ------------------------------------------------------------------ any small evidence base

foci = st.lists(
    st.tuples(*[st.integers(-26, 26)] * 3).map(lambda mm: [float(c) for c in mm]), max_size=4
)


@st.composite
def studysets(draw):
    """One to twenty studies with one to three experiments, some without foci."""
    n = draw(st.integers(1, 20))
    tree = {}
    for number in range(n):
        tree[f"study {number + 1}"] = [
            nimads_analysis(
                letter,
                draw(foci),
                n=draw(st.integers(4, 60)),
                space=draw(st.sampled_from(["MNI", "TAL"])),
            )
            for letter in draw(st.sampled_from(["a", "ab", "abc"]))
        ]
    tree["study 1"][0]["points"] += [{"coordinates": [0, 0, 0], "space": "MNI"}]
    return nimads_tree(tree)


@st.composite
def protocols(draw, mask):
    protocol = Protocol(
        title=draw(st.sampled_from(["", "Pain in adults"])),
        min_experiments=draw(st.sampled_from([1, 5, 17, 30])),
        mask=mask,
        placement=draw(st.sampled_from(["exact", "nearest", "jale"])),
        fwhm_mm=draw(st.sampled_from([None, 9.0])),
        display_percentile=draw(st.sampled_from([5.0, 50.0, 95.0, 99.9])),
        min_cluster_mm3=draw(st.sampled_from([8.0, 400.0, 4000.0, 1e6])),
        talairach=draw(st.sampled_from(["pooled", "spm", "fsl"])),
        declared=draw(st.sampled_from(["", "2026-01-02T03:04:05+00:00"])),
    )
    if draw(st.booleans()):
        protocol = protocol.deviate("a reviewer asked for it", seed=3, alpha=0.01)
    return protocol


@given(data=st.data())
@settings(max_examples=40)
def test_texts__claim_nothing_whatever_the_evidence(small_mask_path, data):
    protocol = data.draw(protocols(str(small_mask_path)))
    studyset = Studyset(data.draw(studysets()), talairach=protocol.talairach)
    result = describe(studyset, protocol)
    assert_claims_nothing(interpretation(result))
    assert_claims_nothing(methods(result, "0.1.0"))
    assert_claims_nothing(result.decision.reason)
    for text in (*result.decision.remarks, *(f for d in result.dominance for f in d.flags)):
        assert_claims_nothing(text)
    for name in ("p", "z", "logp"):
        with pytest.raises(AttributeError) as caught:
            getattr(result, name)
        assert_claims_nothing(str(caught.value))


# ------------------------------------------------------------------ what is written once


@pytest.mark.parametrize("name", ["clusters", "contributions", "experiments", "foci", "labels"])
def test_columns__claim_nothing(pain8_described, name):
    (table,) = [table for table in tables_of(pain8_described) if table.name == name]
    for text in table.columns.values():
        assert_claims_nothing(text)


def test_folder__every_text_in_it_claims_nothing(pain8_described, tmp_path):
    write_reading(pain8_described, tmp_path / "o", Run("focale demo", "pain", False))
    texts = [p for p in (tmp_path / "o").rglob("*") if p.suffix in {".md", ".json", ".tsv"}]
    assert len(texts) > 10
    for path in texts:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            text = ". ".join(strings_in(json.loads(text)))
        assert_claims_nothing(text)


def strings_in(tree):
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from strings_in(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings_in(value)


def test_figures__no_letter_in_them_claims(demo):
    """Letters are drawn as paths; beside each piece of text matplotlib notes what it says."""
    pictures = sorted((demo[1] / "figures").glob("*.svg"))
    assert len(pictures) == 5
    for picture in pictures:
        written = re.findall(r"<!-- (.*?) -->", picture.read_text(encoding="utf-8"))
        assert written
        assert_claims_nothing(". ".join(html.unescape(text) for text in written))


def test_figures__without_clusters_claim_nothing(pain8_described):
    from matplotlib import pyplot as plt
    from matplotlib.text import Text

    from focale.plotting.contributions import plot_contribution_bars, plot_contribution_heatmap

    ids = pain8_described.studyset.ids.tolist()
    for figure in (
        plot_contribution_heatmap(ids, [], pain8_described.contributions.mean_drop[:, :0]),
        plot_contribution_bars(ids, pain8_described.mean_contributions * float("nan")),
    ):
        assert_claims_nothing(". ".join(text.get_text() for text in figure.findobj(Text)))
        plt.close(figure)


@pytest.mark.parametrize("command", ["demo", "check", "convert", "assess", "describe", "protocol"])
def test_help__claims_nothing(command):
    import click

    from focale.cli import app

    context = click.Context(app, info_name="focale", **app.context_settings)
    chosen = app.get_command(context, command)
    assert chosen is not None
    text = chosen.get_help(click.Context(chosen, info_name=command, parent=context))
    assert_claims_nothing(text)


def test_help__of_focale_claims_nothing():
    import click

    from focale.cli import app

    assert_claims_nothing(
        app.get_help(click.Context(app, info_name="focale", **app.context_settings))
    )
