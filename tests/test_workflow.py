"""The whole run as functions: select, read, describe into a folder."""

from __future__ import annotations

import pytest

from focale import Protocol, describe, describe_into
from focale.errors import ArgumentError, OutputError
from focale.workflow import Selection, read_evidence
from tests.fixtures_pain import *  # noqa: F403

# ------------------------------------------------------------------ Selection


def test_selection__of_nothing_is_everything(pain8):
    assert Selection().of(pain8) is pain8


def test_selection__takes_the_first(pain):
    assert Selection(first=8).of(pain).ids.tolist() == pain.ids[:8].tolist()
    assert len(Selection(first=21).of(pain)) == 21


def test_selection__takes_ids_in_their_order(pain):
    ids = ("pain_03.nidm-1", "pain_01.nidm-1")
    assert Selection(ids=ids).of(pain).ids.tolist() == list(ids)


@pytest.mark.parametrize("first", [0, -1, 22])
def test_selection__refuses_more_than_there_are(pain, first):
    with pytest.raises(
        ArgumentError, match=rf"the first {first} experiments .* has 21; ask for 1 to 21"
    ):
        Selection(first=first).of(pain)


def test_selection__refuses_both_ways(pain):
    with pytest.raises(ArgumentError, match=r"not both"):
        Selection(ids=("pain_01.nidm-1",), first=1).of(pain)


def test_selection__refuses_unknown_ids(pain):
    with pytest.raises(ArgumentError, match=r"'pain_99' ?; its ids look like 'pain_01\.nidm-1'"):
        Selection(ids=("pain_99",)).of(pain)


# ------------------------------------------------------------------ read_evidence


def test_read_evidence__converts_as_the_protocol_declares(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text("// Reference=Talairach\n// A, 1999: b\n// Subjects=9\n10 20 30\n")
    pooled = read_evidence(path, Protocol())
    spm = read_evidence(path, Protocol(talairach="spm"))
    assert pooled.talairach == "pooled"
    assert spm.talairach == "spm"
    assert (pooled.foci_mm != spm.foci_mm).any()
    assert describe(spm, Protocol(talairach="spm")).ale.max > 0


# ------------------------------------------------------------------ describe_into


def test_describe_into__returns_the_reading_it_wrote(pain8, pain8_described, tmp_path):
    result = describe_into(pain8, tmp_path / "o", with_figures=False)
    assert result.ale.values.tobytes() == pain8_described.ale.values.tobytes()
    assert (tmp_path / "o" / "maps").is_dir()
    assert not (tmp_path / "o" / "figures").exists()


def test_describe_into__checks_the_folder_before_it_computes(pain8, tmp_path, monkeypatch):
    def explode(*_args, **_kwargs):
        raise AssertionError("a map was computed")

    monkeypatch.setattr("focale.workflow.describe", explode)
    (tmp_path / "o").write_text("a file")
    with pytest.raises(OutputError, match=r"is a file, not a folder"):
        describe_into(pain8, tmp_path / "o")


def test_describe_into__records_a_changed_protocol(pain8, tmp_path):
    describe_into(pain8, tmp_path / "o", with_figures=False)
    result = describe_into(
        pain8, tmp_path / "o", Protocol(min_experiments=5), overwrite=True, with_figures=False
    )
    (deviation,) = result.protocol.deviations
    assert deviation.changes == "min_experiments: 17 -> 5"
    assert deviation.declared
    assert result.decision.mode == "inferential"


def test_describe_into__tells_how_far_it_is(pain8, tmp_path):
    seen = []

    def count(items):
        for item in items:
            seen.append(item)
            yield item

    describe_into(pain8, tmp_path / "o", with_figures=False, progress=count)
    assert seen == list(range(8))


def test_describe_into__says_that_it_was_called_in_python(pain8, tmp_path):
    describe_into(pain8, tmp_path / "o", with_figures=False)
    record = (tmp_path / "o" / "provenance.json").read_text()
    assert '"Command": "focale.describe_into(studyset, folder, protocol)"' in record


def test_describe_into__does_not_replace_a_result_unasked(pain8, tmp_path, monkeypatch):
    describe_into(pain8, tmp_path / "o", with_figures=False)
    monkeypatch.setattr("focale.workflow.describe", lambda *_: pytest.fail("a map was computed"))
    with pytest.raises(OutputError, match=r"already holds a result"):
        describe_into(pain8, tmp_path / "o", with_figures=False)
