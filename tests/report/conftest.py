"""The pain fixtures, and contrasts in a small box."""

from tests.fixtures_contrast import *  # noqa: F403
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_sets import *  # noqa: F403
