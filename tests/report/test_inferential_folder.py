"""The folder and the texts of an inferential reading."""

from __future__ import annotations

import json
import re

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import Protocol, infer, interpretation, methods
from focale.inferential import InferentialResult
from focale.report.folder import write_reading
from focale.report.inferential_text import p_text
from focale.report.provenance import Run
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import studyset_of

STEM = "maps/pain_space-MNI152NLin6Asym_res-2"
N = 400


@pytest.fixture(scope="module")
def inferred(pain) -> InferentialResult:
    return infer(pain, Protocol(iterations=N, seed=11))


@pytest.fixture(scope="module")
def folder(inferred, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "out"
    write_reading(inferred, path, Run("focale run x.json -o OUT", "pain", with_figures=False))
    return path


@pytest.fixture(scope="module")
def nothing_survives(brain):
    rng = np.random.default_rng(4)
    foci = brain.mm(rng.integers(brain.n_voxels, size=85)).reshape(17, 5, 3)
    evidence = studyset_of({f"S{i}": [own.tolist()] for i, own in enumerate(foci)})
    result = infer(evidence, Protocol(iterations=99, alpha=0.011))
    assert len(result.clusters) == 0
    return result


def values_of(folder, name, mask):
    image = nibabel.load(folder / f"{STEM}_{name}.nii.gz")
    return np.asarray(image.dataobj)[mask.inside], image.header


def table_of(folder, name):
    return pd.read_csv(folder / f"tables/pain_{name}.tsv", sep="\t", na_values="n/a")


# ------------------------------------------------------------------ maps


@pytest.mark.parametrize(
    ("name", "intent", "of"),
    [
        ("stat-ale_statmap", 1001, lambda r: r.ale),
        ("stat-p_statmap", 22, lambda r: r.p),
        ("stat-z_statmap", 5, lambda r: r.z),
        ("stat-ale_desc-surviving_statmap", 1001, lambda r: r.surviving),
        ("stat-p_level-voxel_corr-FWE_method-montecarlo_statmap", 22, lambda r: r.fwe.p_voxel),
        (
            "stat-p_level-cluster_corr-FWE_method-montecarlo_desc-size_statmap",
            22,
            lambda r: r.fwe.p_size,
        ),
        (
            "stat-z_level-cluster_corr-FWE_method-montecarlo_desc-mass_statmap",
            5,
            lambda r: r.fwe.z("mass"),
        ),
    ],
)
def test_maps__hold_what_their_name_says(folder, inferred, name, intent, of):
    values, header = values_of(folder, name, inferred.mask)
    np.testing.assert_array_equal(values, of(inferred).values.astype(np.float32))
    assert header["intent_code"] == intent
    about = json.loads((folder / f"{STEM}_{name}.json").read_text())
    assert about["Description"]
    if "montecarlo" in name:
        assert (about["Iterations"], about["Seed"]) == (N, 11)
        assert about["MonteCarloErrorAtAlpha"] == pytest.approx(np.sqrt(0.05 * 0.95 / N))
        assert about["SamplingVoxels"] == 228_483
        assert about["Connectivity"] == "faces"


def test_maps__clusters_are_numbered_as_in_the_tables(folder, inferred):
    labels, _ = values_of(folder, "desc-clusters_dseg", inferred.mask)
    np.testing.assert_array_equal(labels, inferred.clusters.labels)
    formed, _ = values_of(folder, "desc-formed_dseg", inferred.mask)
    np.testing.assert_array_equal(formed, inferred.fwe.clusters.labels)


# ------------------------------------------------------------------ tables


def test_tables__clusters_have_p_and_its_interval(folder, inferred):
    table = table_of(folder, "clusters")
    first = table.dropna(subset=["p_size"])
    assert len(first) == len(inferred.clusters)
    np.testing.assert_allclose(first["p_size"], inferred.p_of_clusters, rtol=1e-5)
    assert (first["p_size_low"] <= first["p_size"]).all()
    assert (first["p_size"] <= first["p_size_high"]).all()
    assert (first["n_voxels"] >= inferred.clusters.min_voxels).all()
    assert table["p_voxel"].notna().all()
    top = table.iloc[0]
    assert (top["x"], top["y"], top["z"]) == (38, 4, 2)
    assert top["z_value"] == pytest.approx(inferred.z.values.max(), rel=1e-5)


def test_tables__all_formed_clusters_are_listed_with_their_number(folder, inferred):
    table = table_of(folder, "clustersFormed")
    assert len(table) == len(inferred.fwe.clusters)
    listed = table.dropna(subset=["listed_as"])
    assert listed["listed_as"].tolist() == list(range(1, len(inferred.clusters) + 1))
    assert (listed["p_size"] <= 0.05).all()
    assert (table[table["listed_as"].isna()]["p_size"] > 0.05).all()


@pytest.mark.parametrize(
    "name",
    ["clusters", "clustersFormed", "contributions", "studies", "experiments", "foci", "labels"],
)
def test_tables__every_column_is_explained(folder, name):
    columns = json.loads((folder / f"tables/pain_{name}.json").read_text())
    assert list(columns) == list(table_of(folder, name).columns)
    assert all(column["Description"] for column in columns.values())


def test_tables__say_that_leaving_out_is_no_test(folder, inferred):
    columns = json.loads((folder / "tables/pain_studies.json").read_text())
    remains = columns["remains"]["Description"]
    assert f"at least {inferred.clusters.min_voxels} of them" in remains
    assert "no test of the others" in remains
    assert "display" not in json.dumps(columns)


def test_folder__figures(inferred, nothing_survives, tmp_path):
    for number, result in enumerate((inferred, nothing_survives)):
        write_reading(result, tmp_path / f"{number}", Run("focale run", "pain"))
        figures = sorted(p.stem for p in (tmp_path / f"{number}" / "figures").glob("*.png"))
        assert "pain_nullMaxima" in figures
        slices = (tmp_path / f"{number}" / "figures" / "pain_aleSlices.svg").read_text()
        assert "display-only" not in slices
        assert ("no voxel has a family-wise p" in slices) is (number == 1)


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("p", "n", "text"),
    [
        (1 / 10_001, 10_000, "p <= .0001"),
        (2 / 10_001, 10_000, "p = .0002"),
        (0.0124, 9999, "p = .012"),
        (0.5, 19, "p = .5"),
        (1.0, 99, "p = 1"),
        (1 / 1_000_001, 10**6, "p <= 1e-06"),
    ],
)
def test_p_text(p, n, text):
    assert p_text(p, n) == text


def test_interpretation__says_what_was_tested_and_found(inferred):
    text = interpretation(inferred)
    n = {5: "five", 6: "six", 7: "seven"}[len(inferred.clusters)]
    assert f"{n} clusters have a cluster-size family-wise p of at most .05 (400 iter" in text
    assert "Cluster 1 (6,448 mm3; p <= .0025, 95% Monte Carlo interval 0 to .0092)" in text
    assert "somewhere in it, not at each of its voxels" in text
    assert text.endswith("it does not measure whether, or how strongly, a place is active.")
    assert "This describes the clusters; it does not test them anew." in text


def test_interpretation__no_survivor_is_no_absence(nothing_survives):
    text = interpretation(nothing_survives)
    assert "none of them has a cluster-size family-wise p of at most .011" in text
    assert "That is no evidence for an absence of convergence" in text
    assert "Cluster 1" not in text


def test_interpretation__without_a_formed_cluster(nothing_survives):
    protocol = Protocol(iterations=99, alpha=0.011, cluster_forming_p=1e-200)
    text = interpretation(infer(nothing_survives.studyset, protocol))
    assert (
        "No clusters of voxels that share faces were formed at an uncorrected p < 1e-200" in text
    )
    assert "so none could be tested" in text


@pytest.mark.parametrize(
    ("choices", "found", "kept"),
    [
        ({"correction": "mass"}, "a cluster-mass family-wise p", "the p of its mass (the sum of"),
        ({"correction": "voxel"}, "clusters of voxels have a voxel-level", "Voxels with a family"),
        ({"connectivity": 18}, "voxels that share faces or edges", "that share faces or edges"),
    ],
)
def test_texts__follow_the_protocol(pain, choices, found, kept):
    result = infer(pain, Protocol(iterations=99, **choices))
    assert found in interpretation(result)
    assert kept in methods(result, "0.1.0")


def test_methods__name_the_null_and_its_settings(inferred):
    text = methods(inferred, "0.1.0")
    assert "the evidence was read inferentially." in text
    assert "no null distribution" not in text
    assert "Clusters were formed at an uncorrected p < 0.001 (ALE >= 0.01088)" in text
    assert "in each of 400 iterations (seed 11) every focus was moved to a voxel" in text
    assert "(228,483 voxels)" in text
    assert "p = (b + 1) / (B + 1)" in text
    assert f"which took {inferred.clusters.min_voxels} voxels" in text
    assert "sequential" not in text


def test_methods__say_that_a_test_was_sequential(pain):
    result = infer(pain, Protocol(iterations=60), stop_after=30)
    assert "(Besag and Clifford, 1991): for what had 30 iterations as large" in methods(
        result, "0"
    )


def test_folder__tfce_is_there_when_it_was_asked_for(pain, tmp_path):
    result = infer(pain, Protocol(iterations=30, tfce=True))
    write_reading(result, tmp_path / "o", Run("focale run", "pain", with_figures=False))
    values, _ = values_of(tmp_path / "o", "stat-tfce_statmap", result.mask)
    np.testing.assert_array_equal(values, result.fwe.tfce.values.astype(np.float32))
    name = "stat-p_level-voxel_corr-FWE_method-montecarlo_desc-tfce_statmap"
    values, _ = values_of(tmp_path / "o", name, result.mask)
    np.testing.assert_array_equal(values, result.fwe.p_tfce.values.astype(np.float32))
    assert table_of(tmp_path / "o", "clusters")["p_tfce"].notna().all()
    text = methods(result, "0.1.0")
    assert "not recommended to the general user (Frahm et al., 2022)" in text


def test_texts__never_speak_of_activation_as_found(inferred, nothing_survives):
    """ "Convergence" is what is tested; "significant" is a word that is read as more."""
    for result in (inferred, nothing_survives):
        for text in (interpretation(result), methods(result, "0.1.0")):
            assert not re.search(r"significan|activated|stronger|robust|reliab", text)


def test_interpretation__many_clusters_end_in_a_count(inferred, monkeypatch):
    monkeypatch.setattr("focale.report.inferential_text.MOST_CLUSTERS", 2)
    text = interpretation(inferred)
    assert "Cluster 2 (" in text
    assert "Cluster 3 (" not in text
    assert re.search(r"The table has (three|four|five) more clusters\.", text)
