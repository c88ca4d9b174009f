"""``focale macm``: what the experiments of a database co-report with a seed."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.atlas_option import atlas_option, atlases_from, words_of_atlases
from focale.cli.console import (
    aligned,
    command_words,
    conditions_from,
    evidence_options,
    ids_from,
    protocol_from,
    say,
    stage,
    warn,
)
from focale.errors import ArgumentError

if TYPE_CHECKING:
    from focale.atlases.atlas import Atlas
    from focale.coactivation.result import MacmResult
    from focale.coactivation.seed import Seed
    from focale.io.source import ReadOptions
    from focale.protocol.protocol import Protocol


@click.command(short_help="Map what experiments of a DATABASE co-report with a seed region.")
@click.argument("inputs", metavar="DATABASE...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder to write.")
@click.option("--seed", "image", metavar="IMAGE", help="Seed: non-zero voxels of a NIfTI image.")
@click.option("--seed-label", "label", metavar="NAME", help="Seed: a label of the first atlas.")
@click.option(
    "--seed-sphere",
    "sphere",
    type=float,
    nargs=4,
    metavar="X Y Z R",
    help="Seed: within R mm of a place in mm.",
)
@click.option("--mask-seed", is_flag=True, help="Leave the seed out; by default it is marked.")
@click.option(
    "--null",
    type=click.Choice(["scale", "uniform"]),
    default="scale",
    show_default=True,
    help="Test against the base rate of the database, or against foci spread evenly.",
)
@evidence_options
@atlas_option
@click.option("--iterations", type=int, metavar="N", help="Random maps of the null.")
@click.option("--random-seed", type=int, metavar="K", help="Seed of the random numbers.")
@click.option("--threads", type=int, metavar="T", help="Threads; by default one a core.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option("--no-figures", is_flag=True, help="Write maps, tables and texts only.")
def macm(
    inputs: tuple[str, ...],
    output: str,
    image: str | None,
    label: str | None,
    sphere: tuple[float, float, float, float] | None,
    mask_seed: bool,
    null: Any,
    ids: tuple[str, ...],
    first: int | None,
    where: tuple[str, ...],
    protocol_file: str | None,
    options: ReadOptions,
    atlases: tuple[str, ...],
    iterations: int | None,
    random_seed: int | None,
    threads: int | None,
    overwrite: bool,
    no_figures: bool,
) -> None:
    """Map what the experiments of DATABASE co-report with a seed (MACM).

    Experiments with a focus in the seed are selected, and tested against the base rate of the
    whole database (SCALE): is a place reported more often with the seed than at large? With
    fewer of them than the protocol asks for, they are described without a test. Several files
    are joined.
    """
    from focale.coactivation.macm import macm as map_seed
    from focale.io.atomic import check_writable
    from focale.progress import bar
    from focale.report.macm_folder import write_macm
    from focale.workflow import Selection, read_evidence, with_history

    check_writable(Path(output), overwrite=overwrite)
    chosen = atlases_from(atlases)
    seed = _seed(image, label, sphere, chosen)
    protocol = with_history(
        _protocol(protocol_file, iterations=iterations, seed=random_seed), Path(output)
    )
    stage(f"reading {' '.join(inputs)}")
    selection = Selection(ids=ids_from(ids), first=first, where=conditions_from(where))
    database = read_evidence(inputs, protocol, selection, options)
    warn(database)
    stage("computing (the first run compiles for some seconds)")
    result = map_seed(
        database,
        seed,
        protocol,
        null=null,
        mask_seed=mask_seed,
        atlases=chosen,
        threads=threads,
        progress=bar("iterations"),
    )
    command = command_words("macm", inputs, ids, first, where, protocol_file, options)
    command += _words(image, label, sphere, null, mask_seed) + words_of_atlases(atlases)
    for name, value in (("--iterations", iterations), ("--random-seed", random_seed)):
        command += [] if value is None else [name, str(value)]
    command += ["--no-figures"] * no_figures
    write_macm(result, Path(output), shlex.join(command), with_figures=not no_figures)
    _show(result)
    click.echo(Path(output) / "macm.html")
    click.echo(output)


def _seed(
    image: str | None,
    label: str | None,
    sphere: tuple[float, float, float, float] | None,
    atlases: list[Atlas],
) -> Seed:
    """The one seed that the options name."""
    from focale.coactivation.seed import SphereSeed, image_seed, label_seed

    given = [name for name, value in _seed_options(image, label, sphere) if value is not None]
    if len(given) != 1:
        got = " and ".join(given) if given else "none"
        raise ArgumentError(
            "a coactivation map needs one seed: --seed IMAGE, --seed-label NAME or --seed-sphere "
            f"X Y Z R; got {got}"
        )
    if image is not None:
        return image_seed(image)
    if label is not None:
        return label_seed(label, atlases[0])
    assert sphere is not None
    x, y, z, radius = sphere
    return SphereSeed((x, y, z), radius)


def _seed_options(image: Any, label: Any, sphere: Any) -> list[tuple[str, Any]]:
    return [("--seed", image), ("--seed-label", label), ("--seed-sphere", sphere)]


def _words(
    image: str | None,
    label: str | None,
    sphere: tuple[float, float, float, float] | None,
    null: str,
    mask_seed: bool,
) -> list[str]:
    """The seed and what is done with it, as words of a command line."""
    words: list[str] = []
    if image is not None:
        words += ["--seed", Path(image).name]
    if label is not None:
        words += ["--seed-label", label]
    if sphere is not None:
        words += ["--seed-sphere", *(f"{value:g}" for value in sphere)]
    if null != "scale":
        words += ["--null", null]
    return words + ["--mask-seed"] * mask_seed


def _protocol(path: str | None, **given: int | None) -> Protocol:
    """The protocol, with what the command line says otherwise; a deviation from a file's."""
    protocol = protocol_from(path)
    changes: dict[str, Any] = {
        name: value
        for name, value in given.items()
        if value is not None and value != getattr(protocol, name)
    }
    if path is None:
        return replace(protocol, **changes)
    return protocol.deviate("given on the command line", **changes) if changes else protocol


# --- for people --------------------------------------------------------------------------


def _show(result: MacmResult) -> None:
    from focale.report.macm_text import cluster_rows, macm_text

    say(macm_text(result))
    if len(result.clusters):
        click.echo("\nClusters")
        for line in aligned(cluster_rows(result)):
            click.echo(line)
    say()
