"""The run itself, in a process of its own, which can be stopped at any moment.

Imports what computes only when it runs: the process that starts it has read this file
too.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from focale.errors import FocaleError
from focale.io.source import ReadOptions
from focale.progress import Counted, Progress
from focale.protocol.protocol import Protocol
from focale.robustness.answers import Questions

STOPPED = 130
PAUSE_S = 0.1
"""Between two messages about progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to run: the arguments of `read_evidence` and `run_into`."""

    source: Path | list[Path]
    options: ReadOptions
    protocol: Protocol
    folder: Path
    command: str
    log: Path
    questions: Questions | None = None


def work(task: Task, sink: Connection) -> None:
    """Run a task, saying through `sink` what is being done and what came of it.

    Messages are pairs: ("stage", text), ("progress", (done, total, note)), and at the end
    ("done", what) or ("failed", sentence).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which stops us
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with task.log.open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), sys.stderr.fileno() if sys.stderr else 2)
    try:
        sink.send(("done", _run(task, sink)))
    except FocaleError as error:
        sink.send(("failed", str(error)))
    except KeyboardInterrupt:  # tidied up on the way here
        sys.exit(STOPPED)


def _run(task: Task, sink: Connection) -> dict[str, Any]:
    sink.send(("stage", "Reading the file"))
    from focale.report.interpretation import interpretation
    from focale.workflow import read_evidence, run_into

    studyset = read_evidence(task.source, task.protocol, None, task.options)
    sink.send(("stage", "Computing the map (the first run takes some seconds more)"))
    result = run_into(
        studyset,
        task.folder,
        task.protocol,
        command=task.command,
        overwrite=True,
        questions=task.questions,
        progress=_telling(sink),
    )
    return {"mode": result.decision.mode, "interpretation": interpretation(result)}


def _telling(sink: Connection) -> Progress:
    """A progress bar that tells the server."""

    def wrap(items: Iterable[Any]) -> Iterable[Any]:
        counted = items if isinstance(items, Counted) else None
        total = counted.n if counted else len(items) if isinstance(items, Sized) else 0
        sink.send(("stage", _stage(counted)))
        done, told = 0, 0.0
        for item in items:
            yield item
            done += counted.amount(item) if counted else 1
            if time.monotonic() - told > PAUSE_S:
                told = time.monotonic()
                sink.send(("progress", (done, total, counted.note() if counted else "")))
        sink.send(("stage", "Writing maps, tables and figures"))

    return wrap


def _stage(counted: Counted | None) -> str:
    """What a loop does, in words."""
    if counted is None:
        return "Leaving out, in turn"
    return counted.what[:1].upper() + counted.what[1:] or "Comparing with random maps"


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _end_with_the_server() -> None:
    """Do not go on for nobody if the server was killed."""
    server = parent_process()
    if server is not None:
        server.join()
        os._exit(STOPPED)
