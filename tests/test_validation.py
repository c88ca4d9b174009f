"""The simulations of validation/ still run, on a small scale."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

VALIDATION = Path(__file__).parents[1] / "validation"


def test_uncorrected_p__still_simulates():
    spec = importlib.util.spec_from_file_location("uncorrected_p", VALIDATION / "uncorrected_p.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shares = module.shares(3, on_grid=True, n_sets=1)
    assert shares.shape == (1, len(module.LEVELS))
    assert np.all((shares >= 0) & (shares <= 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "head"),
    [("fwe", "| experiments |"), ("planning", "| n | k |"), ("contrasts", "| method | sides |")],
)
def test_simulations__still_run(script, head):
    command = [sys.executable, VALIDATION / f"{script}.py", "--fast"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert head in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "head"),
    [("robustness", "| own null |"), ("family", "| KDA | 0.05 |"), ("chi2", "| 60 | mid-p |")],
)
def test_modules__still_run(module, head):
    command = [sys.executable, "-m", f"validation.{module}", "--fast"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=VALIDATION.parent
    )
    assert done.returncode == 0, done.stderr
    assert head in done.stdout
