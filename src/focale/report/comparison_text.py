"""A comparison in words: what differs, and which difference changes what.

No step tests anything anew: gained and lost are voxels that one reading lists and the other
does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from focale.comparison.attribution import Effect, Step
from focale.comparison.changes import SettingChange, StudyChange
from focale.comparison.outcome import Level
from focale.comparison.result import ClusterChange, Comparison
from focale.comparison.tables import LEVEL_NAMES
from focale.phrases import count, in_words, listed, one_line, place

SHORT_LEVELS: dict[Level, str] = {
    "listed": "listed",
    "uncorrected": "uncorrected",
    "fdr": "FDR z > 1.645",
}
_ORDER = (
    "The order is: the reader, the studies (dropped, corrected, renamed, added), then the "
    "settings. Another order would give other steps with the same sum; what a change does alone "
    "stands beside it."
)


def comparison_text(comparison: Comparison) -> str:
    """Paragraph that says what differs between two readings, and why."""
    sentences = [what_differs(comparison)]
    if comparison.steps:
        sentences += [*_voxels(comparison), *_clusters(comparison)]
    return " ".join([*sentences, *remarks(comparison)])


def remarks(comparison: Comparison) -> list[str]:
    """Sentences that a reader of the tables should know."""
    order = [_ORDER] if len(comparison.steps) > 1 else []
    notes = [sentence_of(note) for note in comparison.notes]
    return [*order, *notes, *_against(comparison), *_limits(comparison)]


def sentence_of(note: str) -> str:
    """A note as a sentence."""
    return f"{note[:1].upper()}{note[1:].rstrip('.')}."


def step_rows(comparison: Comparison) -> list[list[str]]:
    """Header, the old reading, one row a step, and all steps together."""
    levels = comparison.levels
    alone = f"{SHORT_LEVELS['listed']}, alone"
    rows = [["step", *(SHORT_LEVELS[level] for level in levels), alone, "explains", "what"]]
    first = [f"{comparison.steps[0].effects[level].before:,}" for level in levels]
    rows.append(["", *first, "", "", one_line(comparison.old.name)])
    for number, step in enumerate(comparison.steps, start=1):
        effects = [_signed(step.effects[level]) for level in levels]
        explains = f"{step.effects['listed'].explains:,}"
        rows.append([str(number), *effects, _alone(step), explains, step.words])
    last = [f"{comparison.steps[-1].effects[level].after:,}" for level in levels]
    total = sum(step.effects["listed"].explains for step in comparison.steps)
    rows.append(["", *last, "", f"{total:,}", one_line(comparison.new.name)])
    return rows


def cluster_rows(comparison: Comparison) -> list[list[str]]:
    """Header, and one row a cluster of either reading."""
    rows = [["cluster", "old", "new", "voxels", "peak (mm)", "caused by step (voxels)"]]
    for cluster in comparison.clusters:
        peaks = [
            " ".join(f"{value:g}" for value in mm)
            for mm in (cluster.old_mm, cluster.new_mm)
            if mm is not None
        ]
        rows.append(
            [
                cluster.kind,
                str(cluster.old or "-"),
                str(cluster.new or "-"),
                f"{cluster.n_old:,} -> {cluster.n_new:,}",
                " -> ".join(dict.fromkeys(peaks)),
                ", ".join(f"{step} ({n:,})" for step, n in cluster.causes) or "-",
            ]
        )
    return rows


def change_lines(comparison: Comparison) -> list[str]:
    """One line for each change."""
    lines = []
    for change in comparison.changes:
        details = f" ({'; '.join(change.details)})" if change.details else ""
        lines.append(f"{change.words}{details}")
    if comparison.old.version != comparison.new.version:
        lines.append(f"version of Focale: {comparison.old.version} -> {comparison.new.version}")
    return lines


def limit_lines(comparison: Comparison) -> list[str]:
    """One line for each choice of a tool that its profile does not take as it is made."""
    return [
        f"{profile.title}, {limit.what}: {limit.known}{f' - {limit.does}' if limit.does else ''}"
        for profile in comparison.profiles
        for limit in profile.limits
    ]


def _signed(effect: Effect) -> str:
    return f"+{effect.gained:,} -{effect.lost:,} = {effect.after:,}"


def _alone(step: Step) -> str:
    if step.alone is None or "listed" not in step.alone:
        return "?"
    gained, lost = step.alone["listed"]
    return f"+{gained:,} -{lost:,}"


# --- sentences ---------------------------------------------------------------------------


def what_differs(comparison: Comparison) -> str:
    """How many studies and settings differ."""
    old, new = comparison.old.name, comparison.new.name
    if not comparison.changes:
        same = f"Nothing differs between {one_line(old)} and {one_line(new)}"
        return f"{same}: neither a study nor a setting."
    kinds = Counter(
        change.kind
        for change in comparison.changes
        if isinstance(change, StudyChange)
        for _ in range(max(len(change.old), len(change.new), 1))
    )
    parts = [
        "the experiments stand in another order"
        if kind == "reordered"
        else f"{in_words(n, 'study', 'studies')} {'was' if n == 1 else 'were'} {kind}"
        for kind, n in kinds.items()
    ]
    settings = [change for change in comparison.changes if isinstance(change, SettingChange)]
    if settings:
        n = len(settings)
        parts.append(f"{in_words(n, 'setting')} {'differs' if n == 1 else 'differ'}")
    return f"From {one_line(old)} to {one_line(new)}, {listed(parts)}."


def _voxels(comparison: Comparison) -> Iterator[str]:
    """How many voxels differ, and which steps explain them."""
    for level in comparison.levels:
        first, last = comparison.steps[0].effects[level], comparison.steps[-1].effects[level]
        explained = [
            (step.effects[level].explains, number)
            for number, step in enumerate(comparison.steps, start=1)
        ]
        total = sum(n for n, _ in explained)
        counts = f"{first.before:,} voxels before and {last.after:,} after"
        if not total:
            yield f"At the level of {LEVEL_NAMES[level]} ({counts}), no voxel differs."
            continue
        parts = [
            f"{n:,} by step {number} ({comparison.steps[number - 1].short})"
            for n, number in sorted(explained, key=lambda one: -one[0])
            if n
        ]
        yield (
            f"At the level of {LEVEL_NAMES[level]} ({counts}), {count(total, 'voxel')} "
            f"{'differs' if total == 1 else 'differ'}: {listed(parts)}."
        )


def _clusters(comparison: Comparison) -> Iterator[str]:
    changed = [cluster for cluster in comparison.clusters if cluster.kind != "kept"]
    n_kept = len(comparison.clusters) - len(changed)
    if not comparison.clusters:
        yield "Neither reading lists a cluster."
        return
    kept = f"{in_words(n_kept, 'cluster')} {'keeps its' if n_kept == 1 else 'keep their'} peak"
    yield f"{kept[:1].upper()}{kept[1:]}."
    for cluster in changed:
        yield _changed(cluster, comparison.steps)


def _changed(cluster: ClusterChange, steps: Sequence[Step]) -> str:
    mm = cluster.new_mm or cluster.old_mm
    assert mm is not None
    number = f"old {cluster.old}" if cluster.new is None else f"new {cluster.new}"
    through = ""
    if cluster.causes:
        parts = [f"step {step} ({steps[step - 1].short})" for step, _ in cluster.causes[:3]]
        through = f", by {listed(parts)}"
    what = {
        "gained": "is gained",
        "lost": "is lost",
        "parted": "is parted from a larger one",
        "joined": "is joined to a larger one",
        "moved": f"has its peak {cluster.moved_mm or 0:.1f} mm from where it was",
        "kept": "is kept",
    }[cluster.kind]
    return f"Cluster {number}, at {place(mm)}, {what}{through}."


def _against(comparison: Comparison) -> Iterator[str]:
    against = comparison.against
    if against is None:
        return
    yield (
        f"The map {one_line(against.name)} has {count(against.n_theirs, 'voxel')} above "
        f"{against.cut:g}; {one_line(against.side)} has {against.n_ours:,} at the level of "
        f"{LEVEL_NAMES[against.level]}, and {count(against.n_shared, 'voxel')} "
        f"{_is(against.n_shared)} in both."
    )
    if against.n_unexplained:
        yield (
            f"{count(against.n_unexplained, 'voxel')} {_is(against.n_unexplained)} in one of "
            "them only, which no choice known to Focale explains; random numbers are among what "
            "it does not know."
        )
    if against.n_outside:
        outside = count(against.n_outside, "more voxel")
        yield f"{outside} of the map {_is(against.n_outside)} outside the mask of the analysis."


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _limits(comparison: Comparison) -> Iterator[str]:
    for profile in comparison.profiles:
        by_kind = Counter(limit.known for limit in profile.limits)
        parts = [
            f"{n} {_is(n)} {what}"
            for kind, what in (
                ("near", "only nearly taken"),
                ("not taken", "not taken"),
                ("unknown", "unknown"),
            )
            if (n := by_kind[kind])  # type: ignore[index]
        ]
        if parts:
            yield (
                f"The profile of {profile.title} is Focale with the choices of that tool as far "
                f"as they are known. Of these, {listed(parts)}; they are listed as its limits."
            )
