"""The atlas that ships with Focale: Desikan-Killiany cortex and aseg, at 2 mm.

Cortical regions of the gyri and subcortical structures, white matter and ventricles among
them, of FreeSurfer's template subject cvs_avg35_inMNI152. It is changed from the original
(see ``data/NOTICE.md``): sampled at 2 mm, with numbers and names of its own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from focale.atlases.atlas import Atlas
from focale.atlases.known import DESIKAN_KILLIANY
from focale.atlases.reading import read_atlas

NAME = "desikan-killiany"
VERSION = "(FreeSurfer 6.0, 2 mm)"
IMAGE = "atlas-DesikanKilliany_res-02_dseg.nii.gz"
LABELS = "atlas-DesikanKilliany_res-02_dseg.tsv"


@cache
def desikan_killiany() -> Atlas:
    """The bundled atlas; nobody can write to it, so all share one.

    Examples
    --------
    >>> print(desikan_killiany().label_at([38, 4, 2]))
    R insula
    """
    data = files("focale") / "data"
    with as_file(data / IMAGE) as image, as_file(data / LABELS) as labels:
        return read_atlas(
            image,
            labels,
            name=DESIKAN_KILLIANY.title,
            version=VERSION,
            space=DESIKAN_KILLIANY.space,
            licence=DESIKAN_KILLIANY.licence,
            citation=DESIKAN_KILLIANY.citation,
        )


def bundled_path(name: str) -> Path:
    """Path of a bundled file."""
    return Path(str(files("focale") / "data" / name))
