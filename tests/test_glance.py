"""A result at a glance: hostile names stay text, and the picture is the map."""

from __future__ import annotations

import base64
import io
import re

import numpy as np

from focale.glance import glance
from focale.space.voxelmap import VoxelMap
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import box_mask


def test_glance__names_and_texts_are_text():
    mask = box_mask((3, 4, 5))
    text = glance("<b>", {"<script>": 'a & "b"</td>'}, VoxelMap(np.arange(60.0), mask), "A<L>E")
    assert "<strong>&lt;b&gt;</strong>" in text
    assert "<script>" not in text
    assert "Largest A&lt;L&gt;E along x" in text
    assert "a &amp; &quot;b&quot;&lt;/td&gt;" in text


def test_glance__the_picture_has_three_views():
    from matplotlib.image import imread

    mask = box_mask((3, 4, 5))
    values = np.zeros(60)
    values[mask.index[2, 0, 4]] = 1.0
    text = glance("", {}, VoxelMap(values, mask), "ALE")
    content = base64.b64decode(re.search(r"base64,([^']+)'", text)[1])
    picture = imread(io.BytesIO(content))[::2, ::2]
    assert picture.shape == (5, 4 + 4 + 3 + 4 + 3 + 4, 4)
    brightest = np.argwhere(np.all(picture[..., :3] == picture[0, 0, :3], axis=-1))
    # From the left: y to the right and z up; x and z; x and y, which lies at the bottom.
    assert [0, 0] in brightest.tolist()
    assert [0, 4 + 4 + 2] in brightest.tolist()
    assert [4, 4 + 4 + 3 + 4 + 2] in brightest.tolist()
    assert len(brightest) == 3


def test_glance__of_a_map_of_zeros():
    mask = box_mask((3, 3, 3))
    assert "base64," in glance("t", {}, VoxelMap(np.zeros(27), mask), "ALE")


def test_reading__shows_itself(pain8_described):
    text = pain8_described._repr_html_()
    assert "DescriptiveResult" in text
    assert "8 independent studies with foci" in text
    assert "4 above the display-only threshold" in text
    assert len(text) < 40_000


def test_results__show_themselves(pain8_result):
    from focale import fwe

    assert "8 studies" in pain8_result._repr_html_()
    text = fwe(pain8_result, n_iterations=50)._repr_html_()
    assert "with cluster-size p_FWE &lt;= .05 (50 iterations)" in text
