"""What the columns of a table are, recognised by their names.

Capitals, blanks, underscores and punctuation do not count: "Sample size (n)" is
"sample_size_N". Where several columns could be one thing, the better name is taken: the
earlier in the lists below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from focale.io.numbers import parse_number
from focale.io.source import Space
from focale.io.spaces import canonical_space
from focale.io.table.cells import Cell, NumberedRow, text_of
from focale.phrases import one_line

FOCUS, EXPERIMENT, STUDY = "focus:", "experiment:", "study:"
"""Names that begin so say what they describe, whatever follows."""

ARTICLES = ("article", "articles")
AUTHORS = ("author", "authors", "firstauthor")

_FIELDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "study": (
        ("study",),
        ("studyid", "studyname", "studies"),
        ARTICLES,
        ("paper", "papers", "publication"),
        AUTHORS,
        ("reference", "references", "citation"),
        ("source",),
    ),
    "experiment": (
        ("experiment", "experiments"),
        ("contrast", "contrasts"),
        ("experimentid", "contrastid"),
        ("contrastname",),
        ("analysis", "analysisid"),
        ("comparison",),
        ("condition",),
    ),
    "n": (
        ("n",),
        (
            *("subjects", "nsubjects", "nsubject", "numberofsubjects", "noofsubjects"),
            *("participants", "nparticipants", "numberofparticipants", "noofparticipants"),
            *("samplesize", "samplesizen", "subjectsn", "participantsn", "totaln", "ntotal"),
        ),
    ),
    "space": (
        ("space",),
        ("coordinatespace", "coordspace", "coordsys", "coordinatesystem", "referencespace"),
        ("standardspace", "stereotaxicspace", "stereotacticspace"),
        ("template",),
        ("reference",),
        ("atlas",),
        ("coordinates",),
    ),
    "subject_group": (("subjectgroup",),),
    "talairach": (("talairach",), ("talairachmatrix",)),
    "doi": (("doi",),),
    "pmid": (("pmid",), ("pubmedid", "pubmed")),
    "year": (("year",), ("publicationyear", "yearofpublication")),
    "experiment_name": (("experimentname",),),
    "label": (
        ("label",),
        ("anatomicallabel", "region", "regions", "anatomicalregion", "brainregion"),
        ("area", "brainarea", "location", "structure", "anatomicallocation", "anatomy"),
    ),
}
_NAMES_OF_A_SPACE_IF_ITS_VALUES_ARE = ("template", "reference", "atlas", "coordinates")

_STATISTICS = frozenset(
    (
        *("t", "z", "k", "p", "f", "ke", "statistic", "stat", "effectsize", "cohensd"),
        *("tstat", "zstat", "fstat", "tvalue", "zvalue", "fvalue", "tscore", "zscore", "tmax"),
        *("zmax", "maxt", "maxz", "peakt", "peakz", "pvalue", "puncorr", "pcorr", "pfwe", "pfdr"),
        *("clustersize", "clustersizemm3", "clustersizevoxels", "clusterextent", "extent", "size"),
        *("volume", "volumemm3", "voxels", "nvoxels", "cluster", "clusterid", "clusternumber"),
        *("ba", "brodmannarea", "side", "hemisphere", "laterality"),
    )
)
_AFFIX = (
    r"(?:mni152|mni|talairach|tal|t88|coordinates|coordinate|coords|coord|peak|max|local|"
    r"maximum|center|centre|position|focus|mm)"
)
_COORDINATE = re.compile(rf"({_AFFIX}*)([xyz])({_AFFIX}*)")
_OF_TABLES_OF_THE_LITERATURE = ("tableid", "peakid", "tablenum", "tablenumber")
_IDS_OF_THE_LITERATURE = ("id", "pmid", "pmcid")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table by what they are, as positions from 0.

    Parameters
    ----------
    xyz
        Of the coordinates.
    space
        What the names of these say of their space, "MNI", "TAL" or None.
    fields
        Of what Focale has a place for, by its name.
    study_name
        Name of the column of the study, bare.
    of_foci, of_experiments, of_studies
        Of what describes a focus, an experiment or a study for sure, by name.
    others
        Of what may describe either a focus or an experiment, by name.
    doubts
        A field, or "x", "y", "z", with the columns that have equal claims to it.
    """

    xyz: tuple[int, int, int]
    space: Space | None
    fields: dict[str, int]
    study_name: str
    of_foci: dict[str, int] = field(default_factory=dict)
    of_experiments: dict[str, int] = field(default_factory=dict)
    of_studies: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    doubts: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def is_jale(self) -> bool:
        """Whether experiments are told apart by tags, as in the tables of JALE."""
        return self.study_name in ARTICLES and "experiment" not in self.fields


def bare(name: str) -> str:
    """Letters and digits of a name, in lower case.

    Examples
    --------
    >>> bare("Sample size (N)"), bare("Article(s)")
    ('samplesizen', 'articles')
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def header_position(rows: Sequence[NumberedRow]) -> int | None:
    """Position of the first row with names for x, y and z; None if there is none."""
    for position, (_, cells) in enumerate(rows):
        if _triples(_bare_names(cells)):
            return position
    return None


def header_score(rows: Sequence[NumberedRow]) -> int:
    """How many columns some rows give a known name; 0 where x, y or z have none."""
    position = header_position(rows)
    if position is None:
        return 0
    return sum(is_taken(text_of(cell)) for cell in rows[position][1])


def is_taken(name: str) -> bool:
    """Whether a name of a column means something by itself."""
    own = bare(name)
    return (
        name.casefold().startswith((FOCUS, EXPERIMENT, STUDY))
        or own in _STATISTICS
        or _COORDINATE.fullmatch(own) is not None
        or any(own in tier for tiers in _FIELDS.values() for tier in tiers)
    )


def is_statistic(name: str) -> bool:
    """Whether a column of this name, after those of the coordinates, describes a focus."""
    own = bare(name)
    is_coordinate = _COORDINATE.fullmatch(own) is not None and own != "z"
    return own in _STATISTICS and not is_coordinate


def is_of_the_literature(cells: Sequence[Cell]) -> bool:
    """Whether a header is one of Neurosynth, NeuroQuery or pubget: tables without a screening."""
    names = set(_bare_names(cells))
    own = {name for f in ("study", "experiment", "n") for t in _FIELDS[f] for name in t}
    return (
        not names.isdisjoint(_OF_TABLES_OF_THE_LITERATURE)
        and not names.isdisjoint(_IDS_OF_THE_LITERATURE)
        and names.isdisjoint(own - set(AUTHORS))
    )


def recognised(
    header: Sequence[str], texts_of: Callable[[int], Sequence[str]], space: Space | None = None
) -> Columns:
    """What the columns are.

    Parameters
    ----------
    header
        Their names, as they stand; x, y and z are among them.
    texts_of
        Some values of a column, by its position: a few names mean a space only if the
        values do.
    space
        The space to take where the table has coordinates in several.
    """
    search = _Search(header, texts_of)
    search.find_coordinates(space)
    search.find_fields()
    return search.the_rest()


class _Search:
    """Assigns columns one after another, each once."""

    def __init__(self, header: Sequence[str], texts_of: Callable[[int], Sequence[str]]) -> None:
        self.header = [one_line(name, 200) for name in header]
        self.bare = _bare_names(header)
        self.texts_of = texts_of
        self.taken: set[int] = set()
        self.fields: dict[str, int] = {}
        self.doubts: list[tuple[str, tuple[int, ...]]] = []
        self.xyz = (0, 0, 0)
        self.space: Space | None = None

    def find_coordinates(self, space: Space | None) -> None:
        triples = _triples(self.bare)
        own = {of_space: kind for kind, of_space in triples.items()}
        has_space = any(self.candidates("space"))
        if len(triples) == 1:
            kind = next(iter(triples))
        elif space is not None and space in own and not has_space:
            kind = own[space]
        elif ("", "") in triples:
            kind = ("", "")
        else:
            kind = next(iter(triples))
            self.doubts.append(("x", tuple(_columns(self.bare, k)[0][0] for k in triples)))
        xs, ys, zs = _columns(self.bare, kind)
        x = xs[0]
        y = next((column for column in ys if column > x), ys[0])
        z = next((column for column in zs if column > y), zs[0])
        for name, columns in (("x", xs), ("y", ys), ("z", zs if zs[-1] < y else zs[:1])):
            if len(columns) > 1:
                self.doubts.append((name, tuple(columns)))
        self.xyz, self.space = (x, y, z), triples[kind]
        self.taken |= {x, y, z}

    def find_fields(self) -> None:
        for name in ("space", *(f for f in _FIELDS if f != "space")):
            columns = next((found for found in self.candidates(name) if found), [])
            if columns:
                self.fields[name] = columns[0]
                self.taken |= set(columns)
            if len(columns) > 1:
                self.doubts.append((name, tuple(columns)))
        for name in ("pmid", "doi"):
            if "study" not in self.fields and "experiment" not in self.fields:
                self.fields.update({"study": self.fields[name]} if name in self.fields else {})

    def candidates(self, name: str) -> Iterator[list[int]]:
        """Columns for a field, those of better names first."""
        for tier in _FIELDS[name]:
            yield [
                column
                for column, own in enumerate(self.bare)
                if own in tier and column not in self.taken and self.fits(name, own, column)
            ]

    def fits(self, name: str, own: str, column: int) -> bool:
        """Whether the values of a column allow what its name may mean."""
        if name == "space" and own in _NAMES_OF_A_SPACE_IF_ITS_VALUES_ARE:
            return any(canonical_space(text) for text in self.texts_of(column))
        if name == "talairach":
            return not any(parse_number(text) is not None for text in self.texts_of(column))
        return True

    def the_rest(self) -> Columns:
        label = self.fields.pop("label", None)
        study = self.fields.get("study")
        columns = Columns(
            self.xyz,
            self.space,
            self.fields,
            "" if study is None else self.bare[study],
            doubts=tuple(self.doubts),
        )
        if label is not None:
            columns.of_foci["label"] = label
        for position, name in enumerate(self.header):
            if position in self.taken or not name:
                continue
            own, names = self.kind(columns, name, position)
            names[_new(own, names)] = position
        return columns

    def kind(self, columns: Columns, name: str, position: int) -> tuple[str, dict[str, int]]:
        """What a column without a field is called, and among which it belongs."""
        for prefix, names in (
            (FOCUS, columns.of_foci),
            (EXPERIMENT, columns.of_experiments),
            (STUDY, columns.of_studies),
        ):
            if name.casefold().startswith(prefix) and name[len(prefix) :].strip():
                return name[len(prefix) :].strip(), names
        own = self.bare[position]
        is_of_focus = (
            own in _STATISTICS
            or _COORDINATE.fullmatch(own) is not None
            or any(own in tier for tier in _FIELDS["label"])
        )
        return name, columns.of_foci if is_of_focus else columns.others


def _bare_names(cells: Sequence[Cell]) -> list[str]:
    """Bare names; empty for what is no name, or says what it describes."""
    return [
        bare(cell) if isinstance(cell, str) and not _is_explicit(cell) else "" for cell in cells
    ]


def _is_explicit(name: str) -> bool:
    prefix, colon, own = name.partition(":")
    return f"{prefix.casefold()}{colon}" in (FOCUS, EXPERIMENT, STUDY) and bool(own.strip())


def _triples(names: Sequence[str]) -> dict[tuple[str, str], Space | None]:
    """The sets of coordinates, by what stands before and after their letters, and their space."""
    axes: dict[tuple[str, str], set[str]] = {}
    for name in names:
        if match := _COORDINATE.fullmatch(name):
            axes.setdefault((match[1], match[3]), set()).add(match[2])
    whole = [kind for kind, letters in axes.items() if len(letters) == 3]
    if not whole and {letter for letters in axes.values() for letter in letters} == set("xyz"):
        return {("*", "*"): _space_in("".join(a + b for a, b in axes))}
    return {kind: _space_in("".join(kind)) for kind in whole}


def _space_in(words: str) -> Space | None:
    is_mni, is_talairach = "mni" in words, "tal" in words or "t88" in words
    if is_mni == is_talairach:
        return None
    return "MNI" if is_mni else "TAL"


def _columns(names: Sequence[str], kind: tuple[str, str]) -> list[list[int]]:
    """Columns of x, of y and of z with the same words around the letter."""
    found: dict[str, list[int]] = {"x": [], "y": [], "z": []}
    for column, name in enumerate(names):
        match = _COORDINATE.fullmatch(name)
        if match and kind in ((match[1], match[3]), ("*", "*")):
            found[match[2]].append(column)
    return list(found.values())


def _new(name: str, names: dict[str, int]) -> str:
    """The name, with a number in brackets where it is taken."""
    number, own = 1, name
    while own in names:
        number += 1
        own = f"{name} ({number})"
    return own
