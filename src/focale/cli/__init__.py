"""The command line: arguments in, exit codes out; the only floor that prints."""

from __future__ import annotations

import gc
import signal
import sys
import traceback
from collections.abc import Sequence

import click

from focale.cli.app import app as app_command
from focale.cli.assess import assess
from focale.cli.atlases import atlases
from focale.cli.check import check
from focale.cli.compare import compare
from focale.cli.conjunction import conjunction
from focale.cli.contrast import contrast
from focale.cli.convert import convert
from focale.cli.demo import demo
from focale.cli.describe import describe
from focale.cli.lint import lint
from focale.cli.macm import macm
from focale.cli.merge import merge
from focale.cli.plan import plan
from focale.cli.protocol import protocol
from focale.cli.report import report
from focale.cli.run import run as run_command
from focale.errors import FocaleError

EPILOG = """\b
Exit codes: 0 done, 1 lint found phrases, 2 wrong usage, 65 wrong data, 66 input missing,
70 a bug in Focale, 73 output folder cannot be used, 74 disk full, 130 stopped by Ctrl-C.
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="focale", prog_name="focale")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def app() -> None:
    """Honest maps from reported brain coordinates.

    Start with `focale demo`, then `focale check INPUT`, `focale assess INPUT` and
    `focale run INPUT -o OUT`.
    """


COMMANDS = (
    *(demo, app_command, check, convert, assess, plan, protocol),
    *(run_command, describe, macm, contrast, compare, conjunction, report, merge, atlases, lint),
)
for command in COMMANDS:
    app.add_command(command)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    gc.disable()  # a command is soon over: looking for unused objects would take a third of it
    for name in ("SIGTERM", "SIGHUP"):  # tidy up as after Ctrl-C; Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it
            signal.signal(number, _stop)
    code = run(list(sys.argv[1:] if argv is None else argv))
    gc.freeze()  # nor are they looked for at the end
    sys.exit(code)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run the command line and give its exit code."""
    debug = "--debug" in arguments
    try:
        code = app([a for a in arguments if a != "--debug"], standalone_mode=False)
    except Exception as error:  # the last door: never a traceback unless it is asked for
        if debug:
            traceback.print_exc()
        return _explain(error)
    except KeyboardInterrupt:
        click.echo("focale: stopped; nothing was written", err=True)
        return 130
    return int(code or 0)


def _explain(error: Exception) -> int:
    """Say in one sentence what went wrong, and give the exit code for it."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, click.Abort):
        click.echo("focale: stopped; nothing was written", err=True)
        return 130
    if isinstance(error, FocaleError):
        click.echo(f"focale: {error}", err=True)
        return error.exit_code
    click.echo(
        f"focale: this is a bug in Focale ({type(error).__name__}: {error}); please report it "
        "with what the same command prints with --debug",
        err=True,
    )
    return FocaleError.exit_code
