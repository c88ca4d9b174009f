"""The output folder of a conjunction: maps, tables, a text and a page; whole or not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.conjoining.result import RULE, Conjunction
from focale.conjoining.tables import tables_of
from focale.inference.clusters import CONTACTS
from focale.io.atomic import atomic_folder
from focale.plotting.conjunction import plot_conjunction
from focale.plotting.style import save_figure
from focale.report.conjunction_page import conjunction_markdown, conjunction_page, title_of
from focale.report.files import write_json, write_table, write_text
from focale.report.maps import MapFile, write_map_files
from focale.report.nifti import ESTIMATE, LABEL, P_VALUE, Z_SCORE
from focale.report.provenance import DEPENDENCIES
from focale.tables import labels

if TYPE_CHECKING:
    import pandas as pd

LABEL_OF_FILES = "conjunction"
"""First part of the names of maps, tables and figures."""

PYTHON = "focale.conjunction(results)"


def write_conjunction(conjunction: Conjunction, folder: str | Path, command: str = PYTHON) -> None:
    """Write the maps, tables, figure and texts of a conjunction.

    Parameters
    ----------
    conjunction
        What `focale.conjunction` returned.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it, in which case
        it is replaced once the new one is complete.
    command
        The command that repeats it, the output folder written as OUT.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    with atomic_folder(Path(folder)) as unfinished:
        for name in ("maps", "tables", "figures"):
            (unfinished / name).mkdir()
        n_clusters = len(conjunction.clusters)
        maps = maps_of(conjunction)
        write_map_files(maps, conjunction.mask, unfinished / "maps", LABEL_OF_FILES, n_clusters)
        for name, (table, columns) in _tables(conjunction).items():
            write_table(unfinished / "tables" / f"{LABEL_OF_FILES}_{name}.tsv", table, columns)
        figure = unfinished / "figures" / f"{LABEL_OF_FILES}_slices"
        save_figure(plot_conjunction(conjunction), figure)
        picture = figure.with_suffix(".png")
        write_text(unfinished / "conjunction.md", conjunction_markdown(conjunction, command))
        page = conjunction_page(conjunction, command, picture.read_bytes())
        write_text(unfinished / "conjunction.html", page)
        write_json(unfinished / "conjunction.json", record_of(conjunction, command))
        write_json(
            unfinished / "dataset_description.json",
            {
                "Name": f"Conjunction of {title_of(conjunction)}",
                "BIDSVersion": "1.10.0",
                "DatasetType": "derivative",
                "GeneratedBy": [{"Name": "Focale", "Version": version("focale")}],
            },
        )


def maps_of(conjunction: Conjunction) -> Iterator[MapFile]:
    """The maps of a conjunction."""
    about = {
        "Rule": RULE,
        "Alpha": conjunction.alpha,
        "FamilywisePOf": conjunction.level,
        "Sets": conjunction.names,
    }
    yield MapFile(
        "stat-p_desc-conjunction_statmap",
        conjunction.p.values,
        P_VALUE,
        "p conjunction",
        {"Description": "Largest family-wise p of the sets", **about},
    )
    yield MapFile(
        "stat-z_desc-conjunction_statmap",
        conjunction.z.values,
        Z_SCORE,
        "z conjunction",
        {"Description": "Smallest z of the family-wise p of the sets; 0 where p >= .5", **about},
    )
    yield MapFile(
        "stat-z_desc-minimum_statmap",
        conjunction.height.values,
        Z_SCORE,
        "smallest z",
        {
            "Description": "Smallest z of the uncorrected p of the sets inside the conjunction, 0 "
            "elsewhere",
            **about,
        },
    )
    yield MapFile(
        "desc-setCount_statmap",
        conjunction.n_surviving.astype(np.int16),
        ESTIMATE,
        "set count",
        {
            "Description": "In how many sets the family-wise p is at most alpha. Descriptive: a "
            "count of sets tests nothing.",
            **about,
        },
    )
    yield MapFile(
        "desc-clusters_dseg",
        conjunction.clusters.labels,
        LABEL,
        "clusters",
        {
            "Description": "Clusters of the conjunction, numbered as in the tables",
            "Connectivity": CONTACTS[conjunction.clusters.connectivity],
            **about,
        },
    )
    inside = np.ones(conjunction.mask.n_voxels, dtype=np.int16)
    yield MapFile("desc-brain_mask", inside, LABEL, "mask", {"Description": "Analysed voxels"})


def _tables(conjunction: Conjunction) -> dict[str, tuple[pd.DataFrame, Mapping[str, str]]]:
    by_atlas = [anatomy.clusters for anatomy in conjunction.anatomy]
    named = labels.label_frame(by_atlas, conjunction.clusters)
    return {**tables_of(conjunction), "labels": (named, labels.COLUMNS)}


def record_of(conjunction: Conjunction, command: str) -> dict[str, Any]:
    """What was put together, by which rule, and what was noticed."""
    return {
        "Software": {"Name": "Focale", "Version": version("focale")},
        "Dependencies": {name: version(name) for name in DEPENDENCIES},
        "Command": command,
        "Rule": RULE,
        "Alpha": conjunction.alpha,
        "FamilywisePOf": conjunction.level,
        "Mask": {"Name": conjunction.mask.name, "SHA256": conjunction.mask.sha256},
        "Sets": [
            {
                "Name": name,
                "Source": own.studyset.record.source,
                "SHA256": own.studyset.record.sha256,
                "Experiments": len(own.studyset),
                "Foci": own.studyset.n_foci,
                "Protocol": None if own.protocol is None else own.protocol.fingerprint,
                "Iterations": own.corrected.n_iterations,
                "Seed": own.corrected.seed,
                "Command": own.command,
            }
            for name, own in zip(conjunction.names, conjunction.sets, strict=True)
        ],
        "Clusters": len(conjunction.clusters),
        "VolumeMm3": conjunction.volume_mm3,
        "VoxelsInExactlySoManySets": {str(k): n for k, n in conjunction.counts.items()},
        "InMoreThanOneSet": [
            {"Kind": s.kind, "Name": s.name, "Sets": [k + 1 for k in s.sets]}
            for s in conjunction.shared
        ],
        "Notes": list(conjunction.notes),
    }
