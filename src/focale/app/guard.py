"""Who may ask: a browser on this computer that was given the key, and its page alone.

Any page that a person has open can send requests to 127.0.0.1, and a name of the
internet can be made to mean it (DNS rebinding). So each request must name this server as
its host, a request that comes from a page must come from ours, and all but the first
carry a cookie that only the key buys.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest

NO_KEY = (
    "This address is not complete or was used before. Open the address that `focale app` "
    "printed where it was started."
)
FOREIGN = "Only the page of Focale on this computer may ask this."


class Guard:
    """The keys of one server.

    Parameters
    ----------
    port
        Port of the server.

    Attributes
    ----------
    printed
        Key of the address that is printed; only who started Focale sees it.
    opened
        Key of the address that the browser is started with. Other people of a shared
        computer can see it in the list of processes, so it opens one door only.
    """

    def __init__(self, port: int) -> None:
        self.printed = secrets.token_urlsafe(32)
        self.opened = secrets.token_urlsafe(32)
        self._unused = {self.opened}
        self._cookie = secrets.token_urlsafe(32)
        self._name = f"focale-{port}"  # cookies do not tell ports apart
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    def is_ours(self, host: str | None, origin: str | None, *, changes: bool) -> bool:
        """Whether a request names this server, and comes from no other page.

        Parameters
        ----------
        host, origin
            Its headers.
        changes
            Whether it may change something; browsers say the origin of such a request.
        """
        if host not in self._hosts:
            return False
        if origin is None:
            return not changes
        return origin in {f"http://{ours}" for ours in self._hosts}

    def accepts(self, key: str) -> bool:
        """Whether a key opens the door; the one the browser is started with does so once."""
        given = key.encode()
        if compare_digest(given, self.printed.encode()):
            return True
        if compare_digest(given, self.opened.encode()) and self.opened in self._unused:
            self._unused.clear()
            return True
        return False

    def cookie(self) -> str:
        """The header that gives a browser the cookie."""
        return f"{self._name}={self._cookie}; HttpOnly; SameSite=Strict; Path=/"

    def knows(self, cookies: str | None) -> bool:
        """Whether the cookie is among those of a request."""
        try:
            given = SimpleCookie(cookies or "").get(self._name)
        except CookieError:
            return False
        return given is not None and compare_digest(given.value.encode(), self._cookie.encode())
