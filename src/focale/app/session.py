"""One person's way through the page: evidence, protocol, decision, run, result.

The order is the point: a protocol is declared before a map is computed, and what changes
after one was seen is a deviation. A session remembers, so unlike most of Focale it is an
object that changes; it does so under one lock, and what it tells is a copy.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from focale._check import check_choice
from focale.app.answers import (
    check_answer,
    decision_answer,
    protocol_answer,
    refused_answer,
)
from focale.app.choices import declared, values_of
from focale.app.job import Job
from focale.app.place import Place, plain_name
from focale.app.worker import Task
from focale.errors import ArgumentError, FocaleError
from focale.io.atomic import write_file
from focale.io.formats import FORMATS
from focale.io.source import ReadOptions, open_source
from focale.protocol.protocol import Protocol
from focale.robustness.answers import Questions

CommandOf = Callable[[Sequence[str], ReadOptions, bool], str]
"""The command that repeats a run, from the names of its files and the options."""


OPTIONS = ("space", "default_n", "extra", "sheet", "encoding")
"""What the page may say of a file; none of them names another file."""


class NotNowError(ArgumentError):
    """The page asked for a step whose turn it is not."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Evidence that was looked at."""

    source: Path | list[Path]
    options: ReadOptions
    fingerprint: str
    label: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """A protocol, and how it decides for the evidence."""

    protocol: Protocol
    decision: dict[str, Any]


class Session:
    """What was done so far, and what may be done next.

    Parameters
    ----------
    place
        Where files go.
    command_of
        Words the command that would repeat a run, for its record: of files, options, and
        whether robustness is asked.
    """

    def __init__(self, place: Place, command_of: CommandOf) -> None:
        self._place = place
        self._command_of = command_of
        self._lock = threading.RLock()
        self._seen: dict[str, Path] = {}
        self._downloaded: set[Path] = set()
        self._forget()

    def _forget(self) -> None:
        self._checked: Checked | None = None
        self._loaded: Protocol | None = None
        self._declared: Declared | None = None
        self._job: Job | None = None
        self._folder: Path | None = None

    # --- the steps -----------------------------------------------------------------------

    def add_file(self, name: str, content: bytes) -> None:
        """Take a file of the evidence; several are read together."""
        with self._lock:
            self._refuse_while_running()
            self._checked = self._declared = self._job = None
            write_file(self._place.uploads / plain_name(name), content, overwrite=True)

    def check(self, options: Mapping[str, Any]) -> None:
        """Look at the files, as `focale check` does.

        Raises
        ------
        ArgumentError
            If an option is none it may be.
        """
        from focale.report.folder import label_of
        from focale.studyset.reading import inspect

        with self._lock:
            self._refuse_while_running()
            source = self._source()
            unknown = sorted(set(options) - set(OPTIONS))
            if unknown:
                raise ArgumentError(f"{unknown[0]!r} is not asked on this page")
            given = ReadOptions(**{k: v for k, v in options.items() if v not in ("", None)})
            paths = source if isinstance(source, list) else [source]
            try:
                inspection = inspect(source, options=given)
                answer = check_answer(inspection)
            except FocaleError as error:
                answer = refused_answer(error)
            self._declared = self._job = None
            self._checked = Checked(
                source, given, self._fingerprint(), label_of(paths[0].name), answer
            )

    def load_protocol(self, content: bytes) -> dict[str, Any]:
        """Values of a protocol file, to fill the form with.

        Raises
        ------
        ReadError
            If it is none.
        """
        with self._lock:
            self._refuse_while_running()
            path = self._place.root / "protocol.toml"
            path.write_bytes(content)
            self._loaded = Protocol.from_toml(path)
            return values_of(self._loaded)

    def declare(self, values: Mapping[str, Any]) -> None:
        """Declare a protocol, and decide how the evidence is to be read; computes no map.

        Raises
        ------
        ArgumentError
            If a value is none a protocol may have.
        """
        from focale.protocol.assess import assess
        from focale.workflow import read_evidence

        with self._lock:
            self._refuse_while_running()
            checked = self._usable()
            protocol = declared(values, self._loaded)
            studyset = read_evidence(checked.source, protocol, None, checked.options)
            self._declared = Declared(protocol, decision_answer(assess(studyset, protocol)))
            self._job = None

    def start(self, asked: Mapping[str, Any]) -> None:
        """Begin the run that the protocol decides for.

        Parameters
        ----------
        asked
            "robustness": whether to ask what would change the picture.

        Raises
        ------
        ArgumentError
            If something else is asked.
        """
        check_choice("robustness", "a run", asked.get("robustness", False), (True, False))
        robustness = bool(asked.get("robustness"))
        with self._lock:
            self._refuse_while_running()
            checked = self._usable()
            if self._declared is None:
                raise NotNowError("declare a protocol first; then the run can begin")
            folder = self._seen.get(checked.fingerprint) or self._place.run_folder(
                checked.fingerprint, checked.label
            )  # by its bytes: another name does not make it other evidence
            task = Task(
                source=checked.source,
                options=checked.options,
                protocol=self._declared.protocol,
                folder=folder,
                command=self._command_of(self._names(), checked.options, robustness),
                log=self._place.log,
                questions=Questions() if robustness else None,
            )
            self._folder = folder
            self._job = Job(
                task,
                finish=partial(self._finish, folder, checked.fingerprint),
                sweep=partial(self._place.sweep, folder),
            )

    def stop(self) -> None:
        """Stop the run, if there is one."""
        with self._lock:
            job = self._job
        if job is not None:
            job.stop()

    def reset(self) -> None:
        """Begin anew with other evidence; stops a run. What was seen is not forgotten."""
        with self._lock:  # no run may begin in between
            self.stop()
            self._forget()
            self._place.forget_uploads()

    def close(self) -> bool:
        """End the session and remove its files; gives whether a result goes with them."""
        with self._lock:
            self.stop()
            lost = self._place.kept is None and bool(set(self._seen.values()) - self._downloaded)
            self._forget()
            self._place.close()
            return lost

    # --- what is told --------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything the page shows."""
        with self._lock:
            checked, given = self._checked, self._declared
            return {
                "files": self._names(),
                "options": checked.options.given if checked else {},
                "check": checked.answer if checked else None,
                "seen": checked is not None and checked.fingerprint in self._seen,
                "protocol": protocol_answer(given.protocol) if given else None,
                "values": values_of(given.protocol) if given else None,
                "decision": given.decision if given else None,
                "job": self._job.view() if self._job else None,
                "kept": str(self._place.kept) if self._place.kept else None,
            }

    @property
    def n_bytes(self) -> int:
        """Size of the files given so far."""
        with self._lock:
            return sum(path.stat().st_size for path in self._place.uploads.iterdir())

    def protocol_toml(self) -> str:
        """The declared protocol as a file.

        Raises
        ------
        NotNowError
            If none is declared.
        """
        with self._lock:
            if self._declared is None:
                raise NotNowError("no protocol is declared yet")
            return self._declared.protocol.to_toml()

    def result_folder(self) -> Path:
        """The folder of the result that is shown.

        Raises
        ------
        NotNowError
            If there is none.
        """
        with self._lock:
            if self._job is None or self._job.view()["state"] != "done" or not self._folder:
                raise NotNowError("there is no result yet")
            return self._folder

    def result_files(self) -> dict[str, Path]:
        """Files of the result by their names in its folder; links are not among them."""
        folder = self.result_folder()
        return {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }

    def note_download(self, folder: Path) -> None:
        """Remember that a person has a copy of a result."""
        with self._lock:
            self._downloaded.add(folder)

    # --- within --------------------------------------------------------------------------

    def _finish(self, folder: Path, fingerprint: str, said: dict[str, Any]) -> dict[str, Any]:
        """Keep a result, and say what it is; called by the job, which holds no lock of ours."""
        self._seen[fingerprint] = folder
        self._downloaded.discard(folder)
        copy = self._place.keep(folder)
        return {**said, "kept": str(copy) if copy else None}

    def _refuse_while_running(self) -> None:
        if self._job is not None and not self._job.is_over:
            raise NotNowError("a run is under way; wait for it or stop it first")

    def _usable(self) -> Checked:
        if self._checked is None or not self._checked.answer["usable"]:
            raise NotNowError("there is no evidence that can be used; choose a file first")
        return self._checked

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._place.uploads.iterdir())

    def _source(self) -> Path | list[Path]:
        """The one file, the folder where a format is made of several, or the files."""
        folder = self._place.uploads
        paths = [folder / name for name in self._names()]
        if not paths:
            raise NotNowError("no file was given; choose one first")
        if len(paths) == 1:
            return paths[0]
        whole = open_source(folder)
        return folder if any(form.looks_like(whole) for form in FORMATS) else paths

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in self._names():
            digest.update(hashlib.sha256((self._place.uploads / name).read_bytes()).digest())
        return digest.hexdigest()
