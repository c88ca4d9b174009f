"""What a plan says, in words and in rows of text: for the terminal and for its folder."""

from __future__ import annotations

import numpy as np

from focale.inference.footprints import FWHM_PER_SD
from focale.phrases import count, listed, one_line, place, share_text
from focale.planning.cells import Cell, total
from focale.planning.result import POWER, Plan

FEW = 0.05
"""Share of clusters resting on one or two experiments that is called few."""

_LEVELS = {"size": "cluster size", "mass": "cluster mass", "voxel": "voxels"}


def evidence_text(plan: Plan) -> str:
    """What simulated experiments are like: "21 experiments, median sample size 14, ..."."""
    drawn = plan.prototypes
    sizes = drawn.n_subjects[np.isfinite(drawn.n_subjects)]
    n = f"median sample size {np.median(sizes):g}" if sizes.size else "sample sizes unknown"
    text = (
        f"{one_line(plan.studyset.record.source)}: {count(len(drawn), 'independent experiment')} "
        f"with foci, {n}, median {np.median(drawn.n_foci):g} foci in the mask."
    )
    left_out = drawn.n_without_foci
    return text + (f" Without foci: {count(left_out, 'experiment')}." if left_out else "")


def own_rows(plan: Plan) -> list[list[str]]:
    """Power with as many experiments as there are, a row for each k, below a head."""
    rows = [["report the place", "power", "95 % interval"]]
    rows += [[f"{c.k} of {c.n}", power_text(c.power), _interval(c)] for c in plan.own]
    return rows


def grid_rows(plan: Plan) -> list[list[str]]:
    """Power by experiments and share, a row for each size, below a head."""
    shares = plan.settings.shares
    rows = [["experiments", *(f"{share:.3g} %" for share in 100 * np.array(shares))]]
    for n, cells in zip(plan.settings.sizes, zip(*plan.grid, strict=True), strict=True):
        rows.append([str(n), *(f"{power_text(c.power)} ({c.k})" for c in cells)])
    return rows


def found_texts(plan: Plan) -> list[str]:
    """What the plan says, a sentence or two for each thing."""
    needs = [need_text(plan, share) for share in plan.settings.shares]
    return [own_text(plan), *needs, few_text(plan), elsewhere_text(plan)]


def own_text(plan: Plan) -> str:
    """How many of the experiments at hand must agree."""
    n, enough = plan.n, plan.k_needed()
    if enough is None:
        last = plan.own[-1]
        return (
            f"With {n} experiments like these, power is below {share_text(POWER)} even if all of "
            f"them report the place ({power_text(last.power)}, 95 % interval {_interval(last)})."
        )
    return (
        f"With {n} experiments like these, {enough.k} of which report the place, power is "
        f"{power_text(enough.power)} (95 % interval {_interval(enough)}); with fewer it is below "
        f"{share_text(POWER)}."
    )


def need_text(plan: Plan, share: float, power: float = POWER) -> str:
    """How many more experiments until there is power enough, for a share that agrees."""
    needed, more = plan.needed(share, power), plan.more(share, power)
    level, part = share_text(power), f"{100 * share:.3g} % of all report the place"
    if needed.n is None and needed.largest <= plan.n:
        return f"Power is below {level} with {needed.largest} experiments like these if {part}."
    if needed.n is None:
        return (
            f"More than {needed.largest - plan.n} more experiments like these until power is "
            f"{level} if {part}: more than {needed.largest} in all."
        )
    in_all = f"{needed} in all"
    if needed.high != needed.smallest:  # else there is nothing an interval could say
        ends = f"{needed.in_words(needed.low)} to {needed.in_words(needed.high)}"
        in_all += f" (95 % interval {ends})"
    if not more:
        return f"No more experiments are needed for a power of {level} if {part}: {in_all}."
    return (
        f"About {count(more, 'more experiment')} like these until power is {level} if {part}: "
        f"{in_all}."
    )


def few_text(plan: Plan) -> str:
    """From how many experiments on clusters no longer rest on one or two of them."""
    sizes = plan.settings.sizes
    of_size = [total(c.tally for c in cells) for cells in zip(*plan.grid, strict=True)]
    chance = [cells[0].tally for cells in zip(*plan.grid, strict=True)]
    at_place = [_share(t.n_on_few, t.n_detected) for t in of_size]
    elsewhere = [_share(t.n_elsewhere_on_few, t.n_elsewhere) for t in chance]
    return (
        "One experiment has more than half of the contribution to a cluster, or two have more "
        f"than 80 %: {_few(sizes, at_place, 'at the place')}; "
        f"{_few(sizes, elsewhere, 'elsewhere')}."
    )


def elsewhere_text(plan: Plan) -> str:
    """Surviving clusters away from the place: a check of the simulation."""
    cells = [cells[0] for cells in zip(*plan.grid, strict=True)]
    rates = [cell.elsewhere for cell in cells]
    return (
        f"As a check, an analysis has {share_text(min(rates))} to {share_text(max(rates))} "
        "surviving clusters elsewhere in the mean; the test lets a share of "
        f"{share_text(plan.test.alpha)} of the analyses have one where nothing converges."
    )


def assumption_texts(plan: Plan) -> list[str]:
    """What was assumed, and what a plan does not say."""
    settings, test = plan.settings, plan.test
    return [
        "Simulated experiments take sample size and number of foci together from an experiment "
        f"at hand, with replacement. Foci fall uniformly on {one_line(test.sampling.name)}, but "
        f"in k of n experiments one focus is reported about the place, {_scatter_text(plan)}. "
        + (
            f"The place is {place(settings.place)}."
            if settings.place is not None
            else "The place is another one in each simulation, so power is a mean over places."
        ),
        f"The place is found if a cluster with a family-wise p of {_LEVELS[test.correction]} of "
        f"at most {share_text(test.alpha)} has a voxel within {settings.within_mm:g} mm of it "
        f"(cluster-forming p < {share_text(test.cluster_forming_p)}, "
        f"{count(settings.n_iterations, 'iteration')}). "
        f"{count(settings.n_simulations, 'simulation')} a cell, seed {settings.seed}.",
        "A plan uses how many participants and foci the experiments have, not where their foci "
        "are: it says nothing about what the evidence at hand shows, and power computed after a "
        "test adds nothing to its result.",
        "Power is that of finding one place while nothing else converges. It depends much on the "
        "scatter, which nobody knows: try others. Which share of the experiments will report a "
        "place is a guess; take it from elsewhere than the map at hand.",
    ]


def power_text(power: float) -> str:
    """Power to two digits, without its leading zero.

    Examples
    --------
    >>> power_text(0.874), power_text(0.0), power_text(0.999), power_text(1.0)
    ('.87', '.00', '>.99', '1.00')
    """
    if 0 < power < 0.005:
        return "<.01"
    if 0.995 <= power < 1:
        return ">.99"
    return f"{power:.2f}".removeprefix("0")


def _interval(cell: Cell) -> str:
    return " to ".join(power_text(end) for end in cell.interval)


def _scatter_text(plan: Plan) -> str:
    if plan.settings.scatter_mm is not None:
        return f"with a standard deviation of {plan.settings.scatter_mm:g} mm along each axis"
    sd_mm = plan.prototypes.fwhm_mm / FWHM_PER_SD
    low, high = f"{sd_mm.min():.1f}", f"{sd_mm.max():.1f}"
    sd = low if low == high else f"{low} to {high}"
    return f"as widely as ALE assumes (standard deviation {sd} mm along each axis)"


def _share(n: int, of: int) -> float | None:
    return n / of if of else None


def _few(sizes: tuple[int, ...], shares: list[float | None], where: str) -> str:
    """With how many experiments a share is not below `FEW`, as a clause."""
    known = [(n, share) for n, share in zip(sizes, shares, strict=True) if share is not None]
    if not known:
        return f"no cluster {where} survived"
    many = [f"{100 * share:.0f} % with {n}" for n, share in known if share >= FEW]
    beyond = [n for n, share in known if share < FEW]
    few = f"less than {100 * FEW:.0f} %"
    if not many:
        return f"of clusters {where} {few} at every size"
    if not beyond:
        return f"of clusters {where} {listed(many)} experiments"
    return f"of clusters {where} {listed(many)} experiments, {few} with {listed_sizes(beyond)}"


def listed_sizes(sizes: list[int]) -> str:
    """Numbers of experiments in a sentence: "20", "10 or 20", "10 to 50".

    Examples
    --------
    >>> listed_sizes([20]), listed_sizes([10, 20]), listed_sizes([10, 15, 20])
    ('20', '10 or 20', '10 to 20')
    """
    return f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 2 else listed([*map(str, sizes)], "or")
