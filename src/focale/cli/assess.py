"""``focale assess``: how should this evidence be read? Decided without a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from focale.cli.console import (
    conditions_from,
    evidence_options,
    ids_from,
    protocol_from,
    show_evidence,
    warn,
)

if TYPE_CHECKING:
    from focale.io.source import ReadOptions


@click.command(short_help="Decide how INPUT is to be read, without a map.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@evidence_options
def assess(
    inputs: tuple[str, ...],
    ids: tuple[str, ...],
    first: int | None,
    where: tuple[str, ...],
    protocol_file: str | None,
    options: ReadOptions,
) -> None:
    """Decide whether INPUT is to be read descriptively or inferentially.

    Looks at counts only: no map is computed.
    """
    from focale.protocol.assess import assess as decide
    from focale.workflow import Selection, read_evidence

    protocol = protocol_from(protocol_file)
    selection = Selection(ids=ids_from(ids), first=first, where=conditions_from(where))
    studyset = read_evidence(inputs, protocol, selection, options)
    warn(studyset)
    show_evidence(studyset, decide(studyset, protocol))
