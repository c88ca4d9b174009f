"""Tables of a conjunction, with what their columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focale.phrases import one_line, peak_name

if TYPE_CHECKING:
    import pandas as pd

    from focale.conjoining.result import Conjunction


def tables_of(conjunction: Conjunction) -> dict[str, tuple[pd.DataFrame, dict[str, str]]]:
    """Tables by name, each with a description of its columns."""
    return {
        "clusters": _clusters(conjunction),
        "clusterSets": _cluster_sets(conjunction),
        "counts": _counts(conjunction),
        "sets": _sets(conjunction),
        "shared": _shared(conjunction),
    }


def _clusters(conjunction: Conjunction) -> tuple[pd.DataFrame, dict[str, str]]:
    """Peaks of all clusters of the conjunction, one row a peak."""
    import pandas as pd

    columns = {
        "cluster": "Number of the cluster of the conjunction, the highest peak first",
        "peak": "The cluster's number for its highest peak, then a, b, c for further peaks at "
        "least 8 mm from all higher ones listed",
        "x": "Left (-) to right (+), mm, in the space of the map",
        "y": "Back (-) to front (+), mm",
        "z": "Bottom (-) to top (+), mm",
        "min_z": "Smallest z of the uncorrected p of the sets at the peak",
        "p": "Largest family-wise p of the sets at the peak: the p of the conjunction",
        "label": "Label of the first atlas at the peak, or the nearest one with its distance",
        "atlas": "Name and version of that atlas",
        "volume_mm3": "Volume of the cluster; first row of a cluster",
        "n_voxels": "Voxels of the cluster; first row of a cluster",
        "centre_x": "Mean place of the cluster weighted by min_z, mm; first row of a cluster",
        "centre_y": "As centre_x",
        "centre_z": "As centre_x",
    }
    rows = []
    for number, cluster in enumerate(conjunction.clusters, start=1):
        for order, peak in enumerate(cluster.peaks):
            row = {
                "cluster": number,
                "peak": peak_name(number, order),
                **dict(zip("xyz", peak.mm, strict=True)),
                "min_z": peak.value,
                "p": conjunction.p.values[peak.position],
            }
            for anatomy in conjunction.anatomy[:1]:
                row["label"] = str(anatomy.clusters[number - 1].peaks[order])
                row["atlas"] = anatomy.atlas.title
            if order == 0:
                row["volume_mm3"] = cluster.volume_mm3
                row["n_voxels"] = cluster.positions.size
                centre = np.round(cluster.centre_mm, 1)
                row |= dict(zip(("centre_x", "centre_y", "centre_z"), centre, strict=True))
            rows.append(row)
    return pd.DataFrame(rows, columns=list(columns)).astype({"n_voxels": "Int64"}), columns


def _cluster_sets(conjunction: Conjunction) -> tuple[pd.DataFrame, dict[str, str]]:
    """What each cluster of the conjunction is to each set, one row a pair."""
    import pandas as pd

    columns = {
        "cluster": "Number of the cluster of the conjunction",
        "set": "Number of the set, as in the table of the sets",
        "name": "Name of the set",
        "set_cluster": "Number of the surviving cluster of the set in which it lies",
        "set_n_voxels": "Voxels of that cluster",
        "set_volume_mm3": "Volume of that cluster",
        "share": "Share of that cluster that is in the cluster of the conjunction",
        "p": "Family-wise p in the set: of that cluster, or of the peak of the conjunction where "
        "voxels decide",
        "p_low": "Lower end of its 95 % Monte Carlo interval (Clopper and Pearson)",
        "p_high": "Upper end of it",
        "ale": "ALE of the set at the peak of the conjunction; it grows with the number of "
        "experiments, so it is not to be compared between sets",
        "z_value": "z of the uncorrected p of the set at the peak of the conjunction",
        "n_contributing": "Studies of the set with a focus in the cluster of the conjunction or a "
        "share of at least 5 % of its ALE",
        "n_studies": "Studies of the set",
    }
    names = conjunction.names
    rows = [
        (
            *(number, k + 1, names[k], part.cluster, part.n_voxels, part.volume_mm3, part.share),
            *(part.p, part.low, part.high, part.ale, part.z),
            *(part.n_contributing, part.n_studies),
        )
        for number, parts in enumerate(conjunction.parts, start=1)
        for k, part in enumerate(parts)
    ]
    return pd.DataFrame(rows, columns=list(columns)), columns


def _counts(conjunction: Conjunction) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    columns = {
        "n_sets": "In exactly so many sets",
        "n_voxels": "Voxels with a family-wise p of at most alpha. Descriptive: a count tests "
        "nothing, and the voxels of all sets together are the conjunction",
        "volume_mm3": "Volume of these voxels",
    }
    size = conjunction.mask.grid.voxel_volume_mm3
    rows = [(k, n, n * size) for k, n in conjunction.counts.items()]
    return pd.DataFrame(rows, columns=list(columns)), columns


def _sets(conjunction: Conjunction) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    columns = {
        "set": "Number of the set",
        "name": "Name of the set",
        "source": "Source of the evidence",
        "sha256": "Fingerprint of that source",
        "n_studies": "Studies",
        "n_groups": "Subject groups",
        "n_experiments": "Experiments as analysed, those of one subject group pooled",
        "n_foci": "Foci",
        "n_participants": "Participants, each subject group counted once; empty where not known",
        "protocol": "Fingerprint of the protocol; empty where there was none",
        "level": "What its protocol decides by",
        "alpha": "Alpha of its protocol",
        "cluster_forming_p": "Uncorrected p that forms clusters",
        "connectivity": "What voxels of a cluster share: 6 faces, 18 edges too, 26 corners too",
        "n_iterations": "Iterations of the null",
        "seed": "Seed of the random numbers",
        "p_rule": "How p follows from the iterations",
        "n_formed": "Clusters that were formed",
        "n_surviving": "Clusters with a p of at most the alpha of the conjunction",
        "surviving_mm3": "Volume of these clusters",
        "command": "The command that repeats it; empty where it was made in Python",
    }
    rows = []
    size = conjunction.mask.grid.voxel_volume_mm3
    for k, (own, kept) in enumerate(zip(conjunction.sets, conjunction.surviving, strict=True)):
        studyset, corrected, protocol = own.studyset, own.corrected, own.protocol
        rows.append(
            (
                *(k + 1, conjunction.names[k], studyset.record.source, studyset.record.sha256),
                *(len({e.study_id for e in own.experiments}), len(studyset.subject_groups)),
                *(len(studyset), studyset.n_foci, studyset.n_participants),
                *(
                    (None, None, None)
                    if protocol is None
                    else (protocol.fingerprint, protocol.correction, protocol.alpha)
                ),
                *(corrected.cluster_forming_p, corrected.connectivity),
                *(corrected.n_iterations, corrected.seed, corrected.p_rule),
                *(len(corrected.clusters), len(kept), int(kept.sizes.sum()) * size),
                own.command or None,
            )
        )
    return pd.DataFrame(rows, columns=list(columns)), columns


def _shared(conjunction: Conjunction) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    columns = {
        "kind": "experiment (the same foci and sample size), or subject group (other experiments "
        "of the same participants)",
        "name": "Its name in the first of the sets",
        "sets": "The sets that hold it",
    }
    rows = [
        (
            found.kind,
            one_line(found.name, 200),
            "; ".join(conjunction.names[k] for k in found.sets),
        )
        for found in conjunction.shared
    ]
    return pd.DataFrame(rows, columns=list(columns)), columns
