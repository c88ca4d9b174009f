"""The inferential reading: allowed by the protocol, and true to its corrected result."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE, Protocol, Studyset, fwe, infer, methods
from focale.correction.null_file import merge_nulls
from focale.errors import ArgumentError, EvidenceError
from focale.inferential import infer_shard
from focale.space.grey_matter import grey_matter
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import studyset_of
from tests.strategies import sleuth_text

FEW = Protocol(iterations=400, seed=11)


@pytest.fixture(scope="module")
def inferred(pain):
    return infer(pain, FEW)


def scattered(n, mask, seed=4):
    """Studies of five foci each, anywhere in a mask."""
    rng = np.random.default_rng(seed)
    foci = mask.mm(rng.integers(mask.n_voxels, size=5 * n)).reshape(n, 5, 3)
    return studyset_of({f"S{i}": [own.tolist()] for i, own in enumerate(foci)})


# ------------------------------------------------------------------ what is listed


def test_infer__lists_the_clusters_whose_p_is_at_most_alpha(inferred):
    corrected = inferred.fwe
    expected = [c for c, p in zip(corrected.clusters, corrected.p_of_clusters, strict=True)
                if p[0] <= 0.05]  # fmt: skip
    assert len(inferred.clusters) == len(expected) > 3
    for ours, theirs in zip(inferred.clusters, expected, strict=True):
        np.testing.assert_array_equal(ours.positions, theirs.positions)
        assert ours.peaks == theirs.peaks
    kept = corrected.p_of_clusters[corrected.p_of_clusters[:, 0] <= 0.05, 0]
    np.testing.assert_array_equal(inferred.p_of_clusters, kept)


def test_infer__is_fit_and_fwe_with_the_choices_of_the_protocol(inferred, pain):
    alone = fwe(ALE().fit(pain), n_iterations=400, seed=11)
    np.testing.assert_array_equal(alone.maxima.mass, inferred.fwe.maxima.mass)
    np.testing.assert_array_equal(alone.p_voxel.values, inferred.fwe.p_voxel.values)
    np.testing.assert_array_equal(inferred.z.values, ALE().fit(pain).z.values)


@pytest.mark.parametrize("correction", ["size", "mass", "voxel"])
@pytest.mark.parametrize("alpha", [0.01, 0.3])
def test_infer__what_survives_is_what_the_protocol_says(pain, correction, alpha):
    protocol = Protocol(iterations=200, correction=correction, alpha=alpha)
    result = infer(pain, protocol)
    p = result.fwe.p(correction).values
    np.testing.assert_array_equal(result.clusters.labels > 0, p <= alpha)
    assert np.all(result.p_of_clusters <= alpha)
    assert result.surviving.values[p > alpha].max() == 0
    # The level of the clusters parts what survives from what does not, within them.
    assert result.ale.values[result.clusters.labels > 0].min() > result.clusters.threshold
    if correction == "voxel":
        assert np.all(result.ale.values[p > alpha] <= result.clusters.threshold)


def test_infer__the_smallest_size_is_where_p_crosses_alpha(inferred):
    size = inferred.clusters.min_voxels
    maxima = inferred.fwe.maxima.size
    p = [(np.sum(maxima >= s) + 1) / 401 for s in (size - 1, size)]
    assert p[0] > 0.05 >= p[1]
    assert min(inferred.clusters.sizes) >= size


def test_infer__diagnoses_the_listed_clusters(inferred):
    n = len(inferred.clusters)
    assert inferred.contributions.mean_drop.shape == (21, n)
    assert inferred.study_leave_one_out.remains.shape == (21, n)
    assert len(inferred.dominance) == n
    assert inferred.n_foci.sum() > 0


def test_infer__where_nothing_survives_there_is_no_cluster(brain):
    result = infer(scattered(17, brain), Protocol(iterations=99, alpha=0.011))
    assert len(result.clusters) == 0
    assert result.contributions.mean_drop.shape == (17, 0)
    assert result.p_of_clusters.shape == (0,)
    assert not result.surviving.values.any()
    assert np.isnan(result.mean_contributions).all()


def test_infer__foci_may_be_drawn_from_grey_matter(pain, brain, tmp_path):
    import nibabel

    named = infer(pain, Protocol(iterations=100, sampling="grey_matter"))
    assert named.fwe.sampling is grey_matter(brain)
    path = tmp_path / "grey.nii.gz"
    grey = grey_matter(brain)
    inside = grey.to_volume(np.ones(grey.n_voxels, dtype=np.uint8))
    nibabel.save(nibabel.Nifti1Image(inside, brain.grid.affine), path)
    by_path = infer(pain, Protocol(iterations=100, sampling=str(path)))
    np.testing.assert_array_equal(named.fwe.maxima.mass, by_path.fwe.maxima.mass)
    everywhere = infer(pain, Protocol(iterations=100))
    assert np.median(named.fwe.maxima.largest) > np.median(everywhere.fwe.maxima.largest)


def test_infer__experiments_of_one_sample_are_pooled_as_in_the_descriptive_reading():
    studies = {f"S{i}": [[(0, 0, 10 + i)]] for i in range(17)}
    studies["S0"].append([(0, 4, 10)])
    result = infer(studyset_of(studies), Protocol(iterations=50))
    assert len(result.studyset) == 17


def test_repr__says_what_survives(inferred):
    n = len(inferred.clusters)
    assert f"{n} of 21 clusters (p < 0.001) with p_FWE <= 0.05 (size, 400" in repr(inferred)


def test_get_map__has_the_uncorrected_maps(inferred):
    for name in ("stat", "p", "z", "logp"):
        assert inferred.get_map(name, return_type="array").shape == (228_483,)


# ------------------------------------------------------------------ what it refuses


def test_infer__refuses_what_the_protocol_reads_descriptively(pain8):
    with pytest.raises(EvidenceError, match=r"8 independent studies .* descriptive\. Use descri"):
        infer(pain8)


def test_infer__goes_on_under_a_declared_deviation(pain8):
    protocol = FEW.deviate("a reviewer asked for it", min_experiments=8)
    assert infer(pain8, protocol).decision.mode == "inferential"


def test_infer__refuses_iterations_that_cannot_reach_alpha(pain):
    sentence = r"with 18 iterations the smallest p there can be is 0.0526.*at least 19 iter"
    with pytest.raises(ArgumentError, match=sentence):
        infer(pain, Protocol(iterations=18))
    infer(pain, Protocol(iterations=19))


# ------------------------------------------------------------------ shards, sequential


def test_infer_shard__parts_are_the_whole(pain, inferred, tmp_path):
    paths = [tmp_path / f"{i}.npz" for i in (1, 2, 3)]
    for i, path in enumerate(paths, start=1):
        infer_shard(pain, FEW, path, (i, 3))
    merge_nulls(paths, tmp_path / "null.npz")
    before = (tmp_path / "null.npz").read_bytes()
    merged = infer(pain, FEW, checkpoint=tmp_path / "null.npz")
    np.testing.assert_array_equal(merged.fwe.maxima.size, inferred.fwe.maxima.size)
    assert (tmp_path / "null.npz").read_bytes() == before


def test_infer__a_sequential_test_ends_where_nothing_converges(brain):
    evidence = scattered(20, brain)
    whole = infer(evidence, Protocol(iterations=5000))
    ended = infer(evidence, Protocol(iterations=5000), stop_after=20)
    assert ended.fwe.n_iterations < 2000
    n = ended.fwe.n_iterations
    np.testing.assert_array_equal(ended.fwe.maxima.mass, whole.fwe.maxima.mass[:n])
    for ours, theirs in zip(ended.fwe.p_of_clusters, whole.fwe.p_of_clusters, strict=True):
        low, high = ended.fwe.interval(float(ours[0]), 0.9999)
        assert low <= theirs[0] <= high


def test_infer__a_sequential_test_goes_on_while_something_stands_out(pain):
    ended = infer(pain, FEW, stop_after=20)
    assert ended.fwe.n_iterations == 400  # the insula is beyond any random cluster
    assert ended.fwe.p_of_clusters[0, 0] == 1 / 401


# ------------------------------------------------------------------ choices of other tools


def test_infer__takes_null_and_p_rule_of_the_protocol(small_mask_path):
    studyset = studyset_of({f"s{i}": [[(0, 0, 2 * i), (11, i, 3)]] for i in range(4)})
    choices = {"mask": str(small_mask_path), "min_experiments": 2, "iterations": 40}
    ours = infer(studyset, Protocol(**choices), atlases=())
    theirs = infer(studyset, Protocol(**choices, null="eickhoff2012", p_rule="b/B"), atlases=())
    null = ALE(mask=str(small_mask_path), null="eickhoff2012").fit(studyset)
    np.testing.assert_array_equal(theirs.p.values, null.p.values)
    assert not np.array_equal(ours.p.values, theirs.p.values)
    b = np.array([np.count_nonzero(theirs.fwe.maxima.largest >= v) for v in theirs.ma.log_sum])
    expected = np.clip(b / 40, 1 / 40, 39 / 40)
    np.testing.assert_array_equal(theirs.fwe.p_voxel.values, expected)


def test_infer__counts_iterations_by_the_rule_of_the_protocol(pain):
    with pytest.raises(ArgumentError, match=r"is 0\.0526, above .* at least 20 iter"):
        infer(pain, Protocol(iterations=19, p_rule="b/B"))


def test_fwe__knows_no_sequential_test_of_the_other_rule(pain):
    with pytest.raises(ArgumentError, match=r"'stop_after' .* None where p_rule is 'b/B'"):
        fwe(ALE().fit(pain), p_rule="b/B", stop_after=5)


def test_infer__keeps_the_evidence_as_reported(tmp_path, small_mask_path):
    blocks = [([f"A{i % 3} 2001: x"], 12, [(0, 0, 2 * i), (9, 3, i)]) for i in range(5)]
    (tmp_path / "foci.txt").write_text(sleuth_text(blocks))
    studyset = Studyset(tmp_path / "foci.txt")
    choices = {"mask": str(small_mask_path), "iterations": 40}
    theirs = infer(studyset, Protocol.of_profile("nimare-0.22", **choices), atlases=())
    assert (len(theirs.evidence), len(theirs.studyset)) == (5, 3)
    text = methods(theirs, "1")
    for sentence in (
        "To compare with NiMARE 0.22, 2 experiments that its reader loses",
        "Its choices were taken from NiMARE 0.22.1, as far as they are known.",
        "computed by convolution of histograms with bins of 1e-5.",
        "p = b / B, within 1 / B and 1 - 1 / B",
    ):
        assert sentence in text, sentence
    ours = methods(infer(studyset, Protocol(**choices, min_experiments=2), atlases=()), "1")
    assert "p = (b + 1) / (B + 1), b of the B" in ours
    assert "histograms" not in ours
