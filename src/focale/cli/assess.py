"""``focale assess``: how should this evidence be read? Decided without a map."""

from __future__ import annotations

import click

from focale.cli.console import evidence_options, ids_from, protocol_from, show_evidence, warn


@click.command(short_help="Decide how INPUT is to be read, without a map.")
@click.argument("input")
@evidence_options
def assess(
    input: str,  # noqa: A002  # the word users see
    ids: tuple[str, ...],
    first: int | None,
    protocol_file: str | None,
    space: str | None,
) -> None:
    """Decide whether INPUT is to be read descriptively or inferentially.

    Looks at counts only: no map is computed.
    """
    from focale.protocol.assess import assess as decide
    from focale.workflow import Selection, read_studyset

    protocol = protocol_from(protocol_file)
    selection = Selection(ids=ids_from(ids), first=first)
    studyset = read_studyset(input, protocol, selection, space)
    warn(studyset)
    show_evidence(studyset, decide(studyset, protocol))
