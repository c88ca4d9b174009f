from __future__ import annotations

import numpy as np

from focale.plotting.left_out import plot_left_out
from focale.robustness.leave_out import LeftOut
from focale.robustness.units import Units


def test_plot_left_out__draws_what_is_lost(helpers):
    kept = np.array([[1.0, 0.25], [0.0, 0.5], [1.0, 1.0]])
    units = Units("subject_group", ("one", "two", "three"), np.arange(3))
    found = LeftOut(units, kept > 0, kept, 0 * kept, 0 * kept, np.zeros(3, dtype=int))
    figure = plot_left_out(found, ["Cluster 1", "Cluster 2"])
    np.testing.assert_array_equal(
        sorted(figure.axes[0].images[0].get_array().tolist()), sorted((1 - kept).tolist())
    )
    texts = helpers.texts_of(figure)
    assert {"one", "two", "three", "Cluster 1", "Cluster 2"} <= set(texts)
    assert "Share of each cluster lost without each subject group" in texts
