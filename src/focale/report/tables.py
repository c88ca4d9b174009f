"""The tables of a reading: name, table, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.robustness.answers import Robustness
from focale.tables import clusters, contributions, evidence, labels, robustness

if TYPE_CHECKING:
    import pandas as pd


class Table(NamedTuple):
    """A table of a reading."""

    name: str
    frame: pd.DataFrame
    columns: Mapping[str, str]


def tables_of(result: DescriptiveResult | InferentialResult) -> Iterator[Table]:
    """The tables of a reading, in the order a reader wants them."""
    yield Table("clusters", clusters.cluster_frame(result), clusters.columns_of(result))
    by_atlas = [anatomy.clusters for anatomy in result.anatomy]
    yield Table("labels", labels.label_frame(by_atlas, result.clusters), labels.COLUMNS)
    if isinstance(result, InferentialResult):
        formed = clusters.formed_frame(result)
        yield Table("clustersFormed", formed, clusters.formed_columns(result))
    columns = contributions.columns_of(result)
    with_foci = {**columns, "n_foci": "Foci of the experiment in the cluster"}
    yield Table("contributions", contributions.contribution_frame(result), with_foci)
    yield Table("studies", contributions.study_frame(result), columns)
    if result.robustness is not None:
        yield from _of_robustness(result, result.robustness)
    yield Table(
        "experiments", evidence.experiment_frame(result), evidence.experiment_columns(result)
    )
    yield Table("foci", evidence.focus_frame(result), evidence.FOCUS_COLUMNS)


def _of_robustness(
    result: DescriptiveResult | InferentialResult, answers: Robustness
) -> Iterator[Table]:
    """Tables of what was asked about the robustness of a reading."""
    if answers.left_out:
        frame = robustness.left_out_frame(result, answers.left_out)
        yield Table("leftOut", frame, robustness.LEFT_OUT_COLUMNS)
    if answers.removals:
        frame = robustness.removal_frame(answers)
        yield Table("removals", frame, robustness.REMOVAL_COLUMNS)
    if answers.stability is not None:
        frame = robustness.stability_frame(answers.stability)
        yield Table("stability", frame, robustness.STABILITY_COLUMNS)
    if answers.fail_safe is not None:
        frame = robustness.fail_safe_frame(answers.fail_safe)
        yield Table("failSafe", frame, robustness.FAIL_SAFE_COLUMNS)
