"""The conjunction against a loop over voxels, its units, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import focale
from focale import ALE, Protocol, conjunction, describe, fwe, infer
from focale.conjoining.tested_set import TestedSet
from focale.errors import ArgumentError, EvidenceError
from focale.inference.tails import z_from_log_p
from focale.space.mask import Mask
from tests.fixtures_sets import a_set
from tests.naive.conjunction import naive_clusters, naive_conjunction

LEVELS = ("size", "mass", "voxel")


@pytest.fixture(scope="module")
def found(three_sets):
    return conjunction(three_sets, atlases=())


@pytest.fixture(scope="module")
def apart(set_protocol):
    """Two sets with nothing in common."""
    places = [(14.0, 4.0, -6.0), (10.0, -16.0, 12.0)]
    return [infer(a_set(k, at=places[k]), set_protocol, atlases=()) for k in (0, 1)]


# ------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("n_sets", "level"),
    [
        (2, "size"),
        *(
            pytest.param(n_sets, level, marks=pytest.mark.slow)
            for n_sets in (2, 3)
            for level in LEVELS
            if (n_sets, level) != (2, "size")
        ),
    ],
)
def test_conjunction__is_that_of_a_loop_over_voxels(three_sets, level, n_sets):
    found = conjunction(three_sets[:n_sets], level=level, atlases=())
    p_of_sets = [result.fwe.p(level).values for result in three_sets[:n_sets]]
    p, z, n = naive_conjunction(p_of_sets, 0.05)
    np.testing.assert_array_equal(found.p.values, p)
    np.testing.assert_allclose(found.z.values, z, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found.n_surviving, n)
    assert found.counts == {k: n.count(k) for k in range(1, n_sets + 1)}
    inside = np.flatnonzero(np.array(n) == n_sets)
    voxels = [tuple(ijk) for ijk in found.mask.ijk(inside).tolist()]
    groups = naive_clusters(voxels)
    ours = [{tuple(v) for v in found.mask.ijk(c.positions).tolist()} for c in found.clusters]
    assert sorted(map(sorted, ours)) == sorted(map(sorted, groups))
    assert found.n_voxels == len(inside)


def test_conjunction__finds_the_place_all_sets_report(found):
    assert len(found.clusters) == 1
    (cluster,) = found.clusters
    assert np.linalg.norm(np.subtract(cluster.peaks[0].mm, (-14.0, 0.0, 0.0))) <= 4
    assert found.counts[3] == cluster.positions.size > 10


@given(st.lists(st.lists(st.floats(1e-12, 1.0), min_size=4, max_size=4), min_size=2, max_size=5))
def test_conjunction__the_largest_p_is_the_smallest_z(p_of_sets):
    p = np.array(p_of_sets)
    of_largest = z_from_log_p(np.log(p.max(axis=0)))
    np.testing.assert_array_equal(of_largest, z_from_log_p(np.log(p)).min(axis=0))


@pytest.mark.parametrize("level", LEVELS)
def test_conjunction__z_is_the_smallest_of_the_sets(three_sets, level):
    found = conjunction(three_sets, level=level, atlases=())
    z = np.min([result.fwe.z(level).values for result in three_sets], axis=0)
    np.testing.assert_array_equal(found.z.values, z)


@pytest.mark.parametrize("level", LEVELS)
def test_conjunction__voxels_are_those_of_the_smallest_thresholded_z(three_sets, level):
    # The way of NiMARE: the smallest of maps of uncorrected z, 0 where a set does not survive.
    found = conjunction(three_sets, level=level, atlases=())
    maps = [
        np.where(result.fwe.p(level).values <= 0.05, result.z.values, 0.0) for result in three_sets
    ]
    np.testing.assert_array_equal(found.height.values, np.min(maps, axis=0))
    np.testing.assert_array_equal(found.clusters.labels > 0, np.min(maps, axis=0) > 0)


def test_conjunction__does_not_depend_on_the_order_of_the_sets(three_sets, found):
    turned = conjunction(three_sets[::-1], atlases=())
    np.testing.assert_array_equal(turned.p.values, found.p.values)
    np.testing.assert_array_equal(turned.clusters.labels, found.clusters.labels)
    assert [parts[::-1] for parts in turned.parts] == list(found.parts)


def test_conjunction__with_more_sets_is_never_larger(three_sets, found):
    both = conjunction(three_sets[:2], atlases=())
    assert np.all(found.p.values >= both.p.values)
    assert found.n_voxels <= both.n_voxels


def test_conjunction__each_cluster_lies_in_one_cluster_of_each_set(three_sets):
    found = conjunction(three_sets, atlases=())
    for cluster, parts in zip(found.clusters, found.parts, strict=True):
        for result, part in zip(three_sets, parts, strict=True):
            assert set(result.clusters.labels[cluster.positions]) == {part.cluster}
            whole = result.clusters.members[part.cluster - 1]
            assert part.n_voxels == whole.positions.size
            assert part.share == cluster.positions.size / whole.positions.size
            assert part.p == result.p_of_clusters[part.cluster - 1]
            assert part.low <= part.p <= part.high
            peak = cluster.peaks[0].position
            assert (part.stat, part.z) == (result.stat.values[peak], result.z.values[peak])
            assert part.n_studies == len(result.studyset.study_ids)
            assert 1 <= part.n_contributing <= part.n_studies


def test_conjunction__peaks_are_of_the_smallest_uncorrected_z(three_sets, found):
    (cluster,) = found.clusters
    z = np.min([result.z.values for result in three_sets], axis=0)
    peak = cluster.peaks[0]
    assert peak.position == cluster.positions[np.argmax(z[cluster.positions])]
    assert peak.value == z[peak.position]


def test_conjunction__of_sets_with_nothing_in_common_is_empty(apart):
    found = conjunction(apart, atlases=())
    assert (len(found.clusters), found.n_voxels, found.parts) == (0, 0, ())
    assert found.counts[2] == 0 < found.counts[1]
    assert not found.height.values.any()


def test_conjunction__clusters_share_what_all_sets_ask(three_sets):
    corrected = [
        fwe(r.uncorrected, n_iterations=99, connectivity=c)
        for r, c in zip(three_sets[:2], (26, 18), strict=True)
    ]
    found = conjunction(corrected, alpha=0.05, level="size", atlases=())
    assert found.clusters.connectivity == 18
    assert any("another connectivity" in note for note in found.notes)


def test_conjunction__names_what_is_in_the_neighbourhood_of_alpha(three_sets):
    p = sorted({part.p for parts in conjunction(three_sets, atlases=()).parts for part in parts})
    found = conjunction(three_sets, alpha=max(p[-1], 1 / 200), atlases=())
    assert any("the Monte Carlo interval of the cluster at" in note for note in found.notes)
    assert any("otherwise about" in note for note in found.notes)


def test_conjunction__labels_its_clusters(three_sets):
    found = conjunction(three_sets)
    assert len(found.anatomy) == 1
    assert len(found.anatomy[0].clusters) == len(found.clusters)


def test_conjunction__is_a_name_of_the_package_and_no_module():
    assert callable(focale.conjunction)
    assert "conjunction" in dir(focale)


def test_conjunction__does_not_change_what_it_is_given(three_sets, found):
    assert not found.p.values.flags.writeable
    assert not found.n_surviving.flags.writeable


def test_conjunction__says_what_it_is(found):
    assert repr(found).startswith("Conjunction of 3 sets: sets: set A, set B, set C; in all of")
    shown = found._repr_html_()
    assert "<table" in shown
    assert "min_z" in shown


# ------------------------------------------------------------------- what it is decided by


def test_conjunction__takes_alpha_and_level_of_the_protocols(set_protocol):
    strict = replace(set_protocol, alpha=0.01, correction="mass")
    found = conjunction([infer(a_set(k), strict, atlases=()) for k in (0, 1)], atlases=())
    assert (found.alpha, found.level) == (0.01, "mass")
    assert not any("was given" in note for note in found.notes)


def test_conjunction__says_where_something_else_was_given(three_sets):
    found = conjunction(three_sets, level="voxel", alpha=0.04, atlases=())
    assert found.notes == (
        "the protocols of set A, set B and set C decide by size at alpha 0.05; here it is voxel "
        "at alpha 0.04, as was given",
    )


def test_conjunction__prints_deviations_from_protocols(three_sets):
    deviating = three_sets[0].protocol.deviate("too\nfew", min_experiments=2)
    first = replace(three_sets[0], protocol=deviating)
    (note,) = conjunction([first, three_sets[1]], atlases=()).notes
    assert note.startswith("set A deviates from its protocol, declared 2")
    assert '("too few"): min_experiments: 3 -> 2' in note


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"alpha": 0.01}, r"differ in alpha \(set A: 0.05; strict: 0.01\).*--alpha \(alpha=\)"),
        ({"correction": "voxel"}, r"differ in level \(set A: size; strict: voxel\).*--level"),
    ],
)
def test_conjunction__refuses_protocols_that_differ(three_sets, change, says):
    other = replace(
        three_sets[1], protocol=replace(three_sets[1].protocol, title="strict", **change)
    )
    with pytest.raises(ArgumentError, match=says):
        conjunction([three_sets[0], other])
    found = conjunction([three_sets[0], other], alpha=0.05, level="size", atlases=())
    assert (found.alpha, found.level) == (0.05, "size")


def test_conjunction__of_results_without_a_protocol_asks_for_both(three_sets):
    plain = [result.fwe for result in three_sets[:2]]
    with pytest.raises(ArgumentError, match="decides level; pass level=, such as 'size'"):
        conjunction(plain)
    with pytest.raises(ArgumentError, match=r"decides alpha; pass alpha=, such as 0\.05"):
        conjunction(plain, level="size")
    found = conjunction(plain, alpha=0.05, level="size", atlases=())
    whole = conjunction(three_sets[:2], atlases=())
    np.testing.assert_array_equal(found.p.values, whole.p.values)
    assert found.notes == (
        "dictionary was tested without a protocol",
        "dictionary (2) was tested without a protocol",
    )


def test_conjunction__protocols_decide_for_results_without_one(three_sets):
    found = conjunction([three_sets[0], three_sets[1].fwe], atlases=())
    assert (found.alpha, found.level) == (0.05, "size")


# -------------------------------------------------------------------------- what is refused


def test_conjunction__refuses_fewer_than_two(three_sets):
    with pytest.raises(ArgumentError, match="two sets or more, got 1; name another result"):
        conjunction(three_sets[:1])
    with pytest.raises(ArgumentError, match="a list of results, got InferentialResult"):
        conjunction(three_sets[0])


def test_conjunction__refuses_a_descriptive_reading(three_sets, set_protocol):
    described = describe(a_set(1), set_protocol, atlases=())
    with pytest.raises(EvidenceError, match="few was read descriptively, so it has no p, and"):
        conjunction([three_sets[0], described], names=["many", "few"])


def test_conjunction__refuses_an_uncorrected_result(three_sets, small_mask_path):
    uncorrected = ALE(mask=Mask.from_image(small_mask_path)).fit(a_set(1))
    with pytest.raises(ArgumentError, match=r"Result is none; correct it with fwe\(result\)"):
        conjunction([three_sets[0], uncorrected])


def test_conjunction__refuses_other_voxels_and_other_grids(three_sets):
    mask = three_sets[0].mask
    fewer = mask.inside.copy()
    fewer[0] = False
    other = Mask(grid=mask.grid, inside=fewer, name="fewer")
    cut = fwe(ALE(mask=other).fit(a_set(1)), n_iterations=99)
    with pytest.raises(EvidenceError, match=r"26,100 voxels\) have other voxels, and"):
        conjunction([three_sets[0], cut], names=["box", "cut"])
    whole_brain = fwe(ALE().fit(a_set(1)), n_iterations=99)
    with pytest.raises(EvidenceError, match="are on different grids, and a conjunction needs one"):
        conjunction([three_sets[0], whole_brain], names=["box", "brain"])


def test_conjunction__refuses_the_same_evidence_twice(three_sets, set_protocol):
    with pytest.raises(EvidenceError, match=r"one and two hold the same evidence \(12 experi"):
        conjunction([three_sets[0], three_sets[0]], names=["one", "two"])
    renamed = infer(a_set(0, prefix="other"), set_protocol, atlases=())
    with pytest.raises(EvidenceError, match="agrees with itself; name each set once"):
        conjunction([three_sets[0], three_sets[1], renamed])


def test_conjunction__refuses_an_alpha_no_iteration_can_reach(three_sets):
    with pytest.raises(ArgumentError, match=r"the 199 iterations of set A can give is 0\.005"):
        conjunction(three_sets, alpha=0.001)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, "a", float("nan")])
def test_conjunction__refuses_an_alpha_that_is_none(three_sets, alpha):
    with pytest.raises(ArgumentError, match="'alpha' parameter of conjunction must be a number"):
        conjunction(three_sets, alpha=alpha)


def test_conjunction__refuses_a_level_that_is_none(three_sets):
    with pytest.raises(ArgumentError, match="'level' parameter of conjunction must be 'size' or"):
        conjunction(three_sets, level="tfce")


@pytest.mark.parametrize("names", [["a"], ["a", "a", "b"]])
def test_conjunction__refuses_names_that_do_not_fit(three_sets, names):
    with pytest.raises(ArgumentError, match="a name of its own for each of the 3 sets"):
        conjunction(three_sets, names=names)


def test_conjunction__takes_sets_that_were_made_by_hand(three_sets):
    sets = [TestedSet(name=n, corrected=r.fwe) for n, r in zip("xy", three_sets, strict=False)]
    found = conjunction(sets, alpha=0.05, level="size", atlases=())
    assert found.names == ["x", "y"]


def test_conjunction__many_sets(set_protocol):
    few = Protocol(**{**set_protocol.choices, "iterations": 39})
    sets = [infer(a_set(0, prefix=f"p{k}-", n_studies=8 + k), few, atlases=()) for k in range(5)]
    found = conjunction(sets, names=[str(k) for k in range(5)], atlases=())
    assert set(found.counts) == {1, 2, 3, 4, 5}
    assert found.shared
