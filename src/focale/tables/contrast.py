"""A contrast as tables: clusters of both directions, the sides, and the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focale.contrasts.difference import SIDES, Side
from focale.contrasts.result import Contrast, ContrastResult
from focale.inference.clusters import Peak
from focale.phrases import peak_name

if TYPE_CHECKING:
    import pandas as pd

Table = tuple["pd.DataFrame", dict[str, str]]

_PLACE = {
    "more_in": "Side that has more",
    "cluster": "Number of the cluster among those of its direction, the highest peak first",
    "peak": "The cluster's number for its highest peak, then a, b, c for further peaks",
    "x": "Left (-) to right (+), mm, in the space of the map",
    "y": "Back (-) to front (+), mm",
    "z": "Bottom (-) to top (+), mm",
    "stat_first": "Statistic of the first side at the peak",
    "stat_second": "Statistic of the second side at the peak",
    "difference": "First less second at the peak; of matched subsamples where so chosen",
    "label": "Label of the first atlas at the peak, or the nearest one with its distance",
}
_TESTED = {
    "z_value": "Standardised difference at the peak, positive where the first side has more",
    "p_uncorrected": "One-sided p of the peak, uncorrected",
    "p_voxel": "Family-wise p of the peak, among all voxels and directions asked",
    "p_size": "Family-wise p of the size of the formed cluster the peak lies in",
    "p_mass": "Family-wise p of its mass",
}
_SUPPORT = {
    "volume_mm3": "Volume of the cluster; first row of a cluster",
    "n_first": "Independent experiments of the first side with a focus in the cluster; first row",
    "n_second": "The same of the second side",
}
EXPERIMENT_COLUMNS = {
    "side": "Name of the side; empty for experiments left out because they were on both",
    "id": "Experiment: study id, hyphen, contrast id",
    "subject_group": "Participants; experiments of one group keep together in every labeling",
    "sample_size": "Participants",
    "n_foci": "Foci reported",
    "source": "Place in the source",
}
RECEIPT_COLUMNS = {
    "level": "What the family-wise p is of",
    "n_splits": "Random splits of the pool into sides as large as the real ones",
    "n_false": "Splits in which something had a p of at most alpha",
    "rate": "Their share",
    "low": "Lower end of its 95 % interval (Clopper and Pearson)",
    "high": "Upper end of it",
    "alpha": "Share that is allowed",
}


def tables_of_contrast(found: Contrast) -> dict[str, Table]:
    """Tables of a contrast and what their columns mean, by name."""
    tables = {"clusters": _clusters(found), "experiments": _experiments(found)}
    if isinstance(found, ContrastResult):
        tables["receipt"] = _receipt(found)
    return tables


def _clusters(found: Contrast) -> Table:
    import pandas as pd

    tested = _TESTED if isinstance(found, ContrastResult) else {}
    columns = {**_PLACE, **tested, **_SUPPORT}
    rows = []
    for side, number, cluster in found.rows():
        of = found.listed[side]
        for order, peak in enumerate(cluster.peaks):
            row: dict[str, Any] = {
                "more_in": found.name_of(side),
                "cluster": number + 1,
                "peak": peak_name(number + 1, order),
                **_of_peak(found, side, peak),
            }
            for anatomy in of.anatomy[:1]:
                row["label"] = str(anatomy.clusters[number].peaks[order])
            if order == 0:
                row["volume_mm3"] = cluster.volume_mm3
                row["n_first"] = int(of.n_first[number])
                row["n_second"] = int(of.n_second[number])
            rows.append(row)
    whole = {"n_first": "Int64", "n_second": "Int64"}
    return pd.DataFrame(rows, columns=list(columns)).astype(whole), columns


def _of_peak(found: Contrast, side: Side, peak: Peak) -> dict[str, Any]:
    maps = {
        "stat_first": found.first.ale,
        "stat_second": found.second.ale,
        "difference": found.difference,
    }
    if isinstance(found, ContrastResult):
        tail = found.tails[side]
        maps |= {
            "z_value": found.z,
            "p_uncorrected": tail.p,
            "p_voxel": tail.p_voxel,
            "p_size": tail.p_size,
            "p_mass": tail.p_mass,
        }
    place = dict(zip("xyz", peak.mm, strict=True))
    return {**place, **{name: of.values[peak.position] for name, of in maps.items()}}


def _experiments(found: Contrast) -> Table:
    """Every experiment as reported, also those that were left out of both sides."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for side, evidence in zip(SIDES, found.sides.reported, strict=True):
        kept = {str(i) for i in (found.sides.first if side == "first" else found.sides.second).ids}
        rows += [
            {
                "side": found.name_of(side) if str(e.id) in kept else "",
                "id": str(e.id),
                "subject_group": e.group,
                "sample_size": e.n_subjects,
                "n_foci": len(e.foci),
                "source": e.where,
            }
            for e in evidence
        ]
    return pd.DataFrame(rows, columns=list(EXPERIMENT_COLUMNS)), EXPERIMENT_COLUMNS


def _receipt(found: ContrastResult) -> Table:
    import pandas as pd

    made = found.receipt
    rows: list[tuple[object, ...]] = [
        (level, made.n_splits, n, made.rate(level), *made.interval(level), made.alpha)
        for level, n in made.n_false.items()
    ]
    if found.legacy is not None:
        old = found.legacy
        rows.append(
            (
                "random foci (not valid)",
                old.n_splits,
                old.n_false,
                old.rate,
                *old.interval,
                old.alpha,
            )
        )
    return pd.DataFrame(rows, columns=list(RECEIPT_COLUMNS)), RECEIPT_COLUMNS
