"""NiMARE 0.22.1: the bundled pain studyset, and semantic knowledge in children."""

from dataclasses import replace

import numpy as np

from focale import ALE, Studyset, fwe, pain_studyset_path
from focale.inference.lattice import STEP
from validation.published.agreement import N_ITERATIONS, SEED, Row, points, volume_row
from validation.published.places import CORPUS, largest_ale

WHY_MASS = "Monte Carlo error, and masses of -log(1 - ALE) put into ALE"


def mass_in_ale(what, maxima, ale, theirs, n_theirs):
    """Our masses in sums of ALE.

    They are sums of L = -log(1 - ALE), and d ALE = (1 - ALE) dL: theirs are smaller by a factor
    between 1 - threshold and 1 - largest ALE.
    """
    mass = maxima.mass * STEP
    least, most = 1 - np.percentile(largest_ale(maxima), 99), 1 - ale
    return [
        replace(
            row,
            ours=row.ours * (least + most) / 2,
            allowed=(row.allowed[0] * least, row.allowed[1] * most),
            why=WHY_MASS,
        )
        for row in points(what, mass, theirs, n_theirs, ".4f")
    ]


PAIN = {
    "ale": {50: 0.0169268, 90: 0.0199156, 95: 0.0207947, 99: 0.0232727},
    "size": {50: 53.0, 90: 88.0, 95: 103.0, 99: 138.0},
    "mass": {50: 0.116940, 90: 0.250706, 95: 0.313301, 99: 0.469556},
}
"""Percentage points of 5,000 iterations, clusters of p < .001 (reference, nimare_0.22.1.json)."""


def pain_rows(n_iterations=N_ITERATIONS):
    done = fwe(ALE().fit(Studyset(pain_studyset_path())), n_iterations=n_iterations, seed=SEED)
    maxima = done.maxima
    return [
        *points("largest ALE", largest_ale(maxima), PAIN["ale"], 5000, ".5f"),
        *points("cluster size, voxels", maxima.size, PAIN["size"], 5000, ".0f"),
        *mass_in_ale("cluster mass", maxima, done.threshold, PAIN["mass"], 5000),
    ]


KNOWLEDGE_95 = {"ale": 0.02212, "size": 92.0, "mass": 0.2976}
"""95 % points of 2,000 iterations, seed 1."""

KNOWLEDGE_CLUSTERS = {
    (-44, 12, 30): 3256,
    (-2, 20, 48): 3184,
    (36, 24, -6): 1240,
    (-32, 22, -2): 760,
}
"""Clusters with p_FWE < .05: place in the table of the corrected map, and mm3."""


def knowledge_rows(n_iterations=N_ITERATIONS):
    studyset = Studyset(CORPUS / "enge2021_semantics/input/knowledge.txt")
    done = fwe(ALE(placement="nearest").fit(studyset), n_iterations=n_iterations, seed=SEED)
    maxima, theirs = done.maxima, {k: {95: v} for k, v in KNOWLEDGE_95.items()}
    rows = [
        *points("largest ALE", largest_ale(maxima), theirs["ale"], 2000, ".5f"),
        *points("cluster size, voxels", maxima.size, theirs["size"], 2000, ".0f"),
        *mass_in_ale("cluster mass", maxima, done.threshold, theirs["mass"], 2000),
    ]
    p_of_size = done.p_of_clusters[:, 0]
    surviving = [c for c, p in zip(done.clusters, p_of_size, strict=True) if p <= 0.05]
    count = float(len(surviving))
    why = "the p nearest to .05 are .037 and .071"
    rows.append(Row("clusters with p_FWE <= .05", 4.0, count, (count, count), why, ".0f"))
    for place, volume in KNOWLEDGE_CLUSTERS.items():
        ours = next(c for c in surviving if place in places_of(c, done.mask))
        rows.append(volume_row(f"mm3 of the cluster at {place}", volume, ours.volume_mm3))
    return rows


def places_of(cluster, mask):
    return {tuple(mm) for mm in np.round(mask.mm(cluster.positions)).astype(int).tolist()}
