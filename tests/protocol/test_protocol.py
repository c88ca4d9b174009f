"""A protocol keeps its choices, its fingerprint and its history."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import Protocol
from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from focale.protocol.protocol import Deviation

OTHER = {
    "min_experiments": 20,
    "independence": "study",
    "pooling": "keep",
    "pooled_n": "max",
    "mask": "brain.nii.gz",
    "placement": "nearest",
    "talairach": "spm",
    "method": "mkda",
    "fwhm_mm": 9.5,
    "radius_mm": 8.0,
    "weights": "sqrt_n",
    "display_percentile": 90.0,
    "min_cluster_mm3": 800.0,
    "alpha": 0.01,
    "correction": "mass",
    "cluster_forming_p": 0.01,
    "contrast_forming_p": 0.001,
    "connectivity": 26,
    "sampling": "grey_matter",
    "tfce": True,
    "reading": "nimare-0.22",
    "null": "eickhoff2012",
    "p_rule": "b/B",
    "iterations": 5000,
    "seed": 7,
    "sub_analyses": ("children", "adults"),
}
"""Another value of every choice."""

OF_METHODS = {"radius_mm": "kda", "weights": "mkda"}
"""Choices that the default method does not have, and one that has them."""

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


def written(tmp_path, text):
    path = tmp_path / "protocol.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path, text):
    return Protocol.from_toml(written(tmp_path, text))


# ------------------------------------------------------------------ TOML


@given(
    title=texts,
    sub_analyses=st.lists(texts, max_size=3),
    reasons=st.lists(texts.filter(str.strip), max_size=2),
)
def test_to_toml__any_text_comes_back(tmp_path, title, sub_analyses, reasons):
    protocol = Protocol(title=title, sub_analyses=tuple(sub_analyses), declared="2026-01-01")
    for number, reason in enumerate(reasons, start=1):
        protocol = protocol.deviate(reason, seed=number)
    path = tmp_path / "protocol.toml"
    path.write_text(protocol.to_toml(), encoding="utf-8", newline="\n")
    assert Protocol.from_toml(path) == protocol


@pytest.mark.parametrize(("name", "value"), OTHER.items())
def test_to_toml__every_choice_comes_back(tmp_path, name, value):
    protocol = Protocol(**{name: value}, **method_of(name))
    assert read(tmp_path, protocol.to_toml()) == protocol


def test_to_toml__names_the_fingerprint():
    assert f"# fingerprint of the choices: {Protocol().fingerprint}\n" in Protocol().to_toml()


def test_from_toml__of_no_choice_is_the_default_protocol(tmp_path):
    assert read(tmp_path, "# nothing is declared\n") == Protocol()


def test_from_toml__names_the_key_that_is_meant(tmp_path):
    with pytest.raises(
        ReadError, match=r"'min_experiment' .* not a choice .*did you mean 'min_experiments'\?"
    ):
        read(tmp_path, "min_experiment = 17")


def test_from_toml__lists_the_keys_where_none_is_near(tmp_path):
    with pytest.raises(ReadError, match=r"'colour' .* known: title, min_experiments, .*seed"):
        read(tmp_path, 'colour = "red"')


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('min_experiments = "17"', r"'min_experiments' .* whole number of at least 1. Got '17'"),
        ("min_experiments = 17.5", r"whole number of at least 1. Got 17\.5"),
        ("min_experiments = nan", r"'min_experiments' .* whole number of at least 1. Got nan"),
        ("iterations = inf", r"'iterations' .* whole number of at least 1. Got inf"),
        ("min_experiments = true", r"whole number of at least 1. Got True"),
        (
            'placement = "close"',
            r"'placement' .* 'exact' or 'nearest' or 'jale'. Got 'close'",
        ),
        ('talairach = "laird"', r"'talairach' .* or 'fsl' or 'brett'. Got 'laird'"),
        ("fwhm_mm = -3", r"'fwhm_mm' .* a number above 0. Got -3"),
        ("fwhm_mm = nan", r"'fwhm_mm' .* a number above 0. Got nan"),
        ("display_percentile = 100", r"'display_percentile' .* between 0 and 100. Got 100"),
        ("min_cluster_mm3 = 0", r"'min_cluster_mm3' .* a number above 0. Got 0"),
        ("alpha = [0.05]", r"'alpha' .* between 0 and 1. Got \[0.05\]"),
        ("seed = -1", r"'seed' .* whole number of at least 0. Got -1"),
        (
            'independence = "experiment"',
            r"'independence' .* must be 'subject_group' or 'study'. Got 'experiment'",
        ),
        ('pooling = "merge"', r"'pooling' .* must be 'pool' or 'keep' or 'first'. Got 'merge'"),
        ('pooled_n = "mean"', r"'pooled_n' .* must be 'min' or 'max'. Got 'mean'"),
    ],
)
def test_from_toml__refuses_a_wrong_value(tmp_path, line, sentence):
    with pytest.raises(ReadError, match=rf"protocol\.toml: .*{sentence}"):
        read(tmp_path, line)


@pytest.mark.parametrize(
    "line",
    [
        "title = 5",
        "mask = 3",
        'sub_analyses = "children"',
        "sub_analyses = [1, 2]",
        "declared = 2026-01-01",
    ],
)
def test_from_toml__refuses_a_value_of_another_kind(tmp_path, line):
    with pytest.raises(ReadError, match=rf"protocol\.toml: The '{line.partition(' ')[0]}' choice"):
        read(tmp_path, line)


@pytest.mark.parametrize(
    "text",
    [
        "sub_analyses = 5",
        'deviations = "x"',
        "deviations = [1]",
        '[[deviations]]\nreason = "a"',
        '[[deviations]]\nreason = "a"\nchanges = "b"\ndeclared = "c"\nwhy = "d"',
    ],
)
def test_from_toml__speaks_no_python(tmp_path, text):
    with pytest.raises(ReadError, match=r"^protocol\.toml: ") as caught:
        read(tmp_path, text)
    assert not re.search(
        r"__init__|\*\*|iterable|mapping|positional|Deviation\(", str(caught.value)
    )


def test_from_toml__refuses_what_is_no_toml(tmp_path):
    with pytest.raises(ReadError, match=r"protocol\.toml: not a TOML file .*line 1.*; correct it"):
        read(tmp_path, "min experiments = 17")


def test_from_toml__reads_a_byte_order_mark(tmp_path):
    assert read(tmp_path, "\ufeffmin_experiments = 20").min_experiments == 20


def test_from_toml__a_missing_file_is_named(tmp_path):
    with pytest.raises(InputMissingError, match=r"nowhere\.toml cannot be read .*focale protocol"):
        Protocol.from_toml(tmp_path / "nowhere.toml")


def test_from_toml__a_folder_is_no_file(tmp_path):
    with pytest.raises(InputMissingError, match=r"cannot be read"):
        Protocol.from_toml(tmp_path)


def test_from_toml__refuses_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('title = "Müller"'.encode("latin-1"))
    with pytest.raises(FocaleError, match=r"latin\.toml"):
        Protocol.from_toml(path)


# ------------------------------------------------------------------ fingerprint


def test_choices__are_all_but_title_and_history():
    fields = {field.name for field in dataclasses.fields(Protocol)}
    assert fields - set(Protocol().choices) == {"title", "declared", "deviations", "profile"}


def test_fingerprint__every_choice_changes_it():
    assert set(OTHER) == set(Protocol().choices)
    prints = {
        Protocol(**{name: value}, **method_of(name)).fingerprint for name, value in OTHER.items()
    }
    without = {Protocol(method=method).fingerprint for method in ("ale", "mkda", "kda")}
    assert len(prints) == len(OTHER)
    assert prints & without == {Protocol(method="mkda").fingerprint}


def method_of(name):
    return {"method": OF_METHODS[name]} if name in OF_METHODS else {}


def test_fingerprint__title_and_history_do_not_change_it():
    deviation = Deviation("because", "seed: 0 -> 0", "2026-01-01")
    told = Protocol(title="pain", declared="2026-01-01", deviations=(deviation,))
    assert told.fingerprint == Protocol().fingerprint


def test_fingerprint__is_the_same_in_every_process():
    """Pinned: a change of the default protocol, or of its fingerprint, is a change to tell."""
    assert Protocol().fingerprint[:12] == "332faadb71ec"


@pytest.mark.parametrize(
    "equal", [{"display_percentile": 95}, {"min_experiments": 17.0}, {"min_cluster_mm3": 4000}]
)
def test_fingerprint__equal_choices_have_equal_ones(equal):
    protocol = Protocol(**equal)
    assert protocol == Protocol()
    assert protocol.fingerprint == Protocol().fingerprint


def test_protocol__numbers_are_kept_as_the_kind_they_are():
    protocol = Protocol(display_percentile=95, fwhm_mm=np.float32(9), min_experiments=17.0)
    assert type(protocol.display_percentile) is type(protocol.fwhm_mm) is float
    assert type(protocol.min_experiments) is int
    assert Protocol().fwhm_mm is None
    assert "display_percentile = 95.0\n" in protocol.to_toml()


def test_differences__name_what_changed_and_how():
    protocol = Protocol(min_experiments=8, title="other")
    assert Protocol().differences(protocol) == ["min_experiments: 17 -> 8"]
    assert protocol.differences(Protocol()) == ["min_experiments: 8 -> 17"]
    assert Protocol().differences(Protocol(display_percentile=95)) == []


# ------------------------------------------------------------------ declare and deviate


def just_now(text):
    return timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(text) < timedelta(minutes=1)


def test_declare__sets_the_time_and_nothing_else():
    declared = Protocol(title="pain").declare()
    assert just_now(declared.declared)
    assert dataclasses.replace(declared, declared="") == Protocol(title="pain")


def test_deviate__records_reason_changes_and_time():
    protocol = Protocol().declare()
    changed = protocol.deviate("reviewers asked", min_experiments=8, alpha=0.01)
    (deviation,) = changed.deviations
    assert deviation.reason == "reviewers asked"
    assert deviation.changes == "min_experiments: 17 -> 8; alpha: 0.05 -> 0.01"
    assert just_now(deviation.declared)
    assert (changed.min_experiments, changed.alpha) == (8, 0.01)
    assert protocol.min_experiments == 17  # the old one is as it was
    assert protocol.deviations == ()
    assert changed.declared == protocol.declared


def test_deviate__adds_to_earlier_deviations():
    protocol = Protocol().deviate("one", seed=1).deviate("two", seed=2)
    assert [d.changes for d in protocol.deviations] == ["seed: 0 -> 1", "seed: 1 -> 2"]


@pytest.mark.parametrize("reason", ["", "  ", "\n", None, 3])
def test_deviate__needs_a_reason(reason):
    with pytest.raises(ArgumentError, match=r"a deviation needs a reason; say why"):
        Protocol().deviate(reason, seed=1)


def test_deviate__refuses_an_unknown_choice():
    with pytest.raises(ArgumentError, match=r"'min_experiment' .*did you mean 'min_experiments'"):
        Protocol().deviate("because", min_experiment=8)


def test_deviate__refuses_a_value_out_of_range():
    with pytest.raises(ArgumentError, match=r"'alpha' parameter .* Got 5"):
        Protocol().deviate("because", alpha=5)


@pytest.mark.parametrize(
    "changes",
    [{}, {"seed": 0}, {"display_percentile": 95}],
    ids=["none", "same value", "same number"],
)
def test_deviate__refuses_a_deviation_that_changes_nothing(changes):
    with pytest.raises(ArgumentError, match=r"a deviation changes a choice; name one"):
        Protocol().deviate("because", **changes)


@pytest.mark.parametrize("changes", [{"deviations": ()}, {"declared": "2020"}, {"title": "x"}])
def test_deviate__cannot_rewrite_history(changes):
    (name,) = changes
    with pytest.raises(ArgumentError, match=rf"'{name}' in Protocol.deviate is not a choice"):
        Protocol().deviate("because", **changes)


def test_protocol__is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Protocol().seed = 3  # type: ignore[misc]
