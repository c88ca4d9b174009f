"""``focale app``: the page for people who want no command line."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from focale.cli.console import command_words

if TYPE_CHECKING:
    from focale.io.source import ReadOptions


@click.command(short_help="Open a page in the browser that needs no command line.")
@click.option(
    "-o", "--output", metavar="FOLDER", help="Folder to keep results in; else download them."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port; by default a free one."
)
@click.option("--no-browser", is_flag=True, help="Print the address, and open nothing.")
def app(output: str | None, port: int, no_browser: bool) -> None:
    """Check a file, declare a protocol, run it and read the result, in the browser.

    The page is served to this computer only. Ctrl-C ends it, stops a run, and removes
    what was uploaded.
    """
    import webbrowser

    from focale.app.server import AppServer
    from focale.io.atomic import check_writable

    kept = None if output is None else Path(output).absolute()
    if kept is not None:
        check_writable(kept / ".focale")
    gc.enable()  # unlike other commands, this one stays
    server = AppServer(port, kept, command_of)
    lost = False
    try:
        _welcome(server.address, kept)
        if not no_browser and _has_screen():
            webbrowser.open(server.opening_address)
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # how a person ends it
    finally:
        lost = server.close()
    click.echo(
        "\nEnded; temporary files are removed"
        + (", with a result that was not downloaded." if lost else ".")
    )


def _welcome(address: str, kept: Path | None) -> None:
    """Say where the page is, where results go, and how to end it."""
    click.echo(f"Focale is at  {address}")
    if kept is not None:
        click.echo(f"Results are copied to {kept}.")
    else:
        click.echo(
            "Results are kept until you end this: download them from the page, or name a folder "
            "with -o."
        )
    click.echo("Ctrl-C here ends it.")


def command_of(names: Sequence[str], options: ReadOptions, robustness: bool) -> str:
    """The command that repeats a run on the same files and the protocol of its folder."""
    words = command_words("run", tuple(names), (), None, (), "protocol.toml", options)
    return shlex.join([*words, *(("--robustness", "all") if robustness else ())])


def _has_screen() -> bool:
    """Whether a browser can be shown; without a screen a text browser would take the terminal."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
