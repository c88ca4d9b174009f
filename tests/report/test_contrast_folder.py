"""The folder, the page and the words of a contrast."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import ContrastOptions, Protocol, contrast
from focale.contrasts.receipt import Receipt
from focale.contrasts.result import ContrastResult
from focale.report.contrast_folder import write_contrast
from focale.report.contrast_page import contrast_markdown, contrast_page
from focale.report.contrast_text import (
    cluster_rows,
    contrast_methods,
    contrast_text,
    receipt_rows,
    receipt_sentences,
    remarks,
)
from focale.report.language import find_claims
from tests.fixtures_contrast import NAMES, side_of, studies_of
from tests.fixtures_pain import studyset_of

KINDS = ("tested", "gated", "described", "empty")
COMMAND = "focale contrast a.txt b.txt -o OUT --splits 9"


@pytest.fixture(scope="module")
def folder(request, tmp_path_factory):
    """Function that writes a contrast once and gives its folder."""
    base, written = tmp_path_factory.mktemp("contrasts"), {}

    def write(kind):
        if kind not in written:
            write_contrast(request.getfixturevalue(kind), base / kind, COMMAND)
            written[kind] = base / kind
        return written[kind]

    return write


def files_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# ------------------------------------------------------------------------------- the folder

MAPS = {
    "described": (
        *("desc-first_stat-ale", "desc-second_stat-ale", "stat-difference"),
        *("desc-moreInFirst_dseg", "desc-moreInSecond_dseg", "desc-brain_mask"),
    ),
}
MAPS["tested"] = (
    *MAPS["described"],
    "stat-z",
    *(
        f"desc-moreIn{side}_{what}"
        for side in ("First", "Second")
        for what in ("stat-p", *(f"level-{x}_corr-FWE_stat-p" for x in ("voxel", "size", "mass")))
    ),
)
MAPS["empty"] = MAPS["tested"]
MAPS["gated"] = (
    *MAPS["tested"],
    *("desc-gateFirst_mask", "desc-gateSecond_mask", "desc-randomFociNotValid_stat-p"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_write_contrast__writes_these_files_and_no_other(kind, folder):
    tables = ["clusters", "experiments", *(["receipt"] if kind != "described" else [])]
    names = [name if name[-4:] in ("mask", "dseg") else f"{name}_statmap" for name in MAPS[kind]]
    found = {name.replace("_res-2_", "_") for name in files_of(folder(kind))}
    assert found == {
        *(f"maps/contrast_{name}.{suffix}" for name in names for suffix in ("nii.gz", "json")),
        *(f"tables/contrast_{name}.{suffix}" for name in tables for suffix in ("tsv", "json")),
        *(f"figures/contrast_clustersGlass.{suffix}" for suffix in ("png", "svg")),
        *("contrast.html", "contrast.md", "references.bib", "protocol.toml"),
        *("evidence_first.json", "evidence_second.json"),
        *("provenance.json", "dataset_description.json"),
    }


def test_write_contrast__equal_contrasts_give_equal_bytes(
    folder, two_sides, contrast_protocol, tmp_path
):
    again = contrast(
        *two_sides, contrast_protocol, ContrastOptions(n_splits=9), names=NAMES, threads=1
    )
    write_contrast(again, tmp_path / "again", COMMAND)
    assert files_of(tmp_path / "again") == files_of(folder("tested"))


def test_write_contrast__maps_hold_the_arrays(folder, gated):
    def of(name):
        (path,) = folder("gated").glob(f"maps/contrast_*_{name}.nii.gz")
        return np.asarray(nibabel.load(path).dataobj)[gated.mask.inside]

    tails = gated.tails
    for name, expected in {
        "desc-first_stat-ale_statmap": gated.first.ale.values,
        "desc-second_stat-ale_statmap": gated.second.ale.values,
        "stat-difference_statmap": gated.difference.values,
        "stat-z_statmap": gated.z.values,
        "desc-moreInFirst_stat-p_statmap": tails["first"].p.values,
        "desc-moreInSecond_level-size_corr-FWE_stat-p_statmap": tails["second"].p_size.values,
        "desc-moreInFirst_level-voxel_corr-FWE_stat-p_statmap": tails["first"].p_voxel.values,
        "desc-moreInFirst_level-mass_corr-FWE_stat-p_statmap": tails["first"].p_mass.values,
        "desc-moreInFirst_dseg": gated.listed["first"].clusters.labels,
        "desc-gateFirst_mask": gated.gates["first"].inside,
        "desc-randomFociNotValid_stat-p_statmap": gated.legacy.p.values,
    }.items():
        np.testing.assert_allclose(of(name), expected, rtol=1e-6, atol=1e-7, err_msg=name)


def test_write_contrast__tables_hold_what_the_sidecars_describe(folder, tested):
    for name in ("clusters", "experiments", "receipt"):
        table = pd.read_csv(folder("tested") / f"tables/contrast_{name}.tsv", sep="\t")
        sidecar = folder("tested") / f"tables/contrast_{name}.json"
        assert list(table) == list(json.loads(sidecar.read_text(encoding="utf-8")))
    clusters = pd.read_csv(folder("tested") / "tables/contrast_clusters.tsv", sep="\t")
    listed = tested.listed["first"]
    first = clusters.iloc[0]
    assert first["p_size"] == pytest.approx(listed.p[0])
    assert (first["n_first"], first["n_second"]) == (listed.n_first[0], listed.n_second[0])
    less = first["stat_first"] - first["stat_second"]
    assert less == pytest.approx(first["difference"], rel=1e-5)  # as many digits are written
    receipt = pd.read_csv(folder("tested") / "tables/contrast_receipt.tsv", sep="\t")
    assert receipt["n_false"].tolist() == list(tested.receipt.n_false.values())


def test_write_contrast__lists_experiments_that_were_left_out(small_mask_path, tmp_path):
    rng = np.random.default_rng(4)
    both = studies_of(1, "both", rng)
    sides = [studyset_of({**studies_of(3, name, rng), **both}) for name in ("one", "two")]
    found = contrast(
        *sides, Protocol(mask=str(small_mask_path)), ContrastOptions(shared="drop"), atlases=()
    )
    write_contrast(found, tmp_path / "out", COMMAND, with_figures=False)
    table = pd.read_csv(tmp_path / "out/tables/contrast_experiments.tsv", sep="\t")
    assert table["id"].tolist().count("both0-1") == 2
    assert table[table["id"] == "both0-1"]["side"].isna().all()
    assert not table[table["id"] != "both0-1"]["side"].isna().any()
    provenance = json.loads((tmp_path / "out/provenance.json").read_text(encoding="utf-8"))
    assert provenance["LeftOutOfBothSides"] == ["participants of 'both0'"]
    assert "Left out of both sides because it was on both" in contrast_text(found)


@pytest.mark.parametrize("kind", KINDS)
def test_write_contrast__references_are_those_of_all_texts(kind, folder):
    text = (folder(kind) / "references.bib").read_text(encoding="utf-8")
    assert "kuppers2024" in text
    assert ("eickhoff2011" in text) == (kind != "described")


def test_write_contrast__leaves_nothing_where_it_is_stopped(described, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("focale.report.contrast_folder.write_json", stop)
    with pytest.raises(KeyboardInterrupt):
        write_contrast(described, tmp_path / "out", COMMAND, with_figures=False)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------- hostile names


@pytest.mark.parametrize("kind", KINDS)
def test_contrast_page__loads_nothing_and_runs_nothing(kind, request):
    page = contrast_page(request.getfixturevalue(kind), COMMAND)
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert COMMAND in page


@pytest.mark.parametrize("kind", ["tested", "gated", "described"])
def test_contrast_page_and_markdown__a_hostile_name_stays_text(kind, request):
    found = request.getfixturevalue(kind)
    assert "&lt;script&gt;" in contrast_page(found, COMMAND)
    text = contrast_markdown(found)
    assert "<script>" not in text
    assert "[x](y)" not in text.replace("\\[x](y)", "")
    for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


# ----------------------------------------------------------------------------- what is said


def test_contrast_text__of_a_description_claims_nothing(described):
    for text in (
        contrast_text(described),
        contrast_methods(described),
        contrast_markdown(described),
        contrast_page(described, COMMAND),
    ):
        assert find_claims(text) == []
        assert not re.search(r"\bp_FWE|\bp [=<]|standardised", text)


@pytest.mark.parametrize("kind", ["tested", "gated", "empty"])
def test_contrast_text__of_a_test_says_no_more_than_it_found(kind, request):
    found = request.getfixturevalue(kind)
    text = contrast_page(found, COMMAND) + contrast_markdown(found)
    for word in ("significan", "activated", "effect", "no difference", "stronger", "specific"):
        assert word not in text.lower(), word


def test_contrast_text__names_cluster_p_interval_and_support(tested):
    listed = tested.listed["first"]
    text = contrast_text(tested)
    low, high = tested.test.interval(float(listed.p[0]))
    assert f"in 1 cluster: x = {listed.clusters.members[0].peaks[0].mm[0]:g}" in text
    assert f"95 % interval {low:.2g}".replace("0.", ".") in text
    assert low < listed.p[0] < high
    assert f"{listed.n_first[0]} of 7 experiments of {NAMES[0]}" in text
    assert "No cluster with more convergence in another side than in" in text


def test_contrast_text__of_all_labelings_has_exact_p(contrast_protocol):
    rng = np.random.default_rng(5)
    sides = side_of(4, "one", rng), side_of(5, "two", rng)
    protocol = replace(contrast_protocol, min_experiments=4, iterations=200)
    found = contrast(*sides, protocol, ContrastOptions(n_splits=2), atlases=())
    assert "tested by going through all 126 ways to label the experiments" in contrast_text(found)
    methods = contrast_methods(found)
    assert "Uncorrected p are exact: they come from all labelings." in methods
    assert "random labelings" not in methods


def test_contrast_methods__say_what_was_asked(tested, gated, two_sides, contrast_protocol):
    one = ContrastOptions(direction="first", n_splits=1)
    asked = contrast(*two_sides, contrast_protocol, one, names=("A", "B"), atlases=())
    assert "one-sided: only more convergence in A was asked for" in contrast_methods(asked)
    assert "twice" not in " ".join(remarks(asked))
    methods = contrast_methods(tested)
    assert "doubled because both directions were asked" in methods
    assert "one-sided" not in methods
    assert "converges in a test of its own" not in methods
    gate = contrast_methods(gated)
    assert "kept only where the side that has more also converges in a test of its own" in gate
    assert "p_FWE <= .05, cluster size, clusters formed at p < .001" in gate
    assert "matched subsamples of 7 experiments of each side" in gate


def test_contrast_methods__count_exact_voxels_that_an_experiment_reaches(tested):
    n = np.count_nonzero(tested.test.is_exact & (tested.test.design.reaching > 0))
    assert f"exact at {n:,} voxels" in contrast_methods(tested)
    assert 0 < n < tested.mask.n_voxels


def test_remarks__of_gate_and_random_foci(gated):
    text = " ".join(remarks(gated))
    gate = gated.gates["first"]
    assert f"{gate.n_kept:,} of {gate.n_kept + gate.n_taken:,} voxels kept" in text
    assert f"in {100 * gated.legacy.rate:.1f} % (95 % interval" in text
    assert receipt_rows(gated)[-1][0] == "random foci (not valid)"


def test_receipt_sentences__warn_of_a_test_that_errs(tested):
    fields = {name: getattr(tested, name) for name in tested.__dataclass_fields__}
    broken = Receipt(100, 199, 0.05, {"voxel": 5, "size": 40, "mass": 5})
    found = ContrastResult(**{**fields, "receipt": broken})
    for text in (" ".join(receipt_sentences(found)), contrast_page(found, COMMAND)):
        assert "do not rely on this test" in text
    assert "do not rely" not in contrast_page(tested, COMMAND)


def test_receipt_sentences__name_alpha_as_it_is(tested):
    fields = {name: getattr(tested, name) for name in tested.__dataclass_fields__}
    fields["receipt"] = replace(tested.receipt, alpha=0.001)
    assert "(0.1 % allowed)" in receipt_sentences(ContrastResult(**fields))[0]


@pytest.mark.parametrize("kind", ["tested", "described"])
def test_contrast_text__names_who_may_be_on_both_sides(kind, contrast_protocol):
    rng = np.random.default_rng(6)
    sides = [
        studyset_of({**studies_of(6, name, rng), paper: [([(1, 2, 3), (4, 5, 6 + i)], 21)]})
        for i, (name, paper) in enumerate((("one", "Smith 2001"), ("two", "Smith et al. 2001")))
    ]
    protocol = replace(contrast_protocol, min_experiments=7 if kind == "tested" else 17)
    found = contrast(*sides, protocol, ContrastOptions(n_splits=1), names=("A", "B"), atlases=())
    text = contrast_text(found)
    assert (
        "Perhaps the same participants are on both sides (the same paper by name, and as many of "
        "them): 'Smith 2001-1' of A and 'Smith et al. 2001-1' of B; if they are, give both one "
        "subject group (--group), and leave it out of both sides (--drop-shared)."
    ) in text
    if kind == "described":
        assert find_claims(text) == []


def test_cluster_rows__have_one_row_a_cluster_and_one_width(tested, described):
    for found in (tested, described):
        rows = cluster_rows(found)
        assert len(rows) == found.n_listed + 1
        assert {len(row) for row in rows} == {len(rows[0])}
    assert cluster_rows(tested)[0][0] == "more in"
    assert cluster_rows(described)[0][0] == "higher in"
