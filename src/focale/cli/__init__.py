"""The command line: arguments in, exit codes out; the only floor that prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from focale.cli.assess import assess
from focale.cli.demo import demo
from focale.cli.describe import describe
from focale.cli.lint import lint
from focale.cli.protocol import protocol
from focale.errors import FocaleError

EPILOG = """\b
Exit codes: 0 done, 1 lint found phrases, 2 wrong usage, 65 wrong data, 66 input missing,
70 a bug in Focale, 73 output folder cannot be used, 74 disk full, 130 stopped by Ctrl-C.
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="focale", prog_name="focale")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(*, debug: bool) -> None:
    """Honest maps from reported brain coordinates.

    Start with `focale demo`, then `focale assess INPUT` and `focale describe INPUT -o OUT`.
    """


for command in (demo, assess, protocol, describe, lint):
    app.add_command(command)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    if "--debug" in arguments:
        return int(app(arguments, standalone_mode=False) or 0)
    try:
        return int(app(arguments, standalone_mode=False) or 0)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except FocaleError as error:
        click.echo(f"focale: {error}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("focale: stopped; nothing was written", err=True)
        return 130
    except Exception as error:  # the last door: never a traceback for a user
        click.echo(
            f"focale: this is a bug in Focale ({type(error).__name__}: {error}); please report "
            "it with what `focale --debug ...` prints",
            err=True,
        )
        return FocaleError.exit_code
