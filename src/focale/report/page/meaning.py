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
    protocol = result.protocol
    level = protocol.correction
    kept = f"{_OF_WHAT[level]} p(FWE) <= {share_text(protocol.alpha)}"
    kind = "voxels" if level == "voxel" else "clusters"
    formed = f"uncorrected p < {share_text(protocol.cluster_forming_p)}"
    above = result.clusters.threshold
    if level == "voxel":
        cut = f"ALE > {above:.5f}, the largest with a {_OF_WHAT[level]} p(FWE) above alpha"
    elif math.isfinite(above):
        cut = f"ALE > {above:.5f}, where clusters were formed ({formed}); not corrected"
    else:
        cut = f"no voxel has an {formed}"
    any_words = f"display-only: {cut}"
    return {
        "clusters": "only clusters that survive",
        "listed": f"{kind} with {kept}"
        if len(result.clusters)
        else f"no {kind[:-1]} has a {kept}",
        "any": any_words,
        "listed_without": "display-only: the same level of ALE, in the clusters that survive with "
        "all experiments; not tested anew",
        "any_without": f"{any_words}; not tested anew",
    }
