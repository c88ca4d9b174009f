"""The door: who is let in, what is refused, and what every answer forbids."""

from __future__ import annotations

import socket

import pytest

from focale.app import server as module
from focale.app.server import AppServer, Handler
from focale.errors import ArgumentError
from tests.app.conftest import FIVE, Client, command_of

ADDRESSES = ("/", "/app.js", "/app.css", "/state", "/choices", "/download", "/result/x")
STEPS = ("/file", "/check", "/protocol", "/protocol-file", "/start", "/stop", "/reset")


# ------------------------------------------------------------------------- who is let in


def test_server__listens_to_this_computer_only(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_server__has_a_port_of_its_own_each_time():
    servers = [AppServer(0, None, command_of) for _ in range(2)]
    assert servers[0].server_port != servers[1].server_port
    for one in servers:
        one.close()


def test_server__says_that_a_port_is_taken(server):
    with pytest.raises(ArgumentError, match=r"port \d+ cannot be used .*; choose another"):
        AppServer(server.server_port, None, command_of)


@pytest.mark.parametrize("path", ADDRESSES)
def test_get__is_forbidden_without_the_key(server, path):
    answer = Client(server).get(path)
    assert answer.status == 403
    assert b"the address that `focale app` printed" in answer.body


@pytest.mark.parametrize("path", STEPS)
def test_post__is_forbidden_without_the_key(server, path):
    assert Client(server).post(path).status == 403


@pytest.mark.parametrize("key", ["", "x", "%00", "%C3%A9", "%ff", "a" * 5000])
def test_key__must_be_right(server, key):
    answer = Client(server).get(f"/?key={key}")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


def test_key__is_exchanged_for_a_cookie_and_leaves_the_address(server):
    answer = Client(server).get(f"/?key={server.guard.printed}")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert server.guard.printed not in cookie


def test_key__that_the_browser_is_started_with_opens_once(server):
    path = server.opening_address.partition(client_host(server))[2]
    assert Client(server).get(path).status == 303
    assert Client(server).get(path).status == 403
    assert Client(server).enter().get(path).status == 303  # an old tab, reloaded


def client_host(server):
    return f"127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("cookie", ["focale=1", "a=b; c", '="', "focale-0=x", "\u00e9=1"])
def test_cookie__must_be_ours(server, cookie):
    client = Client(server)
    client.cookie = cookie
    assert client.get("/state").status == 403


HOSTS = ("evil.example", "127.0.0.1.evil.example:{port}", "127.0.0.1", "[::1]:{port}", "", None)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_host__that_is_foreign_is_refused(client, host, method):
    named = host and host.format(port=client.server.server_port)
    body = b"{}" if method == "POST" else None
    if host is None:  # http.client adds one by itself
        answer = spoken(client, f"{method} /state HTTP/1.0\r\nCookie: {client.cookie}\r\n\r\n")
        assert b" 403 " in answer.splitlines()[0]
    else:
        assert client.ask(method, "/state", body, Host=named).status == 403


def test_host__may_be_localhost(client):
    assert client.get("/state", Host=f"localhost:{client.server.server_port}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", ""]
)
def test_origin__that_is_foreign_is_refused(client, origin):
    said = origin.format(port=client.server.server_port)
    assert client.post("/reset", Origin=said).status == 403
    assert client.get("/state", Origin=said).status == 403


def test_origin__must_be_said_by_what_changes_something(client):
    assert client.post("/reset", Origin=None).status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "FOO"])
def test_method__is_get_or_post(client, method):
    assert client.ask(method, "/state").status == 501


# ----------------------------------------------------------------------- what is refused

TRICKS = (
    "/../../etc/passwd",
    "/result/../protocol.toml",
    "/result/../../../evidence/foci.json",
    "/result/%2e%2e/%2e%2e/evidence/foci.json",
    "/result/..%2f..%2fevidence%2ffoci.json",
    "/result//etc/passwd",
    "/result/%2fetc%2fpasswd",
    "/result/link.txt",
    "/result/..\\..\\evidence\\foci.json",
    "/result/protocol.toml%00.png",
    "/result/",
    "/result/figures",
    "/assets/app.html",
    "/app.html",
    "/server.py",
    "//evil.example/state",
    "http://evil.example/state",
    "/state/..",
    "/%73tate",
    "/result/%ff",
)


@pytest.mark.parametrize("path", TRICKS)
def test_path__tricks_lead_nowhere(finished, path):
    folder = finished.server.session.result_folder()
    link = folder / "link.txt"
    if not link.is_symlink():
        link.symlink_to("/etc/passwd")
    answer = finished.get(path)
    assert answer.status in {400, 404}, answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize("path", ["/nothing", "/state", "/result/protocol.toml"])
def test_post__elsewhere_is_refused(client, path):
    assert client.post(path).status == 404


@pytest.mark.parametrize("step", ["/file?name=a.txt", "/check", "/protocol-file"])
def test_body__that_says_it_is_too_large_is_refused_unread(client, step):
    answer = client.ask("POST", step, None, Content_Length=str((64 << 20) + 1))
    assert answer.status == 413
    assert "larger than the 64 MB" in answer.json["error"]


@pytest.mark.parametrize("length", ["-1", "1e3", " ", "0x10", "\u00b2", "9" * 400])
def test_body__must_say_how_long_it_is(client, length):
    answer = spoken(
        client,
        f"POST /file?name=a HTTP/1.1\r\nHost: {client.host}\r\nOrigin: http://{client.host}\r\n"
        f"Cookie: {client.cookie}\r\nContent-Length: {length}\r\n\r\n",
    )
    assert answer.split()[1] in {b"411", b"413"}


def test_body__in_chunks_is_refused(client):
    answer = client.ask("POST", "/file?name=a", None, Transfer_Encoding="chunked")
    assert answer.status == 411


def test_body__shorter_than_it_says_is_refused(client, monkeypatch):
    head = request(client, "/file?name=a.txt", 1000)
    assert spoken(client, head + "10 20 30", ends=True).split()[1] == b"400"
    monkeypatch.setattr(Handler, "timeout", 0.3)
    assert spoken(client, head + "10 20 30").split()[1] == b"408"
    assert client.get("/state").json["files"] == []


def test_body__longer_than_it_says_is_cut_and_is_no_second_request(client):
    second = f"GET /state HTTP/1.1\r\nHost: {client.host}\r\n\r\n"
    said = spoken(client, request(client, "/file?name=a.txt", 3) + "abc" + second)
    assert said.count(b"HTTP/1.") == 1
    assert client.server.session.n_bytes == 3


def test_files__may_not_be_too_large_together(client, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    assert client.post("/file?name=a.txt", b"a" * 600).status == 200
    assert client.post("/file?name=b.txt", b"b" * 600).status == 413
    assert client.get("/state").json["files"] == ["a.txt"]


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'{"alpha": NaN}', b"\xff", b"[" * 50_000])
def test_body__must_be_an_object_of_json(client, body):
    assert client.post("/check", body).status == 400


def request(client, path, length):
    return (
        f"POST {path} HTTP/1.1\r\nHost: {client.host}\r\nOrigin: http://{client.host}\r\n"
        f"Cookie: {client.cookie}\r\nContent-Length: {length}\r\n\r\n"
    )


def spoken(client, text, *, ends=False):
    """What the server answers to bytes."""
    with socket.create_connection(("127.0.0.1", client.server.server_port), timeout=20) as line:
        line.sendall(text.encode())
        if ends:
            line.shutdown(socket.SHUT_WR)
        said = b""
        while piece := line.recv(1 << 16):
            said += piece
        return said


# ------------------------------------------------------------------ what an answer forbids


@pytest.mark.parametrize("path", ["/", "/app.js", "/state", "/nothing", "/download"])
def test_headers__forbid_what_the_page_does_not_need(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Server"].strip() == "Focale"
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_headers__of_a_result_give_it_no_right_to_the_page(finished):
    answer = finished.get("/result/protocol.toml")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy  # falls back to 'none'
    assert "default-src 'none'" in policy


def test_page__loads_nothing_from_elsewhere(client):
    for path in ("/", "/app.js", "/app.css"):
        text = client.get(path).body.decode()
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text
        assert "innerHTML" not in text
        assert "eval(" not in text


def test_bug__becomes_a_sentence(client, monkeypatch, capsys):
    def broken(self):
        raise RuntimeError("it broke")

    monkeypatch.setattr("focale.app.session.Session.state", broken)
    answer = client.get("/state")
    assert answer.status == 500
    assert "this is a bug in Focale (RuntimeError: it broke)" in answer.json["error"]
    assert "Traceback" not in "".join(capsys.readouterr())


def test_temporary_files__are_gone_after_the_end():
    server = AppServer(0, None, command_of)
    root = server.session._place.root
    server.session.add_file("foci.json", b"{}")
    assert (root / "evidence" / "foci.json").is_file()
    assert root.stat().st_mode & 0o077 == 0
    server.close()
    assert not root.exists()


def test_five_studies__are_what_the_fixtures_say(client):
    assert client.give("foci.json", FIVE).json["check"]["summary"]["studies"] == 5
