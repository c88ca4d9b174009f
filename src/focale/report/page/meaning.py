"""What the threshold of a picture means, in words that stand beside it.

A reader may move the threshold, leave the listed clusters or leave an experiment out; none
of that is a reading under the protocol, and the words say so.
"""

from __future__ import annotations

import math

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import share_text, volume

_OF_WHAT = {"size": "cluster-size", "mass": "cluster-mass", "voxel": "voxel-level"}


def threshold_words(result: DescriptiveResult | InferentialResult) -> dict[str, str]:
    """Words for the threshold of the report: of all experiments, and without some.

    Returns
    -------
    dict
        `listed` and `any`: where only the listed clusters are drawn, and every voxel
        above the threshold; `listed_without` and `any_without`: the same for a map
        that lacks some experiments. `clusters` names the switch between them.
    """
    if isinstance(result, InferentialResult):
        return _inferential(result)
    return _descriptive(result)


def _descriptive(result: DescriptiveResult) -> dict[str, str]:
    cut = f"display-only: ALE > {result.display_threshold:.5f}"
    floor = volume(result.protocol.min_cluster_mm3)
    return {
        "clusters": "only listed clusters",
        "listed": f"{cut}, in clusters of {floor} or more"
        if len(result.clusters)
        else f"no cluster of {floor} or more is listed",
        "any": cut,
        "listed_without": f"{cut}, in the clusters listed for all experiments",
        "any_without": cut,
    }


def _inferential(result: InferentialResult) -> dict[str, str]:
    protocol, above = result.protocol, result.clusters.threshold
    level = _OF_WHAT[protocol.correction]
    kind = "voxel" if protocol.correction == "voxel" else "cluster"
    kept = f"{level} p(FWE) <= {share_text(protocol.alpha)}"
    formed = f"uncorrected p < {share_text(protocol.cluster_forming_p)}"
    if kind == "voxel":
        cut = f"ALE > {above:.5f}, the largest that does not survive"
    elif math.isfinite(above):
        cut = f"ALE > {above:.5f}, where clusters were formed ({formed}); not corrected"
    else:
        cut = f"any ALE (no voxel has an {formed}); not corrected"
    return {
        "clusters": "only clusters that survive",
        "listed": f"{kind}s with {kept}" if len(result.clusters) else f"no {kind} has a {kept}",
        "any": f"display-only: {cut}",
        "listed_without": f"display-only: ALE > {above:.5f} in the clusters that survive with all "
        "experiments; not tested anew",
        "any_without": f"display-only: {cut}; not tested anew",
    }
