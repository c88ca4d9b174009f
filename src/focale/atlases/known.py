"""What is known of atlases that people have: name, space, licence, citation.

Licences are as their makers or distributors state them; Focale gives no legal advice. None
of these is shipped with Focale but the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FREESURFER = "FreeSurfer Software License 1.0"
FSL = "FSL licence: non-commercial use"
NOT_STATED = "not stated by its distributor"

_FSL_SPACE = "MNI152NLin6Asym"
_FREESURFER_SPACE = "MNI152 (FreeSurfer's cvs_avg35_inMNI152)"
_DESTRIEUX = "Fischl et al. 2004, Cereb Cortex 14:11; Destrieux et al. 2010, NeuroImage 53:1"


@dataclass(frozen=True, slots=True)
class Known:
    """Facts of an atlas; empty where they are not known."""

    title: str = ""
    space: str = ""
    licence: str = ""
    citation: str = ""


DESIKAN_KILLIANY = Known(
    "Desikan-Killiany + aseg",
    _FREESURFER_SPACE,
    FREESURFER,
    "Desikan et al. 2006, NeuroImage 31:968, doi:10.1016/j.neuroimage.2006.01.021; "
    "Fischl et al. 2002, Neuron 33:341, doi:10.1016/S0896-6273(02)00569-X",
)

_AAL = "Tzourio-Mazoyer et al. 2002, NeuroImage 15:273"
_FREEWARE = "copyright freeware under the GPL, as its makers say"

_BY_FILE = (
    ("desikan.?killiany$", DESIKAN_KILLIANY),
    ("destrieux", Known("Destrieux", "", FREESURFER, _DESTRIEUX)),
    (
        "harvard.?oxford|^ho(cpa|spa)",
        Known(
            "Harvard-Oxford",
            _FSL_SPACE,
            FSL,
            "Makris et al. 2006, Schizophr Res 83:155; Frazier et al. 2005, Am J Psychiatry "
            "162:1256; Desikan et al. 2006, NeuroImage 31:968; Goldstein et al. 2007, Biol "
            "Psychiatry 61:935",
        ),
    ),
    ("juelich", Known("Juelich", _FSL_SPACE, FSL, "Eickhoff et al. 2005, NeuroImage 25:1325")),
    ("talairach", Known("", "", FSL, "Lancaster et al. 2000, Hum Brain Mapp 10:120")),
    (
        "aal.?3",
        Known("AAL3", "MNIColin27", _FREEWARE, "Rolls et al. 2020, NeuroImage 206:116189"),
    ),
    ("aal.?2", Known("AAL2", "MNIColin27", _FREEWARE, "Rolls et al. 2015, NeuroImage 122:1")),
    (r"(^|[^a-z])aal|roi_mni_v", Known("AAL", "MNIColin27", _FREEWARE, _AAL)),
    (
        "aicha",
        Known(
            "AICHA",
            "",
            "free for non-profit research",
            "Joliot et al. 2015, J Neurosci Methods 254:46",
        ),
    ),
    ("mars.?atlas", Known("MarsAtlas", "MNIColin27", "see meca-brain.org", "")),
    ("neuromorphometrics", Known("Neuromorphometrics", "", "CC BY-NC", "")),
    (
        "hcpex",
        Known("HCPex", "", NOT_STATED, "Huang et al. 2022, Brain Struct Funct 227:763"),
    ),
    ("schaefer", Known("", "", "MIT", "Schaefer et al. 2018, Cereb Cortex 28:3095")),
    ("yeo", Known("", "", "MIT", "Yeo et al. 2011, J Neurophysiol 106:1125")),
    ("pauli|cit168", Known("", "", "", "Pauli et al. 2018, Sci Data 5:180063")),
    ("cerebellum", Known("", "", "", "Diedrichsen et al. 2009, NeuroImage 46:39")),
)


def known_of(file: str) -> Known:
    """What is known of an atlas by the name of its file."""
    for pattern, known in _BY_FILE:
        if re.search(pattern, file.lower()):
            return known
    return Known()
