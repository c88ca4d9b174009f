"""The methods paragraph follows the settings actually used."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pytest

from focale import Protocol, Studyset, describe, methods
from focale.protocol.protocol import Deviation
from focale.report.references import bibtex, cited_in
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree


@pytest.fixture(scope="module")
def text(pain8_described):
    return methods(pain8_described, "1.2.3")


def of(studyset, **choices):
    return methods(describe(studyset, Protocol(**choices)), "1.2.3")


def test_methods__name_software_and_evidence(text):
    assert "as implemented in Focale 1.2.3." in text
    assert (
        "The evidence base had 8 studies with 8 experiments, 107 foci and 129 participants. "
        "11 foci lay outside the mask" in text
    )


def test_methods__name_widths_grid_and_mask(text, pain8_described):
    low, high = pain8_described.map.fwhm_mm.min(), pain8_described.map.fwhm_mm.max()
    assert f"({low:.1f} to {high:.1f} mm)" in text
    assert "on a grid of 2 x 2 x 2 mm within the MNI152NLin6Asym brain mask at 2 mm" in text
    assert "(228,483 voxels)" in text


def test_methods__name_protocol_and_decision(text):
    assert (
        f"The default protocol of Focale (fingerprint {Protocol().fingerprint[:12]}) asks for at "
        "least 17 independent studies" in text
    )
    assert "With 8, the evidence was read descriptively: no null distribution, p or z" in text


def test_methods__name_the_display_only_threshold(text, pain8_described):
    assert (
        "For display only, the map is cut at the 95th percentile of its non-zero values "
        f"(ALE > {pain8_described.display_threshold:.5f})" in text
    )
    assert "listed from 4,000 mm3 on, with peaks at least 8 mm apart" in text


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"fwhm_mm": 9.5}, "Gaussian with a full width at half maximum of 9.5 mm,"),
        ({"placement": "nearest"}, "centred on the voxel nearest to the focus"),
        ({"placement": "exact"}, "evaluated at voxel centres from the unrounded focus"),
        ({"display_percentile": 97.5}, "97.5th percentile"),
        ({"min_cluster_mm3": 8.0}, "listed from 8 mm3 on"),
        ({"min_experiments": 5}, "an inferential reading would have been allowed; this is the"),
        ({"declared": "2026-01-02"}, "A protocol declared on 2026-01-02 (fingerprint"),
    ],
)
def test_methods__follow_the_protocol(pain8, choices, sentence):
    assert sentence in of(pain8, **choices)


def test_methods__equal_widths_are_one_number():
    studyset = studyset_of({"a": [[(0, 0, 10)]], "b": [[(0, 0, 10)]]})
    assert "(9.8 mm)" in of(studyset)


def test_methods__list_deviations(pain8):
    deviation = Deviation("asked", "seed: 0 -> 1", "2026-01-02")
    text = of(pain8, seed=1, deviations=(deviation,))
    assert 'Deviations from it: seed: 0 -> 1 ("asked", 2026-01-02).' in text
    assert "Deviations" not in of(pain8)


@pytest.mark.parametrize(
    ("matrix", "name"), [("pooled", "pooled"), ("spm", "SPM"), ("fsl", "FSL")]
)
def test_methods__name_the_conversion(matrix, name):
    tree = nimads_tree(
        {"a": [nimads_analysis("1", [(0, 0, 10), (4, 4, 4)], n=12, space="TAL")],
         "b": [nimads_analysis("1", [(0, 0, 10)], n=12)]}
    )  # fmt: skip
    text = of(Studyset(tree, talairach=matrix), talairach=matrix)
    assert (
        "2 foci reported in Talairach space were converted to MNI space with the "
        f"{name} matrix (Lancaster et al., 2007)." in text
    )


def test_methods__one_converted_focus_was_converted():
    tree = nimads_tree({"a": [nimads_analysis("1", [(0, 0, 10)], n=12, space="TAL")]})
    assert "1 focus reported in Talairach space was converted" in of(Studyset(tree))


def test_methods__without_conversion_say_nothing_of_it(text):
    assert "Talairach" not in text
    assert "Lancaster" not in text


def test_methods__unknown_sample_sizes_are_not_added_up(tiny_studyset):
    text = of(tiny_studyset, fwhm_mm=9.0)
    assert "6 foci." in text
    assert not re.search(r"\d participants", text)


def test_methods__another_grid(small_mask_path):
    text = of(studyset_of({"a": [[(0, 0, 0)]]}), mask=str(small_mask_path))
    assert "on a grid of 2 x 2 x 2 mm within the mask box.nii.gz (27,000 voxels)" in text


# ------------------------------------------------------------------ references


def test_bibtex__has_every_paper_that_is_cited(text):
    keys = cited_in(text)
    assert keys == [
        "turkeltaub2002",
        "eickhoff2009",
        "turkeltaub2012",
        "eickhoff2016",
        "muller2018",
    ]
    entries = bibtex(keys)
    for key in keys:
        assert entries.count(f"{{{key},") == 1
    assert "lancaster2007" not in entries
    assert entries.count("@article") == len(keys)


def test_bibtex__every_entry_has_a_doi_and_closes_its_brackets():
    path = files("focale") / "data" / "references.bib"
    keys = re.findall(r"@\w+\{(\w+),", path.read_text(encoding="utf-8"))
    assert len(keys) == len(set(keys)) >= 6
    for key in keys:
        entry = bibtex([key])
        assert entry.count("doi = {10.") == 1
        assert entry.count("{") == entry.count("}")


def test_bibtex__of_nothing_is_blank():
    assert bibtex([]).strip() == ""


def test_methods__numbers_of_participants(text, pain8):
    assert f"{np.sum(pain8.n_subjects):g} participants" in text


def test_methods__only_the_default_protocol_is_called_so(pain8):
    assert "The default protocol of Focale" in of(pain8)
    assert "The default protocol of Focale" not in of(pain8, min_experiments=3)
