"""The output folder of a reading.

Names follow BIDS derivatives where BIDS has a word for it. The folder is written beside
its place under a temporary name and renamed when it is complete, so a folder that is
there is whole. Nothing in it depends on the time or the place of the run: equal runs
give equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from focale.correction.null_file import NULL_NAME
from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.io.atomic import atomic_folder
from focale.io.evidence import EVIDENCE_NAME, evidence_text
from focale.phrases import count
from focale.plotting.contributions import plot_contribution_bars, plot_contribution_heatmap
from focale.plotting.fail_safe import plot_fail_safe
from focale.plotting.foci import plot_foci
from focale.plotting.left_out import plot_left_out
from focale.plotting.maps import plot_ale_glass, plot_ale_slices, plot_clusters_glass
from focale.plotting.null import plot_null
from focale.plotting.stability import plot_stability
from focale.plotting.style import save_figure
from focale.report.files import write_json, write_table, write_text
from focale.report.interpretation import interpretation
from focale.report.maps import write_maps
from focale.report.markdown import escape
from focale.report.methods import methods
from focale.report.page.data import report_data
from focale.report.page.render import DATA_NAME, render
from focale.report.provenance import Run, write_provenance
from focale.report.references import bibtex, cited_in
from focale.report.robustness_text import stays
from focale.report.tables import tables_of
from focale.robustness.answers import Robustness


def label_of(source: str) -> str:
    """Letters and digits of a file name, to begin the names of outputs with.

    Examples
    --------
    >>> label_of("nidm_pain_studyset.json"), label_of("__.txt")
    ('nidmPainStudyset', 'ale')
    """
    first, *others = re.findall(r"[A-Za-z0-9]+", Path(source).stem) or ["ale"]
    return "".join([first, *(word[:1].upper() + word[1:] for word in others)])[:40]


def write_reading(
    result: DescriptiveResult | InferentialResult,
    folder: Path,
    run: Run,
    null: Path | None = None,
) -> None:
    """Write the maps, tables, figures and texts of a reading.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it, in which case
        it is replaced once the new one is complete.
    run
        How the result came about.
    null
        File of the Monte Carlo iterations, to be kept with the result.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    with atomic_folder(folder) as unfinished:
        for name in ("maps", "tables", "figures") if run.with_figures else ("maps", "tables"):
            (unfinished / name).mkdir()
        write_maps(result, unfinished / "maps", run.label)
        for name, table, columns in tables_of(result):
            write_table(unfinished / "tables" / f"{run.label}_{name}.tsv", table, columns)
        _write_texts(result, unfinished)
        write_provenance(result, unfinished, run)
        seen = result.evidence
        write_text(
            unfinished / EVIDENCE_NAME,
            evidence_text(seen.record, target=seen.target, space=seen.space),
        )
        data = report_data(result, run)
        write_json(unfinished / DATA_NAME, data)
        write_text(unfinished / "report.html", render(data))
        if null is not None:
            (unfinished / NULL_NAME).write_bytes(null.read_bytes())
        if run.with_figures:
            for name, draw in _figures(result).items():
                save_figure(draw(), unfinished / "figures" / f"{run.label}_{name}")


def _write_texts(result: DescriptiveResult | InferentialResult, folder: Path) -> None:
    used = methods(result, version("focale"))
    write_text(
        folder / "interpretation.md", f"# Interpretation\n\n{escape(interpretation(result))}"
    )
    write_text(folder / "methods.md", f"# Methods\n\n{escape(used)}")
    write_text(folder / "references.bib", bibtex(cited_in(used)))
    write_text(folder / "protocol.toml", result.protocol.to_toml())


def _figures(result: DescriptiveResult | InferentialResult) -> dict[str, Callable[[], Any]]:
    ids = [str(experiment_id) for experiment_id in result.studyset.ids]
    names = [f"Cluster {number}" for number in range(1, len(result.clusters) + 1)]
    key = result.words.key
    what: dict[str, Any] = {"statistic": result.words.statistic}
    figures: dict[str, Callable[[], Any]] = {
        "foci": lambda: plot_foci(result.studyset),
        f"{key}Glass": lambda: plot_ale_glass(result.stat, result.studyset, **what),
        "contributionBars": lambda: plot_contribution_bars(ids, result.mean_contributions, **what),
        "contributionMap": lambda: plot_contribution_heatmap(
            ids, names, result.contributions.mean_drop, **what
        ),
    }
    if result.robustness is not None:
        figures |= _of_robustness(result, result.robustness, names)
    if isinstance(result, InferentialResult):
        figures[f"{key}Slices"] = lambda: plot_ale_slices(
            result.surviving,
            result.clusters.threshold,
            _at(result),
            words=_kept_words(result),
            **what,
        )
        figures["clustersGlass"] = lambda: plot_clusters_glass(
            result.stat, result.clusters, _kept_words(result), **what
        )
        figures["nullMaxima"] = lambda: plot_null(result.fwe, result.protocol.alpha)
    else:
        figures[f"{key}Slices"] = lambda: plot_ale_slices(
            result.stat, result.display_threshold, result.stat.max_mm, **what
        )
    return figures


def _of_robustness(
    result: DescriptiveResult | InferentialResult, answers: Robustness, names: list[str]
) -> dict[str, Callable[[], Any]]:
    figures: dict[str, Callable[[], Any]] = {
        label_of(f"left out {found.units.kind}"): partial(plot_left_out, found, names)
        for found in answers.left_out
    }
    if answers.stability is not None:
        n = count(answers.stability.n_replicates, "replicate")
        title = f"Share of {n} in which a voxel {stays(result)}"
        figures["stability"] = partial(plot_stability, answers.stability, title)
    if answers.fail_safe is not None:
        figures["failSafe"] = partial(plot_fail_safe, answers.fail_safe, result.clusters)
    return figures


def _at(result: InferentialResult) -> tuple[float, float, float]:
    """Where slices are laid: through the highest surviving peak, or the highest of all."""
    return result.clusters.members[0].peaks[0].mm if len(result.clusters) else result.stat.max_mm


def _kept_words(result: InferentialResult) -> str:
    of = {"size": "cluster size", "mass": "cluster mass", "voxel": "voxels"}
    words = f"family-wise p of {of[result.protocol.correction]} <= {result.protocol.alpha:g}"
    return words if len(result.clusters) else f"no voxel has a {words}"
