"""A running server and a client that has its key."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from focale.app.server import AppServer
from tests.fixtures_pain import *  # noqa: F403
from tests.strategies import nimads_analysis, nimads_tree

LONG_S = 90


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks to a server as its page does, unless told to lie."""

    def __init__(self, server: AppServer) -> None:
        self.server = server
        self.host = f"127.0.0.1:{server.server_port}"
        self.cookie = ""

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=30)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        said = Answer(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()
        return said

    def ask(self, method, path, body=None, **headers):
        """A request with the headers of our page; a header of None is left out."""
        sent = {"Host": self.host, "Cookie": self.cookie}
        if method != "GET":
            sent["Origin"] = f"http://{self.host}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.raw(method, path, body, {k: v for k, v in sent.items() if v is not None})

    def enter(self):
        answer = self.ask("GET", f"/?key={self.server.guard.printed}")
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return self

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, what=None, **headers):
        body = what if isinstance(what, bytes) else json.dumps(what or {}).encode()
        return self.ask("POST", path, body, **headers)

    def give(self, name, content, options=None):
        """Upload a file and check it."""
        text = content if isinstance(content, (bytes, str)) else json.dumps(content)
        self.post("/reset")
        said = self.post(f"/file?name={name}", text.encode() if isinstance(text, str) else text)
        assert said.status == 200, said.body
        return self.post("/check", options)

    def wait(self, *, until=("done", "failed", "stopped")):
        """The job, once it is in one of these states."""
        deadline = time.monotonic() + LONG_S
        while time.monotonic() < deadline:
            job = self.get("/state").json["job"]
            if job["state"] in until:
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job is still {job}")


def command_of(names, options, robustness):
    return f"focale run {' '.join(names)}{' --robustness all' * robustness}"


@contextmanager
def serving(kept=None):
    server = AppServer(0, kept, command_of)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.close()
        thread.join()


RUNS = {"begin", "started", "finished"}
"""Fixtures that start a run in a process of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if RUNS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.processes)


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def client(server):
    return Client(server).enter()


FIVE = nimads_tree(
    {
        f"s{i}": [nimads_analysis("1", [(0, 2 * i, 4), (4 * i - 8, -20, 4 * i)], n=12)]
        for i in range(5)
    }
)
"""Five studies in a box."""


@pytest.fixture(scope="session")
def choices(small_mask_path):
    """A protocol under which five studies in a small box are tested."""
    return {"mask": str(small_mask_path), "min_experiments": 5, "iterations": 200}


@pytest.fixture(scope="session")
def finished(small_mask_path, choices, tmp_path_factory):
    """A session that has run to its end once, with a folder to keep results in."""
    kept = tmp_path_factory.mktemp("kept")
    with serving(kept) as server:
        client = Client(server).enter()
        client.give("foci.json", FIVE)
        client.post("/protocol", choices)
        client.post("/start")
        assert client.wait()["error"] == ""
        yield client
