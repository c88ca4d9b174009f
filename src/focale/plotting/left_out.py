"""What is lost of each cluster without each unit, as a table of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from focale.plotting.contributions import plot_contribution_heatmap
from focale.robustness.leave_out import LeftOut

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_left_out(found: LeftOut, cluster_names: Sequence[str]) -> Figure:
    """Share of each cluster that does not survive, or is not displayed, without each unit.

    Parameters
    ----------
    found
        The reading without each unit.
    cluster_names
        Names of the clusters, n_clusters of them.
    """
    unit = found.units.in_words
    return plot_contribution_heatmap(
        found.units.names,
        cluster_names,
        1 - found.kept_share,
        title=f"Share of each cluster lost without each {unit}",
        what=f"share of the cluster lost without the {unit}, all decided anew",
    )
