"""The server: this computer only, one session, a handful of fixed addresses.

Every path is one of a table or the name of a file in the result; none is looked up on
the disk as it was asked for. Answers forbid the page to load anything from elsewhere. The
HTML report is shown without any right to the page around it (CSP `sandbox`).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from focale.app.choices import form
from focale.app.guard import FOREIGN, NO_KEY, Guard
from focale.app.place import Place
from focale.app.session import CommandOf, NotNowError, Session
from focale.errors import ArgumentError, FocaleError

HOST = "127.0.0.1"
MOST_BYTES = 64 << 20
"""Of all files of an evidence base together."""
MOST_JSON = 1 << 16
DRAINED = 1 << 20

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILE_POLICY = (
    "sandbox allow-scripts allow-downloads allow-modals; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""For files of a result: they may run what they hold, and reach nothing."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".md": "text/plain; charset=utf-8",
    ".tsv": "text/plain; charset=utf-8",
    ".toml": "text/plain; charset=utf-8",
    ".bib": "text/plain; charset=utf-8",
}
PAGES = {
    "/": "app.html",
    "/app.css": "app.css",
    "/app.js": "app.js",
    "/icon.svg": "icon.svg",
    "/favicon.ico": "icon.svg",
}


class RefusedError(Exception):
    """A request that is not served, with its status and the reason."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class AppServer(ThreadingHTTPServer):
    """The server of one session.

    Parameters
    ----------
    port
        Port to listen at; 0 for a free one.
    kept
        Folder that results are copied to; None keeps them until the server closes.
    command_of
        Words the command that would repeat a run, for its record.

    Raises
    ------
    ArgumentError
        If the port cannot be used.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let another program in

    def __init__(self, port: int, kept: Path | None, command_of: CommandOf) -> None:
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise ArgumentError(
                f"port {port} cannot be used ({error.strerror or error}); choose another with "
                "--port, or leave it to the computer"
            ) from error
        self.guard = Guard(self.server_port)
        self.session = Session(Place(kept), command_of)

    def server_bind(self) -> None:
        """Bind without asking the network for a name, which can take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.socket.getsockname()[1]

    @property
    def address(self) -> str:
        """The address to print."""
        return f"http://{HOST}:{self.server_port}/?key={self.guard.printed}"

    @property
    def opening_address(self) -> str:
        """The address to start a browser with."""
        return f"http://{HOST}:{self.server_port}/?key={self.guard.opened}"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say what went wrong instead of printing a traceback."""
        error = sys.exc_info()[1]
        if isinstance(error, (ConnectionError, TimeoutError)):  # who asked has gone
            return
        what = f"this is a bug in Focale ({type(error).__name__}: {error}); please report it"
        body = json.dumps({"error": what}).encode()
        head = (
            "HTTP/1.0 500 Internal Server Error\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        )
        with suppress(OSError):
            request.sendall(head.encode() + body)

    def close(self) -> bool:
        """Stop a run, remove temporary files; gives whether a result goes with them."""
        self.server_close()
        return self.session.close()


class Handler(BaseHTTPRequestHandler):
    """Answers one request; the connection ends with it."""

    server: AppServer
    server_version = "Focale"
    sys_version = ""
    timeout = 30.0
    """Seconds to wait for who does not go on."""

    def do_GET(self) -> None:  # noqa: D102
        self._serve(self._get)

    def do_POST(self) -> None:  # noqa: D102
        self._serve(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002, D102
        return

    def send_error(  # noqa: D102
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,  # noqa: ARG002
    ) -> None:
        self._json({"error": message or HTTPStatus(code).phrase}, HTTPStatus(code))

    # --- the way in ----------------------------------------------------------------------

    def _serve(self, answer: Callable[[str, dict[str, str]], None]) -> None:
        try:
            path, query = self._asked()
            answer(path, query)
        except RefusedError as error:
            self._refuse(error.status, error.reason)
        except NotNowError as error:
            self._refuse(HTTPStatus.CONFLICT, str(error))
        except FocaleError as error:
            self._json({"error": str(error)})  # served well: the sentence is the answer
        except TimeoutError:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the upload broke off")

    def _asked(self) -> tuple[str, dict[str, str]]:
        """Path and query of a request that may be answered."""
        guard, headers = self.server.guard, self.headers
        changes = self.command != "GET"
        if not guard.is_ours(headers.get("Host"), headers.get("Origin"), changes=changes):
            raise RefusedError(HTTPStatus.FORBIDDEN, FOREIGN)
        if not self.path.startswith("/") or self.path.startswith("//"):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "not an address of this page")
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        comes_in = url.path == "/" and self.command == "GET" and "key" in query
        if not (guard.knows(headers.get("Cookie")) or comes_in):
            raise RefusedError(HTTPStatus.FORBIDDEN, NO_KEY)
        return url.path, query

    def _get(self, path: str, query: dict[str, str]) -> None:
        session = self.server.session
        if path == "/" and "key" in query:
            self._let_in(query["key"])
        elif path in PAGES:
            self._bytes(_asset(PAGES[path]), TYPES[Path(PAGES[path]).suffix])
        elif path == "/state":
            self._json(session.state())
        elif path == "/choices":
            self._json({"choices": form(), "most_bytes": MOST_BYTES})
        elif path == "/protocol.toml":
            self._bytes(session.protocol_toml().encode(), TYPES[".toml"], download="protocol.toml")
        elif path == "/download":
            self._zip()
        elif path.startswith("/result/"):
            self._result_file(unquote(path.removeprefix("/result/")))
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing at this address")

    def _post(self, path: str, query: dict[str, str]) -> None:
        session = self.server.session
        if path == "/file":
            session.add_file(query.get("name", ""), self._body(MOST_BYTES - session.n_bytes))
        elif path == "/protocol-file":
            self._json({"values": session.load_protocol(self._body(MOST_JSON))})
            return
        elif path == "/check":
            session.check(self._object())
        elif path == "/protocol":
            session.declare(self._object())
        elif path == "/start":
            session.start(self._object())
        elif path in {"/stop", "/reset"}:
            self._body(MOST_JSON)
            {"/stop": session.stop, "/reset": session.reset}[path]()
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing at this address")
        self._json(session.state())

    def _body(self, most: int) -> bytes:
        """The body, which must be as long as it says, and not longer than it may."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "say how long it is (Content-Length)")
        if len(length) > 15 or int(length) > most:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"this is larger than the {MOST_BYTES >> 20} MB that an evidence base may have "
                "here; check that it is the file you mean, or use the command line",
            )
        content = self.rfile.read(int(length))  # no more than it said
        if len(content) < int(length):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the upload broke off; try again")
        return content

    def _object(self) -> dict[str, Any]:
        try:
            given = json.loads(self._body(MOST_JSON), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"not JSON ({error})") from error
        if not isinstance(given, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "not an object of JSON")
        return given

    # --- the way out ---------------------------------------------------------------------

    def _let_in(self, key: str) -> None:
        if not self.server.guard.accepts(key):
            if self.server.guard.knows(self.headers.get("Cookie")):  # an old tab, reloaded
                self._redirect()
                return
            raise RefusedError(HTTPStatus.FORBIDDEN, NO_KEY)
        self._redirect(**{"Set-Cookie": self.server.guard.cookie()})

    def _redirect(self, **headers: str) -> None:
        self._head(HTTPStatus.SEE_OTHER, "text/plain", 0, PAGE_POLICY, Location="/", **headers)

    def _result_file(self, name: str) -> None:
        path = self.server.session.result_files().get(name)
        if path is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "the result has no such file")
        kind = TYPES.get(path.suffix, "application/octet-stream")
        self._bytes(path.read_bytes(), kind, policy=FILE_POLICY)

    def _zip(self) -> None:
        session = self.server.session
        folder, inside = session.result_folder(), session.result_files()
        with tempfile.TemporaryFile(dir=folder.parent) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, path in inside.items():
                    packed.write(path, f"{folder.name}/{name}")
            length = file.tell()
            file.seek(0)
            self._head(
                HTTPStatus.OK,
                "application/zip",
                length,
                PAGE_POLICY,
                **{"Content-Disposition": f'attachment; filename="{folder.name}.zip"'},
            )
            shutil.copyfileobj(file, self.wfile)
        session.note_download(folder)

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        if self.command == "GET" and "text/html" in self.headers.get("Accept", ""):
            self._bytes(f"Focale: {reason}\n".encode(), TYPES[".md"], status=status)
        else:
            self._json({"error": reason}, status)
        self._drain()

    def _drain(self) -> None:
        """Read a little of what is still coming, so that the refusal is heard."""
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(0.2)
            left = DRAINED
            while left > 0 and (piece := self.rfile.read1(left)):
                left -= len(piece)

    def _json(self, answer: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._bytes(json.dumps(answer).encode(), TYPES[".json"], status=status)

    def _bytes(
        self,
        content: bytes,
        kind: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        policy: str = PAGE_POLICY,
        download: str = "",
    ) -> None:
        more = {"Content-Disposition": f'attachment; filename="{download}"'} if download else {}
        self._head(status, kind, len(content), policy, **more)
        self.wfile.write(content)

    def _head(self, status: HTTPStatus, kind: str, length: int, policy: str, **more: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(length),
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
            **more,
        }.items():
            self.send_header(name, value)
        self.end_headers()


@cache
def _asset(name: str) -> bytes:
    return files("focale.app").joinpath("assets", name).read_bytes()


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
