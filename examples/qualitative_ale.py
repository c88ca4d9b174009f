"""Read a small evidence base without a test, step by step.

The workflow of NiMARE's gallery example "Qualitative interpretation of ALE statistic maps"
with Focale: the same calls, under the same names. `focale demo` does all of it, and more,
in one command.

Eight studies are too few for voxelwise inference. That is decided before a map is seen. What
is left is to look: at every reported coordinate, at the raw ALE statistic, and at what each
study contributes to the picture. None of it is a test.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from nibabel.affines import apply_affine
from nilearn.plotting import plot_glass_brain, plot_stat_map

from focale import ALE, Jackknife, Studyset, pain_studyset_path

mpl.use("Agg")
out = Path(sys.argv[1] if len(sys.argv) > 1 else "qualitative-ale")
out.mkdir(exist_ok=True)

# The evidence: the first eight of the bundled pain studies.
studyset = Studyset(pain_studyset_path(), target="mni152_2mm")
small = studyset.slice(studyset.ids[:8])
print(f"{len(small.study_ids)} studies, {small.coordinates.shape[0]} reported coordinates.")

# Every coordinate, coloured by study.
study_ids = small.study_ids.tolist()
palette = dict(zip(study_ids, mpl.colormaps["tab10"].colors, strict=False))
colours = [mpl.colors.to_hex(palette[study_id]) for study_id in small.coordinates["study_id"]]
points = small.coordinates[["x", "y", "z"]].to_numpy()
brain = plot_glass_brain(None, title="All reported coordinates by study")
brain.add_markers(points, marker_color=colours, marker_size=28)
brain.savefig(out / "coordinates.png", dpi=150)
brain.close()

# The raw statistic. The display level makes the picture readable and is no threshold of a test.
results = ALE().fit(small)
stat_image = results.get_map("stat")
stat = results.get_map("stat", return_type="array")
display_level = np.percentile(stat[stat > 0], 95)
volume = stat_image.get_fdata()
peak_ijk = np.unravel_index(np.nanargmax(volume), volume.shape)
peak_mm = apply_affine(stat_image.affine, peak_ijk)
print(
    f"Largest ALE: {volume[peak_ijk]:.5f} at {peak_mm} mm. Display-only level: {display_level:.5f}"
)

brain = plot_glass_brain(
    stat_image,
    cmap="viridis",
    colorbar=True,
    plot_abs=False,
    symmetric_cbar=False,
    threshold=0.0001,
    title="Raw ALE statistic with the reported coordinates",
)
brain.add_markers(points, marker_color=colours, marker_size=20)
brain.savefig(out / "ale.png", dpi=150)
brain.close()
slices = plot_stat_map(
    stat_image,
    cut_coords=peak_mm,
    draw_cross=False,
    cmap="viridis",
    symmetric_cbar=False,
    threshold=display_level,
    title="ALE statistic above the display-only level",
)
slices.savefig(out / "slices.png", dpi=150)
slices.close()

# What each study contributes to the displayed clusters.
jackknife = Jackknife(
    target_image="stat", voxel_thresh=display_level, cluster_threshold=500, n_cores=1
)
diagnosed = jackknife.transform(results)
clusters = diagnosed.tables["stat_tab-clust"]
counts = diagnosed.tables["stat_diag-Jackknife_tab-counts_tail-positive"]
print(clusters.head(10).to_string(index=False))

columns = [column for column in counts.columns if column != "id"]
summary = pd.DataFrame(
    {"id": counts["id"], "mean_cluster_contribution": counts[columns].mean(axis=1)}
)
print(summary.to_string(index=False))

bars = summary.plot.bar(
    x="id", y="mean_cluster_contribution", ylim=(0, 1), legend=False, title="Mean contribution"
)
bars.figure.savefig(out / "contributions.png", dpi=150, bbox_inches="tight")
