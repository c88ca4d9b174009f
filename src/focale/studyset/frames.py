"""Views of a studyset as tables of pandas, made on request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from focale.io.records import StudysetRecord
from focale.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


def coordinates(record: StudysetRecord, foci_mm: FloatArray, target: str) -> pd.DataFrame:
    """One row a focus: id, study_id, contrast_id, x, y, z (mm in the target) and space."""
    import pandas as pd

    owners = [(e.id, e.study_id, e.contrast_id) for e in record.experiments for _ in e.foci]
    table = pd.DataFrame(owners, columns=["id", "study_id", "contrast_id"])
    table[["x", "y", "z"]] = foci_mm
    table["space"] = target
    return table


def studies(record: StudysetRecord) -> pd.DataFrame:
    """One row a study: identifier, counts, and what the source says of the paper."""
    import pandas as pd

    n_experiments = Counter(e.study_id for e in record.experiments)
    n_foci = Counter(e.study_id for e in record.experiments for _ in e.foci)
    rows = [
        {
            "study_id": study_id,
            "n_experiments": n,
            "n_foci": n_foci[study_id],
            **record.studies.get(study_id, {}),
        }
        for study_id, n in n_experiments.items()
    ]
    return pd.DataFrame(rows)


def metadata(record: StudysetRecord) -> pd.DataFrame:
    """One row an experiment: identifiers, name, sample size, number of foci, place."""
    import pandas as pd

    columns = ["id", "study_id", "contrast_id", "name", "sample_size", "n_foci", "source"]
    rows = [
        (e.id, e.study_id, e.contrast_id, e.name, e.n_subjects, len(e.foci), e.where)
        for e in record.experiments
    ]
    table = pd.DataFrame(rows, columns=columns)
    table["sample_size"] = table["sample_size"].astype(float)
    return table
