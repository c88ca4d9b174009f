"""`focale app` in a process of its own: what it prints, opens, and leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlsplit

import pytest

from focale.cli.app import command_of
from focale.io.source import ReadOptions
from tests.app.conftest import FIVE

needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child")


@pytest.fixture
def begin(tmp_path):
    """Start `focale app`; gives the process and the address it prints."""
    begun = []

    def begin(*arguments):
        (tmp_path / "tmp").mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "focale", "app", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        )
        begun.append(process)
        return process, process.stdout.readline().split()[-1]

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def temporary(tmp_path):
    return [p for p in (tmp_path / "tmp").rglob("*") if p.name.startswith("focale-app-")]


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_app__ends_with_ctrl_c_and_removes_its_files(begin, tmp_path, number):
    process, address = begin("--no-browser")
    assert address.startswith("http://127.0.0.1:")
    assert temporary(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "temporary files are removed." in out
    assert err == ""
    assert not temporary(tmp_path)


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGINT, getattr(signal, "SIGKILL", 9)])
def test_app__stops_a_run_when_it_ends(begin, tmp_path, choices, number):
    process, address = begin("--no-browser")
    base = address.partition("?")[0]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    browser.open(address).read()

    def post(step, what):
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        asked = urllib.request.Request(base + step, body, {"Origin": base.rstrip("/")})
        return json.load(browser.open(asked))

    post("file?name=foci.json", json.dumps(FIVE).encode())
    post("check", {})
    post("protocol", {**choices, "iterations": 50_000_000})
    post("start", {})
    for _ in range(600):
        job = json.load(browser.open(base + "state"))["job"]
        if job["done"]:
            break
        time.sleep(0.05)
    assert job["state"] == "running"
    children = children_of(process.pid)
    assert children
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    if number == signal.SIGINT:
        assert process.returncode == 0
        assert not temporary(tmp_path)
    deadline = time.monotonic() + 10  # Python's own helper goes a little later
    while any(map(is_alive, children)):
        assert time.monotonic() < deadline, "a worker goes on"
        time.sleep(0.05)


def children_of(parent):
    """Processes that a process started; none where the system does not tell."""
    said = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in said.stdout.split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_app__says_where_results_are_kept(begin, tmp_path):
    process, address = begin("--no-browser", "-o", "results")
    assert f"Results are copied to {tmp_path / 'results'}" in process.stdout.readline()
    assert urlsplit(address).hostname == "127.0.0.1"


def test_app__refuses_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    said = subprocess.run(
        [sys.executable, "-m", "focale", "app", "--no-browser", "-o", str(tmp_path / "file")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 73
    assert "cannot be written to" in said.stderr


def test_command_of__repeats_a_run():
    words = "focale run 'my foci.txt' -o OUT --protocol protocol.toml --space TAL"
    options = ReadOptions(space="TAL")
    assert command_of(["my foci.txt"], options, robustness=False) == words
    assert command_of(["my foci.txt"], options, robustness=True) == f"{words} --robustness all"
