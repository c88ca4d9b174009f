"""A command line to talk to, in a folder of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_sets import *  # noqa: F403
from tests.strategies import nimads_analysis, nimads_tree


@dataclass(frozen=True)
class Said:
    """What a command left behind: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `focale` in this process, within an own folder."""
    from focale.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as leave:
            main([str(argument) for argument in arguments])
        said = Said(int(leave.value.code or 0), *capsys.readouterr())
        assert "--debug" in arguments or "Traceback" not in said.out + said.err
        return said

    return run


@pytest.fixture
def evidence(tmp_path):
    """Path of four studies with two foci each."""
    tree = nimads_tree(
        {f"s{i}": [nimads_analysis("1", [(0, 0, 10), (4 * i, 0, 0)], n=10 + i)] for i in range(4)}
    )
    return write(tmp_path / "foci.json", tree)


def write(path: Path, content: object) -> Path:
    """A file of text, bytes, or of anything as JSON."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return path
