"""How near is the profile jale to JALE, and are its four contributions those of JALE?

JALE (PyPI) is run in an environment of its own, named by FOCALE_JALE_PYTHON, through the
functions of its main effect; nothing is simulated. Its maps are put beside those of Focale with
JALE's own mask and histogram, and beside the profile. Writes `jale_profile.md`.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ODD = HERE / "../tests/reference/nimare_profile.txt"
Z = 3.0902


# ------------------------------------------------------------------ where JALE is


def run_jale(place):
    """Maps of JALE, and its contributions to the clusters it is given."""
    from importlib.metadata import version

    import pandas as pd
    from jale.core.utils import compute, contribution, kernel, template
    from jale.core.utils.input import transform_coordinates_to_voxel_space

    given = json.loads((place / "given.json").read_text())
    table = pd.DataFrame(
        {
            "Subjects": given["n"],
            "Coordinates_mm": [np.array(foci, dtype=float) for foci in given["foci"]],
        }
    )
    table = transform_coordinates_to_voxel_space(table)
    kernels = kernel.create_kernel_array(table)
    ma = compute.compute_ma(table.Coordinates, kernels)
    ale = compute.compute_ale(ma)
    most = 1 - np.prod([1 - np.max(one) for one in kernels]) + 0.001
    edges, centres = np.arange(0.00005, most, 0.0001), np.arange(0, most, 0.0001)
    tail = compute.compute_hx_conv(compute.compute_hx(ma, edges), centres, 10_000)
    inside = template.GM_PRIOR
    z = compute.compute_z(ale[inside], tail, 10_000)
    at = np.load(place / "modelled.npz")
    of_clusters = {
        name: contribution.calculate_contributions(own, compute.compute_ale(own))
        for name, own in at.items()
    }
    np.savez(
        place / "theirs.npz",
        affine=template.MNI_AFFINE,
        inside=inside,
        ale=ale[inside],
        z=z,
        version=version("jale"),
        **of_clusters,
    )


# ------------------------------------------------------------------ where Focale is


def theirs_of(studyset, modelled):
    """What JALE makes of an evidence base, and of modelled activation in clusters."""
    foci = [
        studyset.foci_mm[a:b].tolist()
        for a, b in zip(studyset.offsets[:-1], studyset.offsets[1:], strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        given = {"n": [int(n) for n in studyset.n_subjects], "foci": foci}
        (place / "given.json").write_text(json.dumps(given))
        np.savez(place / "modelled.npz", **modelled)
        python = os.environ["FOCALE_JALE_PYTHON"]
        subprocess.run([python, __file__, "--jale", folder], check=True, stdout=subprocess.DEVNULL)
        with np.load(place / "theirs.npz") as found:
            return dict(found)


def moved(studyset, affine):
    """The evidence with each focus at the voxel JALE moves it to: the next one up."""
    from focale import Studyset
    from focale.io.records import FocusRecord

    voxels = np.ceil(np.c_[studyset.foci_mm, np.ones(studyset.n_foci)] @ np.linalg.inv(affine).T)
    places = iter((np.minimum(voxels[:, :3], [90, 108, 90]) @ affine[:3, :3].T) + affine[:3, 3])
    experiments = [
        replace(e, foci=tuple(FocusRecord(tuple(next(places)), "MNI") for _ in e.foci))
        for e in studyset.record.experiments
    ]
    return Studyset(replace(studyset.record, experiments=tuple(experiments)))


def beside(name, studyset):
    """Rows of the table, the largest difference of the contributions, and the version of JALE."""
    from focale import ALE, Protocol, describe
    from focale.reading import evidence_and_estimator
    from focale.space.grid import Grid
    from focale.space.mask import Mask

    protocol = Protocol.of_profile("jale")
    pooled, estimator = evidence_and_estimator(studyset, protocol)
    described = describe(pooled, protocol)
    columns = described.contributions
    modelled = {
        f"cluster {c}": np.array(
            [described.ma.map(i)[cluster.positions] for i in range(len(described.studyset))]
        )
        for c, cluster in enumerate(described.clusters, start=1)
    }
    theirs = theirs_of(described.studyset, modelled)
    ours = [columns.ma_sum, 100 * columns.ma_mean, 100 * columns.share, 100 * columns.largest_drop]
    apart = max(
        np.abs(theirs[f"cluster {c + 1}"] - np.stack([one[:, c] for one in ours], axis=1)).max()
        for c in range(len(described.clusters))
    )
    grid = Grid(theirs["inside"].shape, theirs["affine"])
    grey = Mask(grid, theirs["inside"], name="Grey10 of JALE")
    settings = {"placement": "nearest", "null": "eickhoff2012"}
    n_theirs = np.count_nonzero(theirs["z"] > Z)
    rows = [("JALE", f"{theirs['ale'].max():.6f}", "", f"{n_theirs:,}", "")]
    for words, result in (
        (
            "its mask, foci moved as it does (by hand)",
            ALE(mask=grey, **settings).fit(moved(pooled, theirs["affine"])),
        ),
        (
            "its mask, placement jale",
            ALE(mask=grey, placement="jale", null="eickhoff2012").fit(pooled),
        ),
        ("its mask, foci moved to the nearest voxel", ALE(mask=grey, **settings).fit(pooled)),
        ("profile jale (brain mask)", estimator.fit(pooled)),
    ):
        rows.append(row(words, result, theirs, grid))
    return [(name, *one) for one in rows], apart, str(theirs["version"])


def row(words, result, theirs, grid):
    """A reading of ours beside JALE: in the voxels of both masks."""
    own, own_z = np.zeros(grid.shape), np.zeros(grid.shape)
    at = np.round(grid.to_voxels(result.mask.mm(np.arange(result.mask.n_voxels)))).astype(int)
    own[tuple(at.T)], own_z[tuple(at.T)] = result.ale.values, result.z.values
    both = np.zeros(grid.shape, dtype=bool)
    both[tuple(at.T)] = True
    both = both[theirs["inside"]]
    ale, z = own[theirs["inside"]][both], own_z[theirs["inside"]][both]
    difference = np.abs(ale - theirs["ale"][both]).max()
    n = np.count_nonzero(result.z.values > Z)
    either = np.count_nonzero((z > Z) != (theirs["z"][both] > Z))
    return words, f"{result.ale.max:.6f}", f"{difference:.1e}", f"{n:,}", f"{either:,}"


def main():
    from focale import Studyset, pain_studyset_path

    sets = {
        "pain (whole millimetres on the grid)": Studyset(pain_studyset_path()),
        "made up: odd coordinates, repeated headers": Studyset(ODD, talairach="spm"),
    }
    sets = {  # JALE cannot take an experiment without foci
        name: studyset.slice(studyset.ids[np.diff(studyset.offsets) > 0])
        for name, studyset in sets.items()
    }
    rows, apart, versions = [], [], set()
    for name, studyset in sets.items():
        own, difference, version = beside(name, studyset)
        rows += own
        apart.append(difference)
        versions.add(version)
    head = "| set | what | largest ALE | largest difference | voxels z > 3.09 | not in both |"
    lines = [head, "|---|---|---|---|---|---|", *(f"| {' | '.join(one)} |" for one in rows)]
    text = f"""# The profile jale beside JALE {versions.pop()}

Made by `jale_profile.py`, which runs the functions of JALE's main effect. Its test is not made:
its default cut-offs are predicted by a model, and it has no seed.

JALE's mask is grey matter of its own origin, which Focale does not bundle; all rows but the last
of a set take it from JALE. *Largest difference* is of ALE in the voxels of both masks; *not in
both* counts those of these voxels that only one has above z = 3.09.

{chr(10).join(lines)}

What is left in the second and third row of each set is the reach of the footprint (3.5 standard
deviations, in place of 4) and the histogram (bins of 1e-4, in place of 1e-5). The fourth shows
what its rounding is worth, the last what its mask is worth: the profile rounds as JALE does.

Its four numbers of a contribution (SUM, AVG, NORM, MAX), computed by its own function from our
modelled activation in the displayed clusters, differ from `jale_sum`, `jale_avg`, `jale_norm` and
`jale_max` by {max(apart):.0e} at most.
"""
    (HERE / "jale_profile.md").write_text(text)
    print(text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--jale"]:
        run_jale(Path(sys.argv[2]))
    else:
        main()
