"""The folder and the texts of readings by MKDA density and KDA: they speak of themselves."""

from __future__ import annotations

import json
import re

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import Protocol, Questions, describe, examine, infer, interpretation, methods
from focale.report.folder import write_reading
from focale.report.language import find_claims
from focale.report.page.payload import viewer_payload
from focale.report.page.shown_maps import shown_maps
from focale.report.provenance import Run
from focale.report.references import cited_in
from tests.fixtures_pain import *  # noqa: F403

NAMES = {"mkda": "MKDA density", "kda": "KDA"}
MEANS = {
    "mkda": "number of the experiments with a focus within 10 mm",
    "kda": "number of the foci within 10 mm",
}
ASKED = Questions(n_replicates=6, n_lists=2, most_noise=6)
OF_OTHERS = re.compile(r"\bALE\b|\bale\b|Gaussian|FWHM|-log\(1 -|in peaks|typical experiment")
"""Words that a reading by spheres must not use of itself."""

BIBLIOGRAPHY = re.compile(r"title = \{[^\n]*")

both_methods = pytest.mark.parametrize("method", NAMES)


@pytest.fixture(scope="module")
def tested(pain):
    return {
        method: examine(infer(pain, Protocol(method=method, iterations=99)), ASKED)
        for method in NAMES
    }


@pytest.fixture(scope="module")
def described(pain8):
    return {
        method: examine(describe(pain8, Protocol(method=method, min_cluster_mm3=400.0)), ASKED)
        for method in NAMES
    }


@pytest.fixture(scope="module")
def folders(tested, described, tmp_path_factory):
    place = tmp_path_factory.mktemp("methods")
    for kind, results in (("tested", tested), ("described", described)):
        for method, result in results.items():
            run = Run("focale run x.json -o OUT", "pain", with_figures=False)
            write_reading(result, place / f"{kind}-{method}", run)
    return place


def own_words(folder):
    """Every text of a folder by the name of its file, without titles of cited papers."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".md", ".json", ".tsv", ".html"}:
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".html":
                text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", text, flags=re.S)
            yield path.name, BIBLIOGRAPHY.sub("", text)


# ------------------------------------------------------------------ words


@both_methods
@pytest.mark.parametrize("kind", ["tested", "described"])
def test_folder__speaks_of_its_own_method(folders, method, kind):
    for name, text in own_words(folders / f"{kind}-{method}"):
        if name == "report.json":  # the texts in it are in the page too
            continue
        found = [text[max(0, m.start() - 60) : m.end() + 40] for m in OF_OTHERS.finditer(text)]
        assert not found, (name, found)


@both_methods
def test_interpretation__of_a_description_claims_nothing(described, method):
    text = interpretation(described[method])
    assert not find_claims(text)
    largest = f"{described[method].stat.max:g}"
    assert f"({NAMES[method]} = {largest}, the {MEANS[method]})" in text
    assert f"The raw {NAMES[method]} statistic map was inspected descriptively." in text


@both_methods
def test_interpretation__of_a_test_names_the_statistic(tested, method):
    result = tested[method]
    peak = result.clusters.members[0].peaks[0]
    assert f"has its largest {NAMES[method]}, {peak.value:g}, at" in interpretation(result)


@both_methods
def test_methods__say_what_was_done_and_cite_it(tested, method):
    text = methods(tested[method], "1.0")
    threshold = tested[method].fwe.threshold
    assert f"({NAMES[method]} >= {threshold:g})" in text
    assert "Each focus was modelled by a sphere with a radius of 10 mm, evaluated at" in text
    assert f"{NAMES[method]} is the {MEANS[method]}" in text
    cited = set(cited_in(text))
    assert ({"wager2007"} if method == "mkda" else {"wager2003", "wager2004"}) <= cited
    assert "turkeltaub2002" not in cited
    assert "{" not in text


def test_methods__of_weights_cite_where_they_are_from(pain8):
    protocol = Protocol(method="mkda", weights="sqrt_n", radius_mm=8.0)
    text = methods(describe(pain8, protocol), "1.0")
    assert "sum of the weights (1 on average) of the experiments with a focus within 8 mm" in text
    assert "proportional to the square root of the sample size" in text
    assert "wager2009" in cited_in(text)


# ------------------------------------------------------------------ maps and tables


@both_methods
def test_maps__are_named_after_the_statistic(folders, tested, method):
    maps = folders / f"tested-{method}" / "maps"
    names = {path.name.partition("res-2_")[2] for path in maps.glob("*.nii.gz")}
    assert f"stat-{method}_statmap.nii.gz" in names
    assert f"stat-{method}_desc-surviving_statmap.nii.gz" in names
    assert not [name for name in names if "ale" in name or "peaks" in name]
    (path,) = maps.glob(f"*_stat-{method}_statmap.nii.gz")
    values = np.asarray(nibabel.load(path).dataobj)[tested[method].mask.inside]
    np.testing.assert_array_equal(values, tested[method].stat.values)
    about = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
    assert about["Description"] == f"{NAMES[method]}: {MEANS[method]}, unthresholded."


@both_methods
def test_tables__have_a_column_of_the_statistic(folders, tested, method):
    tables = folders / f"tested-{method}" / "tables"
    for name in ("clusters", "clustersFormed"):
        table = pd.read_csv(tables / f"pain_{name}.tsv", sep="\t", na_values="n/a")
        assert table[method].max() == tested[method].stat.max
        meaning = json.loads((tables / f"pain_{name}.json").read_text())[method]["Description"]
        assert meaning == f"{NAMES[method]} at the peak: {MEANS[method]}"
    experiments = pd.read_csv(tables / "pain_experiments.tsv", sep="\t", na_values="n/a")
    assert experiments["radius_mm"].tolist() == [10.0] * 21
    assert "weight" not in experiments


def test_tables__have_weights_where_they_differ(pain8):
    from focale.tables.evidence import experiment_columns, experiment_frame

    result = describe(pain8, Protocol(method="mkda", weights="sqrt_n"))
    table = experiment_frame(result)
    assert list(table.columns) == list(experiment_columns(result))
    assert table["weight"].mean() == pytest.approx(1)


@both_methods
def test_provenance__has_the_threshold_under_the_name_of_the_method(folders, tested, method):
    about = json.loads((folders / f"tested-{method}" / "provenance.json").read_text())
    assert about["Null"][f"ClusterForming{method.upper()}"] == tested[method].fwe.threshold
    described = json.loads((folders / f"tested-{method}/dataset_description.json").read_text())
    assert described["Name"].startswith(f"Inferential {NAMES[method]} of ")


# ------------------------------------------------------------------ the viewer


@both_methods
def test_viewer_payload__of_counts_is_not_rounded(tested, method):
    payload = viewer_payload(tested[method])
    assert payload["words"] == {"statistic": NAMES[method], "decimals": None}
    assert (payload["map"]["kind"], payload["map"]["step"]) == ("sum", 1.0)
    assert payload["threshold"]["value"] == tested[method].fwe.threshold - 1
    assert f"{NAMES[method]} > " in payload["threshold"]["any"]


def test_shown_maps__of_weights_move_no_voxel_over_the_threshold(pain8):
    result = describe(pain8, Protocol(method="mkda", weights="sqrt_n"))
    threshold = result.display_threshold
    shown = shown_maps(result.ma, result.stat.values, threshold)
    above = shown.log_sum * shown.step > threshold
    np.testing.assert_array_equal(above, result.stat.values[shown.positions] > threshold)
    off = np.abs(shown.log_sum * shown.step - result.stat.values[shown.positions])
    assert off.max() <= shown.step / 2


# ------------------------------------------------------------------ robustness


@both_methods
def test_examine__answers_every_question(tested, described, method):
    answers = tested[method].robustness
    assert answers.left_out[0].survives.shape[0] == 21
    assert answers.stability.n_replicates == 6
    assert answers.fail_safe.values.shape == (2, len(tested[method].clusters))
    assert described[method].robustness.stability.n_replicates == 6


@both_methods
def test_examine__without_a_study_is_the_reading_of_the_others(pain, tested, method):
    result = tested[method]
    others = pain.slice(pain.ids[1:])
    again = infer(others, result.protocol)
    survives = [bool(np.any(again.clusters.labels[c.positions] > 0)) for c in result.clusters]
    assert result.robustness.left_out[0].survives[0].tolist() == survives
