"""The habit layer: NiMARE's names for maps and tables.

Scripts written for NiMARE ask for maps and tables by strings. This file translates
them to attributes and holds every such name; nothing inside Focale calls it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from focale._check import check_choice
from focale.errors import ArgumentError
from focale.inference.clusters import Clusters
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray, StrArray

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTES = {"stat": "stat", "p": "p", "z": "z", "logp": "logp"}
LABELS = "label_tail-positive"


class NimareNames:
    """Maps and tables of a result under NiMARE's names."""

    __slots__ = ()

    map_names: tuple[str, ...]
    corrected: Mapping[str, VoxelMap] = MappingProxyType({})
    tables: Mapping[str, pd.DataFrame]
    labels: VoxelMap | None

    def get_map(self, name: str, return_type: Literal["image", "array"] = "image") -> Any:
        """Map by NiMARE's name.

        Parameters
        ----------
        name
            "stat" (the statistic), "p", "z" or "logp" (-log10 p); after a corrector also its
            maps, after a diagnostic "label_tail-positive".
        return_type
            "image" for an image of nibabel, "array" for the values in mask order; both are
            copies that may be changed.
        """
        check_choice("return_type", "get_map", return_type, ("image", "array"))
        voxel_map = self._map(name)
        return voxel_map.image if return_type == "image" else voxel_map.values.copy()

    @property
    def maps(self) -> dict[str, FloatArray]:
        """Values of all maps, in mask order, by NiMARE's names."""
        labels = [LABELS] if self.labels is not None else []
        names = [*self.map_names, *self.corrected, *labels]
        return {name: self._map(name).values.copy() for name in names}

    def save_maps(self, output_dir: str | Path = ".", prefix: str = "") -> None:
        """Write all maps as `<prefix>_<name>.nii.gz`, float32."""
        import nibabel

        directory = Path(output_dir)
        directory.mkdir(parents=True, exist_ok=True)
        for name in self.maps:
            voxel_map = self._map(name)
            volume = voxel_map.volume.astype(np.float32)
            image = nibabel.Nifti1Image(volume, voxel_map.mask.grid.affine)
            nibabel.save(image, directory / f"{_prefixed(prefix, name)}.nii.gz")

    def save_tables(self, output_dir: str | Path = ".", prefix: str = "") -> None:
        """Write all tables as `<prefix>_<name>.tsv`."""
        directory = Path(output_dir)
        directory.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            path = directory / f"{_prefixed(prefix, name)}.tsv"
            table.to_csv(path, sep="\t", index=False, lineterminator="\n")

    def _map(self, name: str) -> VoxelMap:
        check_choice("name", "get_map", name, (*ATTRIBUTES, *self.corrected, LABELS))
        if name in self.corrected:
            return self.corrected[name]
        if name in ATTRIBUTES:
            voxel_map: VoxelMap = getattr(self, ATTRIBUTES[name])
            return voxel_map
        if self.labels is None:
            raise ArgumentError(
                f"the map {name!r} is made by Jackknife or FocusCounter; call get_map on what "
                "their transform returns"
            )
        return self.labels


def cluster_table_name(target: str) -> str:
    """Key of the cluster table of a map."""
    return f"{target}_tab-clust"


def counts_table_name(target: str, diagnostic: str) -> str:
    """Key of the table a diagnostic makes of a map."""
    return f"{target}_diag-{diagnostic}_tab-counts_tail-positive"


def cluster_table(clusters: Clusters) -> pd.DataFrame:
    """Peaks of all clusters, with NiMARE's columns: `PositiveTail 1`, `PositiveTail 1a`."""
    import pandas as pd

    rows = []
    for number, cluster in enumerate(clusters, start=1):
        for order, peak in enumerate(cluster.peaks):
            name = f"PositiveTail {number}{'' if order == 0 else chr(ord('a') + order - 1)}"
            size = round(cluster.volume_mm3) if order == 0 else ""
            rows.append((name, *peak.mm, peak.value, size))
    columns = ["Cluster ID", "X", "Y", "Z", "Peak Stat", "Cluster Size (mm3)"]
    return pd.DataFrame(rows, columns=columns)


def counts_table(ids: StrArray | Sequence[str], counts: FloatArray | IntArray) -> pd.DataFrame:
    """One row an experiment, one column a cluster, with NiMARE's names.

    Parameters
    ----------
    ids
        Shape (n_experiments,).
    counts
        Shape (n_experiments, n_clusters).
    """
    import pandas as pd

    columns = [f"PositiveTail {number}" for number in range(1, counts.shape[1] + 1)]
    table = pd.DataFrame(counts, columns=columns)
    table.insert(0, "id", list(ids))
    return table


def _prefixed(prefix: str, name: str) -> str:
    return f"{prefix}_{name}" if prefix else name
