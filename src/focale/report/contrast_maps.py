"""The maps of a contrast as files."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from focale.contrasts.difference import SIDES
from focale.contrasts.result import Contrast, ContrastDescription, ContrastResult
from focale.inference.clusters import CONTACTS
from focale.report.maps import MapFile
from focale.report.nifti import ESTIMATE, LABEL, P_VALUE, Z_SCORE


def maps_of_contrast(found: ContrastResult | ContrastDescription) -> Iterator[MapFile]:
    """The maps of a contrast; "first" and "second" in names are its sides."""
    for side in SIDES:
        of = found.first if side == "first" else found.second
        text = f"{found.statistic} of {found.name_of(side)}, unthresholded"
        yield MapFile(
            f"desc-{side}_stat-{found.first.words.key}_statmap",
            of.stat.values,
            ESTIMATE,
            found.statistic,
            {"Description": text},
        )
    drawn = found.subsample
    yield MapFile(
        "stat-difference_statmap",
        found.difference.values,
        ESTIMATE,
        "difference",
        {
            "Description": f"{found.statistic} of {found.sides.names[0]} less that of "
            f"{found.sides.names[1]}"
            + (f", mean over all subsamples of {drawn} of each" if drawn else ""),
        },
    )
    yield from _clusters(found)
    if isinstance(found, ContrastResult):
        yield from _tested(found)
    inside = np.ones(found.mask.n_voxels, dtype=np.int16)
    yield MapFile("desc-brain_mask", inside, LABEL, "mask", {"Description": "Analysed voxels"})


def _clusters(found: Contrast) -> Iterator[MapFile]:
    for side, of in found.listed.items():
        yield MapFile(
            f"desc-moreIn{side.capitalize()}_dseg",
            of.clusters.labels,
            LABEL,
            "clusters",
            {
                "Description": f"Listed clusters with more in {found.name_of(side)}, numbered as "
                "in the tables",
                "Connectivity": CONTACTS[of.clusters.connectivity],
            },
        )


def _tested(found: ContrastResult) -> Iterator[MapFile]:
    yield MapFile(
        "stat-z_statmap",
        found.z.values,
        Z_SCORE,
        "z",
        {
            "Description": "Standardised difference: the standard normal value of its place among "
            f"all labelings, positive where {found.sides.names[0]} has more",
        },
    )
    for side, tail in found.tails.items():
        more = f"more in {found.name_of(side)}"
        stem = f"desc-moreIn{side.capitalize()}"
        yield MapFile(
            f"{stem}_stat-p_statmap",
            tail.p.values,
            P_VALUE,
            "p",
            {"Description": f"One-sided p, uncorrected: {more}"},
        )
        about = {
            "Labelings": len(found.test.null),
            "AllLabelings": found.test.is_complete,
            "Directions": len(found.tails),
            "ClusterFormingP": found.test.settings.forming_p,
            "Seed": found.test.settings.seed,
        }
        for level, of in (
            ("voxel", "the standardised difference of a voxel"),
            ("size", "the size of the cluster a voxel belongs to; 1 outside clusters"),
            ("mass", "the mass of the cluster a voxel belongs to; 1 outside clusters"),
        ):
            yield MapFile(
                f"{stem}_level-{level}_corr-FWE_stat-p_statmap",
                tail.corrected(level).values,  # type: ignore[arg-type]  # the three levels
                P_VALUE,
                "p FWE",
                {"Description": f"Family-wise p of {of}: {more}", **about},
            )
    for side, gate in found.gates.items():
        yield MapFile(
            f"desc-gate{side.capitalize()}_mask",
            gate.inside.astype(np.int16),
            LABEL,
            "gate",
            {"Description": f"Where {found.name_of(side)} converges in a test of its own"},
        )
    if found.legacy is not None:
        yield MapFile(
            "desc-randomFociNotValid_stat-p_statmap",
            found.legacy.p.values,
            P_VALUE,
            "p, not valid",
            {
                "Description": "p of a balanced contrast against random foci, as other tools "
                "have it; not valid as a test of a difference",
                "FalsePositiveRateOnThisPool": found.legacy.rate,
            },
        )
