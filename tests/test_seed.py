"""The worked example the project started from: as our script, and as its own code.

The second proves that a script written for NiMARE runs after its import lines and the line
naming the bundled file are changed, and prints the same numbers.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SEED = ROOT / "../shared/seed/qualitative-ale-example.txt"

# Not as in the seed: nilearn's peak (58, 0, 0) lies 7.5 mm from a peak that is kept; see
# tests/diagnostics/test_jackknife.py.
NILEARN_BUG_ROW = "PositiveTail 1c"

CLUSTERS = """\
PositiveTail 1 52.0 4.0 -2.0 0.015199 6832
PositiveTail 1a 52.0 -4.0 6.0 0.009670
PositiveTail 2 8.0 4.0 58.0 0.015176 9104
PositiveTail 2a -4.0 20.0 40.0 0.013101
PositiveTail 3 -26.0 -66.0 -38.0 0.014101 6320
PositiveTail 3a -36.0 -68.0 -40.0 0.012481"""

CONTRIBUTIONS = """\
pain_01.nidm-1 0.087339
pain_02.nidm-1 0.045975
pain_03.nidm-1 0.214195
pain_04.nidm-1 0.346442
pain_05.nidm-1 0.177272
pain_06.nidm-1 0.054589
pain_07.nidm-1 0.027155
pain_08.nidm-1 0.045791"""


def run_script(script, folder):
    """Lines a script prints, with single blanks."""
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return plain_lines(done.stdout)


def plain_lines(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


# ------------------------------------------------------------------ our script


@pytest.mark.processes
def test_example__prints_the_numbers_of_the_seed(tmp_path):
    printed = run_script(ROOT / "examples" / "qualitative_ale.py", tmp_path)
    assert printed[0] == "8 studies, 107 reported coordinates."
    assert re.fullmatch(
        r"Largest ALE: 0\.01568 at \[ ?54\. -28\. 20\.\] mm\. Display-only level: 0\.00378",
        printed[1],
    )
    for row in (*CLUSTERS.splitlines(), *CONTRIBUTIONS.splitlines()):
        assert row in printed
    pictures = {path.name for path in (tmp_path / "qualitative-ale").iterdir()}
    assert pictures == {"coordinates.png", "ale.png", "slices.png", "contributions.png"}


# ------------------------------------------------------------------ the seed's own code


def statements_in(page):
    """Python statements of a page that mixes prose, code and printed output.

    A statement begins at the margin and ends with the first line that completes it; one that
    opens a block takes the indented lines below it. What does not parse is no statement.
    """
    lines = page.splitlines()
    found, i = [], 0
    while i < len(lines):
        end = end_of_statement(lines, i)
        if end is None:
            i += 1
        else:
            found.append("\n".join(lines[i:end]))
            i = end
    return found


def end_of_statement(lines, start, longest=60):
    if not lines[start].strip() or lines[start][0].isspace():
        return None
    ends = range(start + 1, min(start + longest, len(lines)) + 1)
    end = next((end for end in ends if parses("\n".join(lines[start:end]))), None)
    if end is None or not lines[start].rstrip().endswith(":"):
        return end
    return next((i for i in range(end, len(lines)) if not lines[i][:1].isspace()), len(lines))


def parses(text):
    try:
        return bool(ast.parse(text).body)
    except SyntaxError:
        return False


def ported(statement):
    """The statement with its NiMARE imports, and the name of the bundled file, changed."""
    if statement.startswith("from nimare."):
        name = statement.rpartition(" import ")[2]
        return f"from focale import {name.replace('get_resource_path', 'pain_studyset_path')}"
    if "get_resource_path()" in statement:
        return "studyset_file = pain_studyset_path()"
    return statement


@pytest.fixture(scope="module")
def seed():
    if not SEED.is_file():
        pytest.skip(f"the worked example is not at {SEED}")
    return SEED.read_text(encoding="utf-8")


@pytest.mark.processes
def test_seed__its_own_code_prints_its_own_numbers(seed, tmp_path):
    statements = [ported(statement) for statement in statements_in(seed)]
    script = tmp_path / "seed.py"
    script.write_text("\n".join(statements), encoding="utf-8")
    assert "nimare" not in script.read_text(encoding="utf-8")
    printed = run_script(script, tmp_path)

    in_seed = set(plain_lines(seed))
    differing = [line for line in printed if line not in in_seed]
    assert [line.rpartition(" 44.0 ")[0] for line in differing] == [NILEARN_BUG_ROW]
    assert len(printed) == 25  # three sentences, two captions, two heads, ten and eight rows
    assert "Qualitative subset: 8 studies, 107 reported coordinates." in printed


def test_seed__what_is_ported_is_five_lines(seed):
    changed = [s for s in statements_in(seed) if ported(s) != s]
    assert len(changed) == 5
    assert all("nimare" in s or "get_resource_path" in s for s in changed)
