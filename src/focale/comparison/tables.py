"""Tables of a comparison, with what their columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focale.comparison.changes import SettingChange
from focale.comparison.outcome import Level
from focale.phrases import one_line

if TYPE_CHECKING:
    import pandas as pd

    from focale.comparison.result import Comparison

LEVEL_NAMES: dict[Level, str] = {
    "listed": "listed clusters",
    "uncorrected": "uncorrected p below the cluster-forming p",
    "fdr": "z of the false discovery rate above 1.645",
}


def tables_of(comparison: Comparison) -> dict[str, tuple[pd.DataFrame, dict[str, str]]]:
    """Tables by name, each with a description of its columns."""
    return {
        "changes": _changes(comparison),
        "steps": _steps(comparison),
        "clusters": _clusters(comparison),
        "limits": _limits(comparison),
    }


def _changes(comparison: Comparison) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    columns = {
        "number": "In the order in which the changes were done",
        "of": "study or setting",
        "kind": "What happened to the study, or the name of the choice",
        "what": "The change in words",
        "details": "What differs",
    }
    rows = [
        (
            number,
            "setting" if isinstance(change, SettingChange) else "study",
            change.name if isinstance(change, SettingChange) else change.kind,
            change.words,
            "; ".join(change.details),
        )
        for number, change in enumerate(comparison.changes, start=1)
    ]
    return pd.DataFrame(rows, columns=list(columns)), columns


def _steps(comparison: Comparison) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    levels = comparison.levels
    columns = {"step": "In the order in which they were done", "what": "What was changed"}
    for level in levels:
        name = LEVEL_NAMES[level]
        columns |= {
            f"{level}_before": f"Voxels before the step ({name})",
            f"{level}_gained": "Voxels the step gains",
            f"{level}_lost": "Voxels the step loses",
            f"{level}_after": "Voxels after the step",
            f"{level}_explains": "Voxels that only one of the readings has and that are as in the "
            "new one since this step; the steps add up to all of these voxels",
            f"{level}_alone_gained": "Voxels gained if only this is changed in the old reading",
            f"{level}_alone_lost": "Voxels lost if only this is changed in the old reading",
        }
    columns |= {
        "clusters_gained": "Clusters that share no voxel with one before the step",
        "clusters_lost": "Clusters that share no voxel with one after the step",
        "clusters_moved": "Clusters whose peak is at another voxel after the step",
    }
    rows = []
    for number, step in enumerate(comparison.steps, start=1):
        row: list[object] = [number, step.words]
        for level in levels:
            effect = step.effects[level]
            alone = (step.alone or {}).get(level, (None, None))
            row += [effect.before, effect.gained, effect.lost, effect.after, effect.explains]
            row += alone
        rows.append([*row, *step.clusters])
    table = pd.DataFrame(rows, columns=list(columns))
    alone_columns = {name: "Int64" for name in columns if "_alone_" in name}
    return table.astype(alone_columns), columns


def _clusters(comparison: Comparison) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    columns = {
        "kind": "kept, moved (its peak), gained, lost, parted (from an old one that has a "
        "partner) or joined (to a new one that has)",
        "old": "Number in the old reading",
        "new": "Number in the new reading",
        **{f"old_{axis}": "Peak in the old reading, mm" for axis in "xyz"},
        **{f"new_{axis}": "Peak in the new reading, mm" for axis in "xyz"},
        "moved_mm": "Distance between the peaks",
        "n_old": "Voxels in the old reading",
        "n_new": "Voxels in the new reading",
        "n_shared": "Voxels both share",
        "causes": "Steps that caused it, with the voxels that came in or went out by each",
    }
    nowhere = (None, None, None)
    rows = [
        (
            *(c.kind, c.old, c.new, *(c.old_mm or nowhere), *(c.new_mm or nowhere)),
            *(c.moved_mm, c.n_old, c.n_new, c.n_shared),
            "; ".join(f"{step} ({n})" for step, n in c.causes),
        )
        for c in comparison.clusters
    ]
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype({"old": "Int64", "new": "Int64"}), columns


def _limits(comparison: Comparison) -> tuple[pd.DataFrame, dict[str, str]]:
    import pandas as pd

    columns = {
        "profile": "The tool",
        "what": "What is chosen",
        "known": "near: Focale does what comes closest; not taken: it has nothing like it; "
        "unknown: nobody outside knows",
        "does": "What the tool does",
        "source": "Where that is known from",
    }
    rows = [
        (profile.title, limit.what, limit.known, one_line(limit.does, 400), limit.source)
        for profile in comparison.profiles
        for limit in profile.limits
    ]
    return pd.DataFrame(rows, columns=list(columns)), columns
