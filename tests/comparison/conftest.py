"""The pain fixtures, and one side of a comparison."""

import numpy as np

from focale import Protocol
from focale.comparison.side import Side
from tests.fixtures_pain import *  # noqa: F403


def side(studyset, protocol=None, **more):
    given = {
        "name": "a side",
        "evidence": studyset,
        "protocol": protocol or Protocol(),
        "is_described": False,
        "version": "0",
        "command": "",
        "mask_sha256": "",
        "listed": np.zeros(0, np.int64),
    }
    return Side(**{**given, **more})
