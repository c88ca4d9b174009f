from __future__ import annotations

import numpy as np
import pytest

from focale.plotting.brain import VIEWS, draw_outline


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_draw_outline__is_the_outline_that_nilearn_draws(view):
    from matplotlib.figure import Figure
    from nilearn.plotting.glass_brain import plot_brain_schematics

    ours, theirs = Figure().subplots(1, 2)
    draw_outline(ours, view)
    plot_brain_schematics(theirs, "yxz"[VIEWS.index(view)])

    def points(ax):
        # nilearn draws piece by piece, Focale line by line: the points are the same
        all_points = [
            (patch.get_transform() - ax.transData).transform(patch.get_path().vertices)
            for patch in ax.patches
        ]
        return np.unique(np.round(np.concatenate(all_points), 6), axis=0)

    np.testing.assert_allclose(points(ours), points(theirs), atol=1e-5)
