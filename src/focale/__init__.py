"""Focale: honest maps from reported brain coordinates.

Names are loaded when they are first used, so that ``import focale`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from focale.atlases.clusters import label_clusters as label_clusters
    from focale.atlases.finding import available_atlases as available_atlases
    from focale.atlases.finding import find_atlas as find_atlas
    from focale.atlases.reading import read_atlas as read_atlas
    from focale.coactivation.macm import macm as macm
    from focale.comparison.compare import compare as compare
    from focale.conjoining.conjunction import conjunction as conjunction
    from focale.contrasts.chi2 import MKDAChi2 as MKDAChi2
    from focale.contrasts.contrast import ContrastOptions as ContrastOptions
    from focale.contrasts.contrast import contrast as contrast
    from focale.contrasts.subtraction import ALESubtraction as ALESubtraction
    from focale.correction.correctors import FDRCorrector as FDRCorrector
    from focale.correction.correctors import FWECorrector as FWECorrector
    from focale.correction.fwe import fwe as fwe
    from focale.correction.fwe import fwe_shard as fwe_shard
    from focale.correction.null_file import merge_nulls as merge_nulls
    from focale.correction.scale import scale as scale
    from focale.correction.scale_habit import SCALE as SCALE
    from focale.correction.voxelwise import bonferroni as bonferroni
    from focale.correction.voxelwise import fdr as fdr
    from focale.datasets import pain_studyset_path as pain_studyset_path
    from focale.descriptive import describe as describe
    from focale.diagnostics.jackknife import FocusCounter as FocusCounter
    from focale.diagnostics.jackknife import Jackknife as Jackknife
    from focale.estimators.ale import ALE as ALE
    from focale.estimators.kda import KDA as KDA
    from focale.estimators.mkda import MKDADensity as MKDADensity
    from focale.examination import examine as examine
    from focale.inferential import infer as infer
    from focale.planning.plan import plan as plan
    from focale.protocol.assess import assess as assess
    from focale.protocol.protocol import Protocol as Protocol
    from focale.report.interpretation import interpretation as interpretation
    from focale.report.methods import methods as methods
    from focale.report.page.notebook import view as view
    from focale.robustness.answers import Questions as Questions
    from focale.studyset.findings import check as check
    from focale.studyset.model import Studyset as Studyset
    from focale.studyset.reading import read as read
    from focale.studyset.summary import summarize as summarize
    from focale.workflow import describe_into as describe_into
    from focale.workflow import run_into as run_into

_HOME = {
    "ALE": "focale.estimators.ale",
    "ALESubtraction": "focale.contrasts.subtraction",
    "ContrastOptions": "focale.contrasts.contrast",
    "FDRCorrector": "focale.correction.correctors",
    "FWECorrector": "focale.correction.correctors",
    "FocusCounter": "focale.diagnostics.jackknife",
    "Jackknife": "focale.diagnostics.jackknife",
    "KDA": "focale.estimators.kda",
    "MKDAChi2": "focale.contrasts.chi2",
    "MKDADensity": "focale.estimators.mkda",
    "Protocol": "focale.protocol.protocol",
    "Questions": "focale.robustness.answers",
    "SCALE": "focale.correction.scale_habit",
    "Studyset": "focale.studyset.model",
    "assess": "focale.protocol.assess",
    "available_atlases": "focale.atlases.finding",
    "bonferroni": "focale.correction.voxelwise",
    "check": "focale.studyset.findings",
    "compare": "focale.comparison.compare",
    "conjunction": "focale.conjoining.conjunction",
    "contrast": "focale.contrasts.contrast",
    "describe": "focale.descriptive",
    "describe_into": "focale.workflow",
    "examine": "focale.examination",
    "fdr": "focale.correction.voxelwise",
    "find_atlas": "focale.atlases.finding",
    "fwe": "focale.correction.fwe",
    "fwe_shard": "focale.correction.fwe",
    "infer": "focale.inferential",
    "interpretation": "focale.report.interpretation",
    "label_clusters": "focale.atlases.clusters",
    "macm": "focale.coactivation.macm",
    "merge_nulls": "focale.correction.null_file",
    "methods": "focale.report.methods",
    "pain_studyset_path": "focale.datasets",
    "plan": "focale.planning.plan",
    "read": "focale.studyset.reading",
    "read_atlas": "focale.atlases.reading",
    "run_into": "focale.workflow",
    "scale": "focale.correction.scale",
    "summarize": "focale.studyset.summary",
    "view": "focale.report.page.notebook",
}

__all__ = [
    "ALE",
    "KDA",
    "SCALE",
    "ALESubtraction",
    "ContrastOptions",
    "FDRCorrector",
    "FWECorrector",
    "FocusCounter",
    "Jackknife",
    "MKDAChi2",
    "MKDADensity",
    "Protocol",
    "Questions",
    "Studyset",
    "assess",
    "available_atlases",
    "bonferroni",
    "check",
    "compare",
    "conjunction",
    "contrast",
    "describe",
    "describe_into",
    "examine",
    "fdr",
    "find_atlas",
    "fwe",
    "fwe_shard",
    "infer",
    "interpretation",
    "label_clusters",
    "macm",
    "merge_nulls",
    "methods",
    "pain_studyset_path",
    "plan",
    "read",
    "read_atlas",
    "run_into",
    "scale",
    "summarize",
    "view",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("focale")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'focale' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
