"""The bundled atlas is what it says it is, and has the licence with it."""

from __future__ import annotations

import numpy as np
import pytest

from focale.atlases.bundled import IMAGE, LABELS, bundled_path, desikan_killiany
from focale.space.targets import standard_mask


@pytest.mark.parametrize(
    ("place", "name", "distance_mm"),
    [
        ((38, 4, 2), "R insula", 0),
        ((54, -28, 20), "R supramarginal", 2),
        ((2, 4, 52), "R superior frontal", np.sqrt(8)),
        ((-32, -60, -34), "L cerebellum cortex", 0),
        ((12, -18, 6), "R thalamus", 0),
        ((-24, -4, -18), "L amygdala", 0),
    ],
)
def test_desikan_killiany__names_known_places(place, name, distance_mm):
    label = desikan_killiany().label_at(place)
    assert label.name == name
    assert label.distance_mm == pytest.approx(distance_mm, abs=1e-5)


def test_desikan_killiany__is_on_the_grid_of_the_bundled_mask():
    atlas, mask = desikan_killiany(), standard_mask()
    assert atlas.grid.shape == mask.grid.shape
    assert np.array_equal(atlas.grid.affine, mask.grid.affine)
    assert np.mean(atlas.volume[mask.inside] > 0) == pytest.approx(0.774, abs=0.001)


def test_desikan_killiany__names_every_label_once_and_says_the_side():
    atlas = desikan_killiany()
    names = list(atlas.labels.values())
    assert sorted(atlas.labels) == list(range(1, 113))
    assert len(set(names)) == len(names)
    left = {name[2:] for name in names if name.startswith("L ")}
    assert left == {name[2:] for name in names if name.startswith("R ")}
    assert len(left) == 50


def test_desikan_killiany__left_is_left():
    atlas = desikan_killiany()
    for number, name in atlas.labels.items():
        x = atlas.grid.to_mm(np.argwhere(atlas.volume == number).astype(float))[:, 0].mean()
        assert {"L": x < 0, "R": x > 0}.get(name.split()[0], True), name


def test_desikan_killiany__is_small_and_carries_its_licence():
    assert bundled_path(IMAGE).stat().st_size < 54_000
    assert bundled_path(LABELS).read_text().startswith("index\tname\t")
    licence = bundled_path("LICENSE.FreeSurfer.txt").read_text()
    assert licence.startswith(
        'All or portions of this licensed product (such portions are the "Soft'
    )
    assert "PART B. DOWNLOADING AGREEMENT" in licence
    assert "FreeSurfer" in desikan_killiany().licence
