"""What the threshold of a picture means, in words that stand beside it.

A reader may move the threshold, leave the listed clusters or leave an experiment out; none
of that is a reading under the protocol, and the words say so.
"""

from __future__ import annotations

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import share_text, volume
from focale.report.inferential_text import OF_WHAT


def threshold_words(result: DescriptiveResult | InferentialResult, shown: float) -> dict[str, str]:
    """Words for the threshold of the report: of all experiments, and without some.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    shown
        Value the picture is cut at.

    Returns
    -------
    dict
        `listed` and `any`: where only the listed clusters are drawn, and every voxel
        above the threshold; `listed_without` and `any_without`: the same for a map
        that lacks some experiments. `clusters` names the switch between them.
    """
    if isinstance(result, InferentialResult):
        return _inferential(result, shown)
    return _descriptive(result)


def _descriptive(result: DescriptiveResult) -> dict[str, str]:
    cut = f"display-only: {result.words.exceeds(result.display_threshold)}"
    floor = volume(result.protocol.min_cluster_mm3)
    words = {
        "clusters": "only listed clusters",
        "listed": f"{cut}, in clusters of {floor} or more",
        "any": cut,
        "listed_without": f"{cut}, in the clusters listed for all experiments",
        "any_without": cut,
    }
    if not len(result.clusters):
        words["listed"] = words["listed_without"] = f"no cluster of {floor} or more is listed"
    return words


def _inferential(result: InferentialResult, shown: float) -> dict[str, str]:
    protocol = result.protocol
    level = OF_WHAT[protocol.correction]
    kind = "voxel" if protocol.correction == "voxel" else "cluster"
    kept = f"{level} p(FWE) <= {share_text(protocol.alpha)}"
    cut = result.words.exceeds(shown)
    formed = f"uncorrected p < {share_text(protocol.cluster_forming_p)}"
    if kind == "voxel":
        any_words = f"display-only: {cut}, the largest that does not survive"
    elif shown == result.clusters.threshold:
        any_words = f"display-only: {cut}, where clusters were formed ({formed}); not corrected"
    else:
        any_words = f"display-only: {cut}; no voxel has an {formed}"
    words = {
        "clusters": "only clusters that survive",
        "listed": f"{kind}s with {kept}",
        "any": any_words,
        "listed_without": f"display-only: {cut} in the clusters that survive with all "
        "experiments; not tested anew",
        "any_without": f"{any_words}; not tested anew",
    }
    if not len(result.clusters):
        words["listed"] = words["listed_without"] = f"no {kind} has a {kept}"
    return words
