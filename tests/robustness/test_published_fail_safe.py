"""Fail-safe N beside what a paper's authors keep with their code (Enge et al. 2021)."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_fail_safe__has_the_published_order_of_magnitude(corpus):
    """Clusters far from their cut, whose number depends least on how the search is made."""
    from focale import fwe
    from focale.robustness.fail_safe import fail_safe
    from validation.published.enge2021 import THEIR_ALPHA, enge_result
    from validation.robustness import PUBLISHED_FSN, SEED, cluster_at, surviving

    corrected = fwe(enge_result("relatedness"), seed=SEED, connectivity=18)
    clusters = surviving(corrected, THEIR_ALPHA)
    found = fail_safe(corrected, clusters, THEIR_ALPHA, n_realisations=4, most=80, seed=SEED)
    for peak, mean, _, _ in PUBLISHED_FSN["relatedness"]:
        c = cluster_at(clusters, np.array(peak, dtype=float))
        assert c >= 0
        assert mean / 2 < found.values[:, c].mean() < 2 * mean
