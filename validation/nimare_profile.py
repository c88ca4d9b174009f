"""Is the profile nimare-0.22 NiMARE, and does `compare` explain the difference to Focale?

NiMARE 0.22.1 is run in an environment of its own, named by FOCALE_NIMARE_PYTHON, on Sleuth
files with odd coordinates, repeated headers, Talairach coordinates and foci outside the
volume. Its maps are put beside those of Focale under the profile, voxel by voxel, and then
the profile beside Focale's defaults, one choice at a time. Writes `nimare_profile.md`, and
the numbers of the first file to `tests/reference/nimare_profile_0.22.1.json`.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CORPUS = HERE / "../../shared/corpus"
REFERENCE = HERE / "../tests/reference"
ODD = REFERENCE / "nimare_profile.txt"
SETS = {
    "made up: odd coordinates, repeated headers": ODD,
    "knowledge (Enge 2021)": CORPUS / "enge2021_semantics/input/knowledge.txt",
    "children (Enge 2021)": CORPUS / "enge2021_semantics/input/all.txt",
    "naturalistic (Bottenhorn 2018)": CORPUS / "pyale_nat30/input/nat.txt",
    "cannabis > control (Yanes 2018)": CORPUS
    / "yanes2018_cannabis/input/CannabisMinusControl.txt",
    "control > cannabis (Yanes 2018)": CORPUS
    / "yanes2018_cannabis/input/ControlMinusCannabis.txt",
    "healthy > PTSD, MNI (Pankey 2022)": CORPUS / "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_MNI.txt",
}
WITH_TEST = "made up: odd coordinates, repeated headers", "knowledge (Enge 2021)"
N_ITERATIONS = 2000
SEEDS = range(20)
DIFFERENCES = "stat_difference", "log10_p_difference", "z_difference"


# ------------------------------------------------------------------ where NiMARE is


def run_nimare(path, folder, n_iterations):
    """Maps of NiMARE as files; `n_iterations` of 0 makes no test."""
    import nibabel
    from nimare.correct import FDRCorrector, FWECorrector
    from nimare.io import convert_sleuth_to_studyset
    from nimare.meta.cbma import ALE

    folder.mkdir(parents=True, exist_ok=True)
    studyset = convert_sleuth_to_studyset(str(path), target="mni152_2mm")
    result = ALE(random_state=1).fit(studyset)
    maps = {name: result.get_map(name) for name in ("stat", "p", "z")}
    fdr = FDRCorrector(method="indep").transform(result)
    maps["fdr"] = fdr.get_map("z_corr-FDR_method-indep")
    if n_iterations:
        corrector = FWECorrector(method="montecarlo", n_iters=n_iterations, n_cores=2)
        fwe = corrector.transform(result)
        maps["size"] = fwe.get_map("z_desc-size_level-cluster_corr-FWE_method-montecarlo")
    for name, image in maps.items():
        # NiMARE's images have the header of its mask, and would be saved in its whole numbers.
        values = np.asarray(image.dataobj, dtype=np.float32)
        nibabel.Nifti1Image(values, image.affine).to_filename(folder / f"{name}.nii.gz")
    frame = studyset.coordinates
    (folder / "counts.json").write_text(json.dumps([len(set(frame["id"])), len(frame)]))


# ------------------------------------------------------------------ beside Focale


def values_of(path, mask):
    from focale.comparison.against import volume_of

    return volume_of(path, mask.grid)[mask.inside]


def beside(path, folder):
    """Row of the first table, and the record of what was compared."""
    from focale import Protocol, infer, read
    from focale.comparison.outcome import outcome_of

    studyset, _ = read(path)
    protocol = Protocol.of_profile("nimare-0.22")
    result = infer(studyset, protocol, atlases=())
    outcome = outcome_of(studyset, protocol, is_described=False)
    theirs = {m: values_of(folder / f"{m}.nii.gz", result.mask) for m in ("stat", "p", "z", "fdr")}
    experiments, foci = json.loads((folder / "counts.json").read_text())
    p, q = result.p.values, theirs["p"]
    bins = [np.floor(ale * 1e5 + 0.5) for ale in (theirs["stat"], result.ale.values)]
    at_edge = bins[0] != bins[1]
    whole = ~at_edge & (q > np.finfo(np.float32).tiny)  # below it float32 has few digits left
    record = {
        "experiments": [experiments, len(result.studyset)],
        "foci": [foci, result.studyset.n_foci],
        "stat": [float(theirs["stat"].max()), float(result.ale.values.max())],
        "stat_difference": float(np.abs(theirs["stat"] - result.ale.values).max()),
        "at_edge": int(np.count_nonzero(at_edge)),
        "log10_p_difference": float(np.abs(np.log10(p) - np.log10(q))[whole].max()),
        "z_difference": float(np.abs(theirs["z"] - result.z.values)[whole].max()),
        "below_001": [int(np.count_nonzero(q < 0.001)), outcome.voxels["uncorrected"].size],
        "fdr": [int(np.count_nonzero(theirs["fdr"] > 1.645)), outcome.voxels["fdr"].size],
        "differing": int(np.count_nonzero((q < 0.001) != (p < 0.001))),
    }
    return record, result


def test_rows(folder, path):
    """Voxels that survive in NiMARE and under the profile, with several seeds."""
    from focale import Protocol, infer, read

    studyset, _ = read(path)
    counts = []
    for seed in SEEDS:
        protocol = Protocol.of_profile("nimare-0.22", seed=seed, iterations=N_ITERATIONS)
        result = infer(studyset, protocol, atlases=())
        counts.append(int(np.count_nonzero(result.clusters.labels)))
    theirs = values_of(folder / "size.nii.gz", result.mask) > 1.645
    return int(np.count_nonzero(theirs)), counts


def steps_of(result, studyset):
    from focale import Protocol, compare, infer

    return compare(result, infer(studyset, Protocol(min_experiments=1), atlases=()))


def table(rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:], ""]


def steps_table(comparison):
    from focale.report.comparison_text import step_rows

    rows = [[cell.replace("|", "/") for cell in row] for row in step_rows(comparison)]
    return table(rows)


def check_sums(comparison):
    """The steps lead from one reading to the other without a rest."""
    for level in comparison.levels:
        effects = [step.effects[level] for step in comparison.steps]
        for before, after in pairwise(effects):
            assert before.after == after.before
        assert all(e.before + e.gained - e.lost == e.after for e in effects)
        first, last = (comparison.outcomes[i].voxels[level] for i in (0, -1))
        assert sum(e.explains for e in effects) == np.setxor1d(first, last).size


HEAD = """# The profile nimare-0.22 beside NiMARE 0.22.1

Made by `nimare_profile.py`, which runs NiMARE itself.

## Maps

NiMARE first, Focale under the profile second. NiMARE stores float32, so that of 228,483 voxels a
few lie on the other side of the edge of a bin of 1e-5, and have the p of the next bin; the
differences of log10 p and z are those of all other voxels.

""".splitlines()


def main():
    python = os.environ.get("FOCALE_NIMARE_PYTHON")
    if python is None:
        sys.exit("FOCALE_NIMARE_PYTHON names no interpreter that has NiMARE 0.22.1")
    place = Path(os.environ.get("NIMARE_MAPS") or tempfile.mkdtemp())
    head = [
        "set",
        "experiments",
        "foci",
        "largest ALE",
        "largest difference of ALE, log10 p, z",
        "at an edge",
    ]
    rows = [[*head, "voxels p < .001", "differing", "voxels FDR z > 1.645"]]
    explained, tested = [], []
    for number, (name, path) in enumerate(SETS.items()):
        folder = place / str(number)
        n = N_ITERATIONS if name in WITH_TEST else 0
        if not (folder / "counts.json").exists():
            subprocess.run(
                [python, __file__, "--nimare", path.resolve(), folder, str(n)],
                check=True,
                capture_output=True,
                env={**os.environ, "PYTHONPATH": ""},
            )
        record, result = beside(path, folder)
        pairs = {k: " / ".join(f"{v:,.6g}" for v in record[k]) for k in ("experiments", "foci")}
        rows.append(
            [
                name,
                *pairs.values(),
                " / ".join(f"{v:.6f}" for v in record["stat"]),
                ", ".join(f"{record[k]:.1e}" for k in DIFFERENCES),
                record["at_edge"],
                " / ".join(f"{v:,}" for v in record["below_001"]),
                record["differing"],
                " / ".join(f"{v:,}" for v in record["fdr"]),
            ]
        )
        comparison = steps_of(result, result.evidence)
        check_sums(comparison)
        explained += [f"### {name}", "", *steps_table(comparison)]
        if n:
            theirs, counts = test_rows(folder, path)
            spread = f"{min(counts):,} to {max(counts):,}, median {np.median(counts):,.0f}"
            tested.append([name, f"{theirs:,}", spread])
        if path == ODD:
            keep(record, comparison)
        print(name, record, flush=True)
    lines = [*HEAD, *table(rows)]
    lines += [
        "## The test",
        "",
        f"Voxels of clusters with a cluster-size p of at most .05, {N_ITERATIONS:,} iterations: "
        f"NiMARE once, Focale under the profile with {len(SEEDS)} seeds. Random numbers are each "
        "tool's own, so this is the noise that no choice explains.",
        "",
        *table([["set", "NiMARE", "profile"], *tested]),
        "## From the profile to Focale's defaults",
        "",
        "What `focale compare` says of the profile and the defaults (with the same floor of "
        "experiments, so that small sets are tested too): voxels at each level after "
        "each step, what the step does alone, and how many of the listed voxels that differ it "
        "explains. The steps add up to the whole difference (checked by the script).",
        "",
        *explained,
    ]
    (HERE / "nimare_profile.md").write_text("\n".join(lines).rstrip() + "\n")


def keep(record, comparison):
    """Numbers for the slow test."""
    steps = {
        step.words: {level: [e.gained, e.lost] for level, e in step.effects.items()}
        for step in comparison.steps
        if not any(word in step.words for word in ("iterations", "seed"))
    }
    content = {"nimare": {k: record[k][0] for k in ("experiments", "foci", "stat", "below_001")}}
    content["nimare"]["fdr"] = record["fdr"][0]
    content["steps"] = {k: {m: v for m, v in s.items() if m != "listed"} for k, s in steps.items()}
    text = json.dumps(content, indent=1)
    (REFERENCE / "nimare_profile_0.22.1.json").write_text(text + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--nimare"]:
        warnings.simplefilter("ignore")
        run_nimare(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
