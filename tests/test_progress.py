"""Bars on a terminal of a known size, and none elsewhere."""

from __future__ import annotations

import os
import struct
import subprocess
import sys

import pytest

LOOP = """
import time
from focale.progress import bar
for _ in bar("leaving out")(range(8)):
    time.sleep({seconds})
"""

fcntl = pytest.importorskip("fcntl", reason="terminals of this kind are not on Windows")


def on_terminal(code):
    """What a script writes to a terminal of 100 columns."""
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait() == 0
    return written.decode()


def test_bar__appears_when_it_takes_longer_than_a_blink():
    assert "leaving out:" in on_terminal(LOOP.format(seconds=0.1))


def test_bar__does_not_appear_for_what_is_quick():
    assert "leaving out" not in on_terminal(LOOP.format(seconds=0.001))


def test_bar__is_not_written_to_files():
    code = LOOP.format(seconds=0.1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == done.stderr == b""
