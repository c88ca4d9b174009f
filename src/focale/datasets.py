"""The evidence that ships with Focale."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def pain_studyset_path() -> Path:
    """Path of the bundled pain studyset: 21 studies, 267 foci, NIMADS JSON.

    The peaks come from the NIDM-Results pain collection (Maumet et al. 2016,
    doi:10.1038/sdata.2016.102); see ``data/NOTICE.md``.
    """
    return Path(str(files("focale") / "data" / "nidm_pain_studyset.json"))
