"""A run seen from the server: how far it is, and how to stop it."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from focale.app.worker import STOPPED, Task, work
from focale.errors import FocaleError
from focale.phrases import one_line

State = Literal["running", "stopping", "stopped", "failed", "done"]

PATIENCE_S = 8.0
"""How long a worker may tidy up before it is killed."""


@dataclass(slots=True)
class Standing:
    """How far a run is.

    Attributes
    ----------
    state, stage
        In a word, and what is being done.
    done, total, note
        Of the loop that runs: so many of so many, and what is known so far.
    error
        The sentence that says why it failed.
    result
        What the page is told of the result.
    """

    state: State = "running"
    stage: str = "Starting"
    done: int = 0
    total: int = 0
    note: str = ""
    error: str = ""
    result: dict[str, Any] | None = None


class Job:
    """One run in a process of its own.

    Parameters
    ----------
    task
        What to run.
    finish
        Takes what the worker says of a finished run, and gives what the page is told.
    sweep
        Called where a run did not finish, to remove what it left.
    """

    def __init__(
        self,
        task: Task,
        finish: Callable[[dict[str, Any]], dict[str, Any]],
        sweep: Callable[[], None],
    ) -> None:
        self._log = task.log
        self._finish, self._sweep = finish, sweep
        self._standing = Standing()
        self._lock = threading.Lock()
        spawn = multiprocessing.get_context("spawn")  # the server has threads: no fork
        source, sink = spawn.Pipe(duplex=False)
        self._process = spawn.Process(target=work, args=(task, sink), daemon=True)
        self._process.start()
        sink.close()
        self._watcher = threading.Thread(target=self._watch, args=(source,), daemon=True)
        self._watcher.start()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self._standing.state not in {"running", "stopping"}

    def view(self) -> dict[str, Any]:
        """How far it is, as plain values."""
        with self._lock:
            return asdict(self._standing)

    def stop(self) -> None:
        """Stop it; returns when the process is gone and nothing half-written is left."""
        with self._lock:
            if self._standing.state == "running":
                self._standing.state = "stopping"
        self._process.terminate()
        self._process.join(PATIENCE_S)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._watcher.join()

    def _watch(self, source: Connection) -> None:
        """Note what the worker says, until it says no more."""
        last: tuple[str, Any] = ("", None)
        while (message := _heard(source)) is not None:
            self._note(*message)
            last = message
        self._process.join()
        ending: dict[str, Any]
        if last[0] == "done":
            ending = self._finished(last[1])
        elif last[0] == "failed":
            ending = {"state": "failed", "error": last[1]}
        elif self._standing.state == "stopping" or self._process.exitcode == STOPPED:
            ending = {"state": "stopped"}
        else:
            ending = {"state": "failed", "error": self._why()}
        if ending["state"] != "done":
            self._sweep()
        self._change(**ending)

    def _note(self, kind: str, what: Any) -> None:
        if kind == "stage":
            self._change(stage=what, done=0, total=0, note="")
        elif kind == "progress":
            done, total, note = what
            self._change(done=done, total=total, note=note)

    def _finished(self, said: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"state": "done", "result": self._finish(said)}
        except FocaleError as error:
            return {"state": "failed", "error": str(error)}

    def _change(self, **values: Any) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(self._standing, name, value)

    def _why(self) -> str:
        """Why a worker ended without a word: what Python wrote last, or the system did."""
        lines = _lines(self._log)
        cause = lines[-1] if lines else f"exit code {self._process.exitcode}"
        return (
            f"the run ended unexpectedly ({one_line(cause, 300)}); if memory may have run out, "
            "close other programs and start again, else please report it as a bug in Focale"
        )


def _heard(source: Connection) -> tuple[str, Any] | None:
    try:
        message: tuple[str, Any] = source.recv()
    except (EOFError, OSError):
        return None
    return message


def _lines(log: Path) -> list[str]:
    if not log.exists():
        return []
    return log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
