"""The picture of a conjunction: its slices cut the clusters, its legend names the sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import conjunction, infer
from focale.conjoining.tested_set import TestedSet
from focale.inference.clusters import Cluster, Clusters, Peak
from focale.plotting.conjunction import Slice, plot_conjunction, slices_of
from focale.plotting.style import save_figure
from tests.fixtures_sets import a_set
from tests.plotting.conftest import HOSTILE_NAMES


@pytest.fixture(scope="module")
def found(three_sets):
    return conjunction(three_sets, atlases=())


def with_clusters(found, members):
    clusters = found.clusters
    labels = np.zeros_like(clusters.labels)
    for number, member in enumerate(members, start=1):
        labels[member.positions] = number
    made = Clusters(tuple(members), labels, (), 0.0, 1, clusters.mask, 6)
    return replace(found, clusters=made)


def test_slices_of__one_cluster_is_shown_from_three_sides(found):
    (cluster,) = found.clusters
    x, y, z = cluster.peaks[0].mm
    assert slices_of(found) == [[Slice(0, x), Slice(1, y), Slice(2, z)]]


def test_slices_of__many_clusters_are_cut_from_below(found):
    whole = found.mask.mm(np.arange(found.mask.n_voxels))

    def column(*heights):
        """A cluster of voxels above each other, with its peak in the first."""
        at = [np.flatnonzero(np.all(whole == [4.0, 4.0, z], axis=1))[0] for z in heights]
        peak = Peak(3.0, int(at[0]), (4.0, 4.0, heights[0]))
        return Cluster(np.array(at), (peak,), peak.mm, 8.0 * len(at))

    members = [column(20.0), column(-10.0), column(-20.0), column(0.0, 2.0), column(6.0, 8.0)]
    rows = slices_of(with_clusters(found, members))
    assert rows == [[Slice(2, z) for z in (-20.0, -10.0, 0.0, 6.0)], [Slice(2, 20.0)]]
    cut_already = column(14.0, 16.0, 18.0, 20.0)
    assert slices_of(with_clusters(found, [*members, cut_already])) == rows


def test_slices_of__without_clusters_run_where_sets_survive(found):
    nothing = with_clusters(found, [])
    (row,) = slices_of(nothing)
    z = found.mask.mm(np.flatnonzero(found.n_surviving))[:, 2]
    assert all(np.abs(z - cut.mm).min() <= 1.0 for cut in row)
    nowhere = replace(nothing, n_surviving=np.zeros_like(found.n_surviving))
    assert len(slices_of(nowhere)[0]) >= 1


def test_plot_conjunction__names_sets_and_places(found, helpers, tmp_path):
    figure = plot_conjunction(found)
    texts = helpers.texts_of(figure)
    assert {"1", "L", "R", "P", "A", "Conjunction of 3 sets"} <= set(texts)
    assert "survives in all 3 sets; numbers as in the table" in texts
    for name in found.names:
        assert f"outline of what survives in {name}" in texts
    save_figure(figure, tmp_path / "slices", formats=("png",))


def test_plot_conjunction__of_nothing_in_common_says_so(found, helpers):
    texts = helpers.texts_of(plot_conjunction(with_clusters(found, []), "A title"))
    assert "no voxel survives in all 3 sets" in texts
    assert "A title" in texts


@pytest.mark.slow
def test_plot_conjunction__draws_hostile_names(found, helpers, tmp_path):
    for name in HOSTILE_NAMES:
        sets = (replace(found.sets[0], name=name), *found.sets[1:])
        figure = plot_conjunction(replace(found, sets=sets))
        save_figure(figure, tmp_path / "slices", formats=("svg",))


def test_plot_conjunction__of_many_sets(set_protocol, helpers):
    result = infer(a_set(0), set_protocol, atlases=())
    more = infer(a_set(1), set_protocol, atlases=())
    found = conjunction([result, more], atlases=())
    sets = tuple(TestedSet(name=f"set {k}", corrected=result.fwe) for k in range(14))
    many = replace(found, sets=sets, surviving=(found.surviving[0],) * 14)
    assert "and 2 more sets" in helpers.texts_of(plot_conjunction(many))
