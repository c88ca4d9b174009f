"""The pain fixtures."""

from tests.fixtures_pain import *  # noqa: F403
