"""The pain fixtures, and three small sets."""

from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_sets import *  # noqa: F403
