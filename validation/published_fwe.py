"""Does family-wise error control give what others published?

Three programs, four sets of numbers: the thresholds of NiMARE 0.22.1 on the bundled pain
studyset and on semantic knowledge in children, the 10,000 maxima of Eickhoff's MATLAB code for
naturalistic paradigms, and the clusters of Enge et al. 2021, made with NiMARE 0.0.8-0.0.9. Each
is repeated with its own settings, and what then still differs is named.

`python -m validation.published_fwe`, from the root of the repository. The published files are
not part of it: they are looked for in ../shared/corpus beside it.
"""

from pathlib import Path

import numpy as np

import focale
from focale.space.grey_matter import grey_matter
from validation.published.agreement import CONFIDENCE, N_ITERATIONS, SEED, ks_allowed, table
from validation.published.enge2021 import (
    TASKS,
    enge_cluster_rows,
    enge_equal_rows,
    enge_p_rows,
    enge_significant_rows,
    enge_survival_rows,
    enge_table_rows,
    uncertain,
)
from validation.published.nat30 import nat30, nat30_rows, variant_lines
from validation.published.nimare import knowledge_rows, pain_rows
from validation.published.places import CORPUS, brain_mask

INTRODUCTION = f"""\
What other programs published, and what Focale gives with the same settings. Made by \
`published_fwe.py`, which needs the published files.

*Allowed* is where their number may lie if both programs draw from one distribution. The rank of \
their order statistic among our values is then beta-binomial, whatever the distribution, so that \
the Monte Carlo error of both sides is in it; each interval holds with {CONFIDENCE:.1%}. Ours are \
{N_ITERATIONS:,} iterations, seed {SEED}."""

KNOWLEDGE_NOTE = """\
The places are those of NiMARE's table of the corrected map, which is flat within a cluster, so \
they are no peaks of ALE: each lies in the cluster of ours it is compared with. Peaks of ALE are \
(-44, 16, 26), (-4, 16, 50), (36, 24, -8) and (-32, 22, -2). NiMARE forms clusters above .01146, \
the last bin with p > .001, and Focale from .011457 on: a voxel of the fourth lies between."""

NAT30_NOTE = """\
Settings: foci on voxels half away from zero, drawn again and mapped within Grey10, and clusters \
of 18 neighbours from the ALE whose bin has p < .001 in their own null (bin 132, so ALE of .01315 \
and more). That null loses mass with every experiment, so their clusters begin at too small an \
ALE: the exact null of Focale has p = .001 at .0138, where clusters are a seventh smaller. Below, \
one setting at a time is another; *distance* is that of the distribution functions from theirs, \
of which chance allows {allowed:.3f}."""

ENGE_NOTE = """\
What reproduces these clusters, found from the published files:

- foci on the voxel with the truncated index;
- a null of bins of 1e-5 in which the value of every experiment and every sum is rounded down, \
and which gives a voxel the p of its nearest bin: then as many voxels have p < .001 as there;
- clusters of the voxels above the last bin with p > .001, joined by faces or edges (18); the \
tables were made by a program that joins by faces alone, so that two clusters have a second row \
(88 and 128 mm3);
- random foci in the **brain mask**: with foci in grey matter the published p are missed (last \
table);
- a cut of the one-tailed z of the cluster p at 2.576, which is a p of .005, not of .01."""

SURVIVAL_NOTE = """\
All published clusters are matched. Of ours, two with a p of .01 or less are not published, and \
one that is has a p near the cut: 1,000 iterations cannot tell a p of .004 to .01 from .005."""


def enge_lines(n_iterations):
    args = {"n_iterations": n_iterations}
    yield from ("### As Focale forms clusters, p < .001 in the exact null", "")
    yield from table([row for task in TASKS for row in enge_cluster_rows(task)])
    yield from ("### With their cluster-forming ALE", "")
    with_z = ("all", "knowledge")
    yield from table(
        [
            *[row for task in with_z for row in enge_significant_rows(task)],
            *[row for task in TASKS for row in enge_equal_rows(task)],
            *enge_table_rows(),
            *[row for task in with_z for row in enge_p_rows(task, **args)],
        ]
    )
    yield from ("### Which clusters survive (1) or not (0), and how probable that is", "")
    yield from (SURVIVAL_NOTE, "")
    yield from table(
        [row for task in TASKS for row in uncertain(enge_survival_rows(task, **args))]
    )
    yield from ("### The same p, with random foci in grey matter", "")
    grey = grey_matter(brain_mask())
    yield from table([row for task in with_z for row in enge_p_rows(task, sampling=grey, **args)])


def report_lines(n_iterations=N_ITERATIONS):
    yield from ("# Family-wise error control beside published numbers", "", INTRODUCTION, "")
    yield from ("## NiMARE 0.22.1, bundled pain studyset (21 experiments, 267 foci)", "")
    yield from table(pain_rows(n_iterations))
    yield from ("## NiMARE 0.22.1, semantic knowledge in children (21 experiments, 262 foci)", "")
    yield from table(knowledge_rows(n_iterations))
    yield from (KNOWLEDGE_NOTE, "")
    yield from ("## MATLAB code, naturalistic paradigms (30 experiments, 477 foci)", "")
    yield from table(nat30_rows(n_iterations))
    allowed = ks_allowed(n_iterations, len(nat30().size))
    yield from (NAT30_NOTE.format(allowed=allowed), "")
    yield from variant_lines(n_iterations)
    yield from ("", "## NiMARE 0.0.8-0.0.9, Enge et al. 2021", "", ENGE_NOTE, "")
    yield from enge_lines(n_iterations)
    yield from ("## Made with", "", f"focale {focale.__version__}, numpy {np.__version__}.")


def main():
    if not CORPUS.is_dir():
        raise SystemExit(f"the published files are not at {CORPUS}; see the top of this script")
    lines = list(report_lines())
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(line for line in lines if "**no**" in line) or "all agree")


if __name__ == "__main__":
    main()
