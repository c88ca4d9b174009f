"""Profiles: plain data that make a protocol, and that say what they do not know."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from focale import Protocol
from focale.correction import p_values
from focale.errors import ArgumentError
from focale.estimators import ale
from focale.phrases import one_line
from focale.protocol import protocol as protocol_module
from focale.protocol.names import CHOICE_NAMES, value_text
from focale.protocol.profiles import PROFILES, fdr_tails, profile_of

every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)


@every_profile
def test_of_profile__has_the_choices_of_the_table(profile):
    protocol = Protocol.of_profile(profile.name)
    assert protocol.profile == profile.name
    for name, value in profile.values.items():
        assert getattr(protocol, name) == value, name


@every_profile
def test_of_profile__leaves_every_other_choice_as_it_is(profile):
    others = set(Protocol().choices) - set(profile.values)
    protocol = Protocol.of_profile(profile.name)
    assert {name: getattr(protocol, name) for name in others} == {
        name: getattr(Protocol(), name) for name in others
    }


@every_profile
def test_profiles__say_where_each_entry_is_known_from(profile):
    for choice in profile.choices:
        assert choice.source
        assert choice.what == one_line(choice.what, 100)
        assert choice.does or choice.known == "unknown"
        assert (choice.name is None) or choice.name in CHOICE_NAMES


@every_profile
def test_profiles__set_each_choice_once(profile):
    names = [choice.name for choice in profile.choices if choice.name]
    assert len(names) == len(set(names))


@every_profile
def test_profiles__what_is_unknown_sets_nothing(profile):
    for choice in profile.choices:
        if choice.known in ("unknown", "not taken"):
            assert choice.name is None


def test_profiles__closed_source_has_unknowns_and_open_source_has_none():
    unknown = {
        name: sum(choice.known == "unknown" for choice in profile.choices)
        for name, profile in PROFILES.items()
    }
    assert unknown["nimare-0.22"] == unknown["jale"] == 0
    assert unknown["gingerale-3"] >= 4


def test_profile_of__names_those_there_are():
    with pytest.raises(ArgumentError, match=r"'nimare-0\.22' or 'jale' or 'gingerale-3'"):
        profile_of("spm")


def test_fdr_tails__are_one_without_a_profile():
    assert (fdr_tails(""), fdr_tails("nimare-0.22"), fdr_tails("jale")) == (1, 2, 1)


def test_of_profile__takes_other_choices_in_place():
    protocol = Protocol.of_profile("nimare-0.22", iterations=2000, title="pain")
    assert (protocol.iterations, protocol.title) == (2000, "pain")


def test_protocol__refuses_a_profile_there_is_not():
    with pytest.raises(ArgumentError, match="'profile' parameter of Protocol must be"):
        Protocol(profile="spm")


def test_profile__is_no_choice_of_its_own():
    """Taking a profile's name changes no number: its choices do, and they are compared."""
    named = dataclasses.replace(Protocol(), profile="nimare-0.22")
    assert named.fingerprint == Protocol().fingerprint
    assert Protocol().differences(named) == []


def test_profile__comes_back_from_its_file(tmp_path):
    protocol = Protocol.of_profile("jale")
    (tmp_path / "p.toml").write_text(protocol.to_toml(), encoding="utf-8")
    assert Protocol.from_toml(tmp_path / "p.toml") == protocol


@pytest.mark.parametrize(
    ("value", "text"), [((), "none"), (("a", "b"), "a; b"), (True, "yes"), (0.05, "0.05")]
)
def test_value_text__is_a_value_in_words(value, text):
    assert value_text(value) == text


def test_protocol__has_the_nulls_and_rules_of_the_floors_it_does_not_know():
    """Estimators and correction know no protocol, and it does not know them."""
    assert get_args(protocol_module.NullMethod) == get_args(ale.NullMethod)
    assert get_args(protocol_module.PRule) == get_args(p_values.PRule)
