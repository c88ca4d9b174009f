"""The form says what a protocol says, no more and no less."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

from focale.app.choices import CHOICES, declared, form, values_of
from focale.protocol.protocol import Protocol


def test_form__has_every_choice_of_a_protocol_once():
    names = [choice.name for choice in CHOICES]
    known = {field.name for field in fields(Protocol)} - {"declared", "deviations", "profile"}
    assert sorted(names) == sorted(known)


def test_form__defaults_are_those_of_a_protocol():
    assert {field["name"]: field["default"] for field in form()} == values_of(Protocol())
    assert declared(values_of(Protocol())).fingerprint == Protocol().fingerprint


@pytest.mark.parametrize("choice", [c for c in CHOICES if c.options], ids=lambda c: c.name)
def test_form__offers_every_option(choice):
    allowed = get_args(get_type_hints(Protocol)[choice.name]) or ("mask", "grey_matter")
    assert {value for value, _ in choice.options} == set(allowed)


def test_declared__has_a_date():
    assert declared({"title": "T"}).declared


def test_declared__keeps_the_profile_the_form_was_filled_from():
    profile = Protocol.of_profile("nimare-0.22")
    assert declared(values_of(profile), profile).profile == "nimare-0.22"
    dated = profile.declare()
    changed = declared({**values_of(dated), "iterations": 2000}, dated)
    assert (changed.profile, changed.placement) == ("nimare-0.22", "nearest")
    assert changed.deviations[0].changes == "iterations: 5000 -> 2000"
