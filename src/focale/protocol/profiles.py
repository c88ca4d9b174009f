"""What is known of the choices other tools make, as tables.

Each entry says what the tool does, where that is known from, and whether Focale does the
same. A profile computes what the tool would, as far as the table says, with random numbers of
its own.
"""

from __future__ import annotations

from typing import Literal

from focale._check import check_choice
from focale.protocol.profile import Profile, ToolChoice


def profile_of(name: str) -> Profile:
    """Profile of a tool by its name.

    Raises
    ------
    ArgumentError
        If there is none of this name.
    """
    check_choice("profile", "Protocol", name, PROFILES)
    return PROFILES[name]


def fdr_tails(name: str) -> Literal[1, 2]:
    """Tails of the z of a false discovery rate, of a profile or (with "") of Focale."""
    return PROFILES[name].fdr_tails if name else 1


_CODE = "its source code, read"

_NIMARE = Profile(
    name="nimare-0.22",
    title="NiMARE 0.22.1",
    fdr_tails=2,
    choices=(
        ToolChoice(
            "experiments lost by the reader",
            "of a Sleuth file, an experiment overwrites an earlier one with the same header, and "
            "one without foci is lost",
            "taken",
            "nimare/io.py, run",
            "reading",
            "nimare-0.22",
        ),
        ToolChoice(
            "experiments of the same participants",
            "counted as independent",
            "taken",
            "nimare/studyset, run",
            "pooling",
            "keep",
        ),
        ToolChoice(
            "independent experiments asked for",
            "none: one experiment is tested",
            "taken",
            "run",
            "min_experiments",
            1,
        ),
        ToolChoice(
            "voxels of the analysis",
            "brain mask of 228,483 voxels of 2 mm",
            "taken",
            "its mask, compared voxel by voxel",
            "mask",
            "mni152_2mm",
        ),
        ToolChoice(
            "conversion of Talairach coordinates",
            "pooled matrix of Lancaster et al. (2007)",
            "taken",
            "nimare/utils.py, read",
            "talairach",
            "pooled",
        ),
        ToolChoice(
            "rounding of foci to voxels",
            "nearest voxel, halves to the even index",
            "taken",
            "nimare/utils.py, run",
            "placement",
            "nearest",
        ),
        ToolChoice(
            "width of the footprints",
            "from the sample size (right on a grid of 2 mm only)",
            "taken",
            "nimare/meta/utils.py, run",
            "fwhm_mm",
            None,
        ),
        ToolChoice(
            "uncorrected p",
            "histogram with bins of 1e-5",
            "taken",
            "nimare/meta/cbma/ale.py, run",
            "null",
            "eickhoff2012",
        ),
        ToolChoice(
            "where random foci fall",
            'brain mask (mask_coverage="brain")',
            "taken",
            "nimare/meta/cbma/base.py, read",
            "sampling",
            "mask",
        ),
        ToolChoice(
            "cluster-forming p", ".001", "taken", "its defaults", "cluster_forming_p", 0.001
        ),
        ToolChoice(
            "what voxels of a cluster share",
            "faces",
            "taken",
            "nimare/meta/cbma/base.py, read",
            "connectivity",
            6,
        ),
        ToolChoice(
            "what the family-wise p is of",
            "maps of cluster size, cluster mass and voxels; size is taken here",
            "taken",
            "nimare/meta/cbma/base.py, read",
            "correction",
            "size",
        ),
        ToolChoice(
            "iterations",
            "5,000 with method='montecarlo'",
            "taken",
            "its defaults",
            "iterations",
            5000,
        ),
        ToolChoice(
            "rule of the family-wise p",
            "b/B within 1/B and 1 - 1/B",
            "taken",
            "nimare/stats.py, run",
            "p_rule",
            "b/B",
        ),
        ToolChoice("alpha", "z above 1.645, one-tailed", "taken", "its examples", "alpha", 0.05),
        ToolChoice(
            "tails of the z of FDR and Bonferroni",
            "two, beside one-tailed z everywhere else: z 1.645 means q of .10",
            "taken",
            "nimare/correct.py, run",
        ),
        ToolChoice(
            "random numbers",
            "its own, so that p of the iterations differ by chance",
            "not taken",
            "nimare/meta/cbma/base.py, read",
        ),
        ToolChoice(
            "cluster-forming threshold",
            "the last bin whose p is above the cluster-forming p, and ALE above it: lower by less "
            "than a bin",
            "not taken",
            "nimare/meta/cbma/base.py, read",
        ),
        ToolChoice(
            "foci outside the volume",
            "redrawn inside the mask by the null though the map has nothing of them, which raises "
            "the corrected p",
            "not taken",
            "nimare/meta/cbma/base.py, run",
        ),
        ToolChoice(
            "cluster mass",
            "sum of ALE above the threshold; Focale's is of -log(1 - ALE)",
            "not taken",
            "nimare/meta/cbma/base.py, read",
        ),
        ToolChoice(
            "default of FWECorrector",
            "Bonferroni; the profile is of method='montecarlo'",
            "not taken",
            "nimare/correct.py, read",
        ),
    ),
)

_JALE = Profile(
    name="jale",
    title="JALE 0.2.1",
    choices=(
        ToolChoice(
            "experiments of the same participants",
            "pooled by article, with the sample size of the first row; Focale takes the smallest",
            "near",
            _CODE,
            "pooling",
            "pool",
        ),
        ToolChoice(
            "independent experiments asked for", "none", "taken", _CODE, "min_experiments", 1
        ),
        ToolChoice(
            "voxels of the analysis",
            "211,590 voxels with more than 10 % grey matter; Focale keeps the brain mask",
            "near",
            _CODE,
            "mask",
            "mni152_2mm",
        ),
        ToolChoice(
            "conversion of Talairach coordinates",
            "SPM matrix, then rounded to whole millimetres; Focale does not round",
            "near",
            _CODE,
            "talairach",
            "spm",
        ),
        ToolChoice(
            "rounding of foci to voxels",
            "to the next voxel left, in front and above (ceil of the index)",
            "taken",
            _CODE,
            "placement",
            "jale",
        ),
        ToolChoice(
            "uncorrected p",
            "histogram with bins of 1e-4; Focale's has bins of 1e-5",
            "near",
            _CODE,
            "null",
            "eickhoff2012",
        ),
        ToolChoice(
            "where random foci fall",
            "its grey matter mask; Focale's has its own origin and lies inside the brain mask",
            "near",
            _CODE,
            "sampling",
            "grey_matter",
        ),
        ToolChoice(
            "cluster-forming p",
            "z above 3.0902, each random map by its own histogram; Focale has one threshold",
            "near",
            _CODE,
            "cluster_forming_p",
            0.001,
        ),
        ToolChoice("what voxels of a cluster share", "faces", "taken", _CODE, "connectivity", 6),
        ToolChoice(
            "what the family-wise p is of",
            "size of clusters, beside voxels and TFCE",
            "taken",
            _CODE,
            "correction",
            "size",
        ),
        ToolChoice("iterations", "5,000", "taken", "its defaults", "iterations", 5000),
        ToolChoice(
            "rule of the family-wise p",
            "above the 95th percentile of the iterations; b/B comes nearest",
            "near",
            _CODE,
            "p_rule",
            "b/B",
        ),
        ToolChoice("alpha", ".05, whatever is asked for", "taken", _CODE, "alpha", 0.05),
        ToolChoice(
            "predicted cut-offs",
            "by default cut-offs are predicted by a model and nothing is simulated",
            "not taken",
            "its shipped configuration, read",
        ),
        ToolChoice("TFCE", "computed by default", "not taken", "its shipped configuration, read"),
        ToolChoice(
            "reach of the footprint", "3.5 standard deviations; Focale's is 4", "not taken", _CODE
        ),
        ToolChoice("random numbers", "no seed", "not taken", _CODE),
    ),
)

_GINGERALE = Profile(
    name="gingerale-3",
    title="GingerALE 3",
    choices=(
        ToolChoice(
            "experiments of the same participants",
            "pooled by the user in the file, not by the program",
            "taken",
            "its manual, and the grouped export of Sleuth",
            "pooling",
            "keep",
        ),
        ToolChoice(
            "independent experiments asked for",
            "none",
            "taken",
            "pages about it",
            "min_experiments",
            1,
        ),
        ToolChoice(
            "voxels of the analysis",
            "brain mask; its MNI152 voxel list, as published with other code, has the 228,483 "
            "voxels",
            "taken",
            "the list, compared voxel by voxel",
            "mask",
            "mni152_2mm",
        ),
        ToolChoice(
            "uncorrected p",
            "histogram (Eickhoff et al. 2012), with bins nobody outside knows",
            "near",
            "its manual",
            "null",
            "eickhoff2012",
        ),
        ToolChoice(
            "where random foci fall", "its own masks", "near", "its manual", "sampling", "mask"
        ),
        ToolChoice(
            "what the family-wise p is of",
            "chosen by the user: size of clusters or voxels",
            "taken",
            "its manual",
            "correction",
            "size",
        ),
        ToolChoice(
            "iterations",
            "chosen by the user; 1,000 suggested",
            "taken",
            "its manual",
            "iterations",
            1000,
        ),
        ToolChoice(
            "values within an experiment",
            "largest (non-additive) or summed, by an option; Focale takes the largest",
            "near",
            "its manual",
        ),
        ToolChoice("rounding of foci to voxels", "", "unknown", "closed source"),
        ToolChoice("what voxels of a cluster share", "", "unknown", "closed source"),
        ToolChoice("rule of the family-wise p", "", "unknown", "closed source"),
        ToolChoice("reach of the footprint", "", "unknown", "closed source"),
        ToolChoice(
            "what it does with foci outside the mask",
            "counts them; more is not known",
            "unknown",
            "closed source",
        ),
        ToolChoice(
            "repeated headers",
            "warned of when a file is opened; what is analysed is not known",
            "unknown",
            "closed source",
        ),
        ToolChoice("random numbers", "no seed is seen", "not taken", "pages about it"),
    ),
)

PROFILES = {profile.name: profile for profile in (_NIMARE, _JALE, _GINGERALE)}
"""All profiles, by name."""
