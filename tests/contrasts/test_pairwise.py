"""Two evidence bases under NiMARE's names: subtraction and chi-square."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from focale import ALESubtraction, FDRCorrector, FWECorrector, MKDAChi2, Studyset
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.mkda import MKDADensity
from focale.io.records import ExperimentRecord, FocusRecord, Reconciliation, StudysetRecord
from focale.space.targets import standard_mask
from tests.naive import chi2 as naive

VOXEL = "z_desc-{}_level-voxel_corr-FWE_method-montecarlo"
SIZE = "p_desc-{}Size_level-cluster_corr-FWE_method-montecarlo"


def studyset(experiments, name):
    records = tuple(
        ExperimentRecord(
            f"{name}{i}", "1", tuple(FocusRecord(tuple(mm), "MNI") for mm in foci), 20, name
        )
        for i, foci in enumerate(experiments)
    )
    n_foci = sum(len(foci) for foci in experiments)
    counts = Reconciliation(len(records), n_foci)
    return Studyset(StudysetRecord(records, name, "", counts))


@pytest.fixture(scope="module")
def lists():
    """Five and four lists of foci: the first ones all report one place, the others do not."""
    rng = np.random.default_rng(7)
    place = np.array([-20.0, 10, 20])
    near = [place + rng.integers(-1, 2, (1, 3)) * 2.0 for _ in range(5)]
    far = [rng.integers(-10, 10, (2, 3)) * 2.0 + [20, -30, 20] for _ in range(9)]
    return (
        [np.vstack([own, other]) for own, other in zip(near, far[:5], strict=True)],
        far[5:],
    )


@pytest.fixture(scope="module")
def sets(lists):
    return studyset(lists[0], "a"), studyset(lists[1], "b")


@pytest.fixture(scope="module")
def chi2(sets):
    return MKDAChi2(kernel__r=8).fit(*sets)


def test_chi2__equals_a_loop_over_voxels_and_labelings(lists, chi2):
    mask = standard_mask("mni152_2mm")
    seen = np.flatnonzero(chi2.get_map("prob_desc-A", return_type="array") > 0)
    some = np.random.default_rng(3).choice(seen, 150, replace=False)
    reports = naive.reports([*lists[0], *lists[1]], mask.mm(some), 8)
    expected = naive.association(reports[:5], reports[5:])
    found = chi2.get_map("chi2_desc-association", return_type="array")[some]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    p = chi2.get_map("p_desc-association", return_type="array")[some]
    np.testing.assert_allclose(p, naive.fisher_mid_p(reports, 5), rtol=1e-9)
    sign = np.sign(reports[:5].mean(axis=0) - reports[5:].mean(axis=0))
    z = chi2.get_map("z_desc-association", return_type="array")[some]
    np.testing.assert_allclose(z, sign * -ndtri(p / 2), atol=1e-6)
    share = chi2.get_map("prob_desc-AgF", return_type="array")[some]
    np.testing.assert_allclose(share, reports[:5].mean(axis=0))
    given = chi2.get_map("prob_desc-FgA", return_type="array")[some]
    np.testing.assert_allclose(given, reports[:5].sum(axis=0) / reports.sum(axis=0))


def test_chi2__of_voxels_that_nobody_reports_says_nothing(chi2):
    nobody = chi2.get_map("prob_desc-A", return_type="array") == 0
    assert nobody.any()
    expected = {f"{kind}_desc-association": 0 for kind in ("chi2", "z", "logp")}
    expected |= {"p_desc-association": 1, "prob_desc-FgA": 0}
    for name, value in expected.items():
        assert np.all(chi2.get_map(name, return_type="array")[nobody] == value)


def test_chi2__uniformity_is_corrected_by_random_foci_and_association_by_labels(sets, chi2):
    corrected = FWECorrector(n_iters=99, voxel_thresh=0.01).transform(chi2)
    alone = FWECorrector(n_iters=99, voxel_thresh=0.01).transform(
        MKDADensity(radius_mm=8).fit(sets[0])
    )
    ours = corrected.get_map(SIZE.format("uniformity"), return_type="array")
    z = alone.get_map("z_desc-size_level-cluster_corr-FWE_method-montecarlo", return_type="array")
    np.testing.assert_allclose(np.maximum(-ndtri(ours), 0), z, atol=1e-6)
    of_labels = corrected.get_map(SIZE.format("association"), return_type="array")
    # 126 labelings of 5 and 4: the smallest p over both directions is 2/126, or 2/100 of 99
    assert of_labels.min() >= 2 / 126
    assert chi2.corrected == {}


def test_chi2__clusters_never_mix_more_with_less(chi2):
    corrected = FWECorrector(n_iters=50, voxel_thresh=0.2).transform(chi2)
    p = corrected.get_map(SIZE.format("association"), return_type="array")
    z = chi2.get_map("z_desc-association", return_type="array")
    assert np.any(p[z > 0] < 1)
    for level in ("Size", "Mass"):
        name = f"z_desc-association{level}_level-cluster_corr-FWE_method-montecarlo"
        signed = corrected.get_map(name, return_type="array")
        assert np.all(signed * z >= 0)


@pytest.fixture(scope="module")
def subtraction(sets):
    return ALESubtraction(n_iters=200, voxel_thresh=0.05).fit(*sets)


def test_subtraction__names_what_its_test_has(subtraction):
    test = subtraction.test
    p = subtraction.get_map("p_desc-group1MinusGroup2", return_type="array")
    both = [test.tails[side].p.values for side in ("first", "second")]
    np.testing.assert_array_equal(p, np.minimum(1, 2 * np.minimum(*both)))
    z = subtraction.get_map("z_desc-group1MinusGroup2", return_type="array")
    np.testing.assert_allclose(z, np.sign(test.z.values) * np.maximum(-ndtri(p / 2), 0), atol=1e-6)
    stat = subtraction.get_map("stat_desc-group1MinusGroup2", return_type="array")
    groups = [subtraction.get_map(f"stat_desc-group{i}", return_type="array") for i in (1, 2)]
    np.testing.assert_array_equal(stat, groups[0] - groups[1])


def test_subtraction__is_corrected_over_both_directions(subtraction):
    corrected = FWECorrector(n_iters=125, voxel_thresh=0.05).transform(subtraction)
    p = corrected.get_map(SIZE.format("group1MinusGroup2"), return_type="array")
    z = subtraction.test.z.values
    first = subtraction.test.tails["first"].p_size.values
    np.testing.assert_array_equal(p[z > 0], first[z > 0])  # all 126 labelings, both times
    top = corrected.get_map(VOXEL.format("group1MinusGroup2"), return_type="array")
    assert top[np.argmax(z)] > 0
    only = FWECorrector(n_iters=125, vfwe_only=True).transform(subtraction)
    assert not any("cluster" in name for name in only.corrected)


@pytest.mark.parametrize("method", ["indep", "negcorr"])
def test_fdr__steps_up_over_all_voxels(method, subtraction):
    name = f"p_desc-group1MinusGroup2_corr-FDR_method-{method}"
    q = FDRCorrector(method).transform(subtraction).get_map(name, return_type="array")
    p = subtraction.get_map("p_desc-group1MinusGroup2", return_type="array")
    assert np.all(q >= p)
    assert np.all(np.diff(q[np.argsort(p)]) >= 0)


def test_bonferroni__multiplies_by_the_voxels(subtraction):
    corrected = FWECorrector("bonferroni").transform(subtraction)
    q = corrected.get_map(
        "p_desc-group1MinusGroup2_corr-FWE_method-bonferroni", return_type="array"
    )
    p = subtraction.get_map("p_desc-group1MinusGroup2", return_type="array")
    np.testing.assert_array_equal(q, np.minimum(1, p * p.size))


@pytest.mark.parametrize("estimator", [MKDAChi2(), ALESubtraction(n_iters=10)])
def test_fit__refuses_who_is_in_both_sets(estimator, sets):
    with pytest.raises(EvidenceError, match="share 5 experiments or subject groups"):
        estimator.fit(sets[0], sets[0])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: MKDAChi2(kernel__r=-1),
            "'kernel__r' parameter of MKDAChi2 must be a number above 0",
        ),
        (lambda: MKDAChi2(prior=1), "'prior' parameter of MKDAChi2 must be a number between 0"),
        (
            lambda: MKDAChi2(fwe_null_method="random-foci"),
            "random foci are no null of a difference",
        ),
        (lambda: ALESubtraction(n_iters=0), "'n_iters' parameter of ALESubtraction must be"),
        (lambda: ALESubtraction(voxel_thresh=0), "'voxel_thresh' parameter of ALESubtraction"),
    ],
)
def test_arguments__are_refused_in_a_sentence(make, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        make()


def test_maps__are_copies_and_can_be_written(chi2, tmp_path):
    chi2.get_map("z_desc-association", return_type="array")[:] = 9
    assert chi2.get_map("z_desc-association", return_type="array").max() < 9
    chi2.save_maps(tmp_path, "x")
    assert (tmp_path / "x_chi2_desc-association.nii.gz").is_file()
    with pytest.raises(ArgumentError, match="'name' parameter of get_map must be"):
        chi2.get_map("z")
