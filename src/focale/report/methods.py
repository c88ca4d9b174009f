"""The methods paragraph, from the settings actually used."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from focale.correction.p_values import PRule
from focale.descriptive import DescriptiveResult
from focale.inference.clusters import CONTACTS
from focale.inferential import InferentialResult
from focale.phrases import count, listed, one_line, volume
from focale.protocol.profiles import profile_of
from focale.protocol.protocol import Protocol
from focale.report.references import cite, with_citations
from focale.report.robustness_methods import robustness_methods
from focale.studyset.others import taken_as

_CONVERSIONS = {
    "pooled": f"the pooled matrix {cite('lancaster2007')}",
    "spm": f"the SPM matrix {cite('lancaster2007')}",
    "fsl": f"the FSL matrix {cite('lancaster2007')}",
    "brett": f"the inverse of mni2tal {cite('brett2002')}",
}


AnyReading: TypeAlias = DescriptiveResult | InferentialResult


def methods(result: AnyReading, version: str) -> str:
    """Methods paragraph of a reading.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    version
        Version of Focale that made it.

    Returns
    -------
    str
        Plain text with citations in brackets; `references.cited_in` finds their keys.
    """
    sentences = [
        _software(result, version),
        _evidence(result),
        *_space(result),
        _footprints(result),
        with_citations(result.words.within),
        _decision(result),
    ]
    if isinstance(result, InferentialResult):
        sentences += [
            _uncorrected(result),
            _null(result),
            *_sequential(result),
            _corrected(result),
        ]
        sentences += _tfce(result)
    else:
        sentences.append(_display(result))
    sentences += [_dependence(result), *robustness_methods(result), *_anatomy(result)]
    return " ".join(sentences)


def _software(result: AnyReading, version: str) -> str:
    method = with_citations(result.words.method)
    return (
        f"Reported coordinates were summarized with {method} as implemented in Focale {version}."
    )


def _evidence(result: AnyReading) -> str:
    studyset = result.studyset
    is_known = bool(np.isfinite(studyset.n_subjects).all())
    participants = f" and {studyset.n_participants:g} participants" if is_known else ""
    reported = [member for experiment in studyset for member in experiment.reported]
    n_studies = len({member.study_id for member in reported})
    outside = int(np.count_nonzero(result.mask.position_of(studyset.foci_mm) < 0))
    text = (
        f"The evidence base had {count(n_studies, 'study', 'studies')} with "
        f"{count(len(reported), 'experiment')}, {count(studyset.n_foci, 'focus', 'foci')}"
        f"{participants}."
    )
    if len(reported) > len(studyset):
        text += (
            f" Experiments of the same participants were pooled {cite('turkeltaub2012')}, which "
            f"left {len(studyset)}; a pooled experiment has the "
            f"{'smallest' if result.protocol.pooled_n == 'min' else 'largest'} sample size of its "
            "members."
        )
    n_lost = len(result.evidence) - len(taken_as(result.evidence, result.protocol.reading))
    if n_lost:
        text += (
            f" To compare with NiMARE 0.22, {count(n_lost, 'experiment')} that its reader loses "
            "(a repeated header, or no foci) did not take part."
        )
    if outside:
        text += (
            f" {count(outside, 'focus', 'foci')} lay outside the mask and counted with the part "
            "of the footprint inside it."
        )
    return text


def _space(result: AnyReading) -> list[str]:
    studyset = result.studyset
    return [
        f"{count(n, 'focus', 'foci')} reported in Talairach space {'was' if n == 1 else 'were'} "
        f"converted to MNI space with {_CONVERSIONS[matrix]}."
        for matrix, n in studyset.n_converted_by.items()
    ]


def _footprints(result: AnyReading) -> str:
    protocol, mask = result.protocol, result.mask
    edges = " x ".join(f"{edge:g}" for edge in np.round(mask.grid.voxel_size_mm, 3))
    placed = {
        "exact": "evaluated at voxel centres from the unrounded focus",
        "nearest": "centred on the voxel nearest to the focus",
        "jale": "centred on the next voxel left, in front and above (as JALE does)",
    }[protocol.placement]
    return (
        f"Each focus was modelled by {with_citations(result.map.footprint_words)}, {placed}, on a "
        f"grid of {edges} mm within {mask.name} ({mask.n_voxels:,} voxels)."
    )


def _decision(result: AnyReading) -> str:
    protocol = result.protocol
    if protocol.declared:
        declared = f"A protocol declared on {one_line(protocol.declared)}"
    elif protocol.fingerprint == Protocol().fingerprint:
        declared = "The default protocol of Focale"
    else:
        declared = "A protocol without a date of declaration"
    if isinstance(result, InferentialResult):
        mode = "the evidence was read inferentially"
    elif result.decision.mode == "descriptive":
        mode = "the evidence was read descriptively: no null distribution, p or z was computed"
    else:
        mode = (
            "an inferential reading would have been allowed; this is the descriptive reading: no "
            "null distribution, p or z was computed"
        )
    deviations = [
        f'{one_line(d.changes, 400)} ("{one_line(d.reason, 400)}", {one_line(d.declared)})'
        for d in protocol.deviations
    ]
    deviated = f" Deviations from it: {listed(deviations)}." if deviations else ""
    if protocol.profile:
        tool = profile_of(protocol.profile).title
        deviated = f" Its choices were taken from {tool}, as far as they are known.{deviated}"
    return (
        f"{declared} (fingerprint {protocol.fingerprint[:12]}) asks for at least "
        f"{protocol.min_experiments} independent {result.decision.unit} for an inferential "
        "reading "
        f"{cite('eickhoff2016', 'muller2018')}. With {result.decision.n_independent}, {mode}."
        f"{deviated}"
    )


def _display(result: DescriptiveResult) -> str:
    protocol, cut = result.protocol, result.words.exceeds(result.display_threshold)
    return (
        "For display only, the map is cut at the "
        f"{protocol.display_percentile:g}th percentile of its non-zero values ({cut}); clusters "
        f"are voxels above it that share faces, listed from {volume(protocol.min_cluster_mm3)} "
        "on, with peaks at least 8 mm apart."
    )


def _uncorrected(result: InferentialResult) -> str:
    binned = " of histograms with bins of 1e-5" if result.protocol.null == "eickhoff2012" else ""
    words = result.words
    return (
        f"Uncorrected p values follow from the distribution of {words.statistic} at a voxel if "
        "the experiments were independent of each other in "
        f"space{with_citations(words.null)}{binned}."
    )


def _null(result: InferentialResult) -> str:
    corrected, words = result.fwe, result.words
    formed = "no voxel was as rare"
    if np.isfinite(corrected.threshold):
        formed = f"{words.statistic} >= {words.value(corrected.threshold)}"
    return (
        f"Clusters were formed at an uncorrected p < {corrected.cluster_forming_p:g} ({formed}) "
        f"from voxels that share {CONTACTS[corrected.connectivity]}. The family-wise error was "
        f"controlled by Monte Carlo: in each of {count(corrected.n_iterations, 'iteration')} "
        f"(seed {corrected.seed}) every focus was moved to a voxel drawn uniformly from "
        f"{corrected.sampling.name} ({corrected.sampling.n_voxels:,} voxels), with {words.kept} "
        f"as observed, and the largest {words.statistic}, cluster size and cluster mass of the "
        f"map were kept. {_p_rule(corrected.p_rule)}."
    )


def _p_rule(rule: PRule) -> str:
    if rule == "b/B":
        return (
            "p = b / B, within 1 / B and 1 - 1 / B, b of the B iterations being at least as large "
            "as what is observed; it is the rule of the tool this is compared with, and too small "
            "where b is small"
        )
    return (
        "p = (b + 1) / (B + 1), b of the B iterations being at least as large as what is observed "
        f"{cite('phipson2010')}"
    )


def _sequential(result: InferentialResult) -> list[str]:
    h = result.fwe.stop_after
    if h is None:
        return []
    return [
        f"The test was sequential {cite('besag1991')}: for what had {h} iterations as large "
        f"before the last, p = {h} / l with the last of these at iteration l."
    ]


def _corrected(result: InferentialResult) -> str:
    protocol, corrected = result.protocol, result.fwe
    if protocol.correction == "voxel":
        return (
            f"Voxels with a family-wise p of at most {protocol.alpha:g} were kept, and clusters "
            "are groups of such voxels."
        )
    of = {
        "size": f"the p of its size was at most {protocol.alpha:g} {cite('eickhoff2016')}, which "
        f"took {count(corrected.smallest_size(protocol.alpha), 'voxel')}",
        "mass": f"the p of its mass (the sum of {result.words.mass} above the threshold) was "
        f"at most {protocol.alpha:g}",
    }[protocol.correction]
    return (
        f"A cluster was kept if {of}. Peaks are those of {result.words.statistic}, at least 8 mm "
        "apart."
    )


def _tfce(result: InferentialResult) -> list[str]:
    if result.fwe.tfce is None:
        return []
    return [
        f"Threshold-free cluster enhancement {cite('smith2009')} of z was computed too, without "
        "steps, with E = 0.5 and H = 2, and corrected by the same iterations; it "
        f"{result.words.tfce}, and not recommended to the general user "
        f"{cite('frahm2022')}."
    ]


def _dependence(result: AnyReading) -> str:
    statistic = result.words.statistic
    return (
        "What each experiment and each study contributes to a cluster was computed by leaving it "
        "out, in closed form: the mean over the voxels of the cluster of 1 - S_i / S, S being the "
        f"{statistic} of all experiments and S_i the {statistic} of the others; its share is this "
        "number over the sum of all."
    )


def _anatomy(result: AnyReading) -> list[str]:
    """Where anatomical labels come from, and what is said of the atlas."""
    sentences = []
    for anatomy in result.anatomy:
        atlas = anatomy.atlas
        cited = f" (cite {one_line(atlas.citation, 400).rstrip('.')})" if atlas.citation else ""
        sentences.append(
            f"Labels of peaks and clusters are those of the atlas {one_line(atlas.title)}{cited}."
        )
        sentences += [
            f"{note[:1].upper()}{note[1:]}." for note in atlas.notes_for(result.mask.space)
        ]
    return sentences
