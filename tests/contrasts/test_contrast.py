"""A contrast under its protocol: tested, gated or described."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import ContrastOptions, Protocol, contrast, infer
from focale.contrasts.difference import difference_of
from focale.contrasts.result import ContrastDescription, ContrastResult
from focale.errors import ArgumentError, DescriptiveOnlyError, EvidenceError
from tests.fixtures_contrast import FIRST_MM, side_of, studies_of
from tests.fixtures_pain import studyset_of

FEW = ContrastOptions(n_splits=1)


def test_contrast__tests_where_the_protocol_allows_it(tested, contrast_protocol):
    assert isinstance(tested, ContrastResult)
    assert tested.receipt.n_splits == 9
    assert [d.mode for d in tested.decisions] == ["inferential", "inferential"]
    settings = tested.test.settings
    assert (settings.n_labelings, settings.seed) == (199, 3)
    assert settings.forming_p == contrast_protocol.contrast_forming_p == 0.01
    assert tested.subsample is None
    assert tested.n_independent == tested.test.n_units == (7, 9)


def test_contrast__finds_the_difference_that_is_there(tested):
    assert len(tested.listed["first"].clusters) == 1
    assert len(tested.listed["second"].clusters) == 0
    (_, number, cluster) = next(tested.rows())
    assert number == 0
    assert np.linalg.norm(np.subtract(cluster.peaks[0].mm, FIRST_MM)) < 8
    listed = tested.listed["first"]
    assert listed.p[0] <= 0.05
    assert listed.p[0] == tested.tails["first"].p_size.values[cluster.peaks[0].position]
    assert listed.n_first[0] >= 6
    assert listed.n_second[0] <= 3
    assert tested.n_listed == 1


@pytest.mark.parametrize("level", ["voxel", "size", "mass"])
def test_contrast__lists_by_the_level_that_the_protocol_names(two_sides, contrast_protocol, level):
    found = contrast(*two_sides, replace(contrast_protocol, correction=level), FEW, atlases=())
    for side, of in found.listed.items():
        inside = found.tails[side].corrected(level).values <= 0.05
        assert np.array_equal(of.clusters.labels > 0, inside)


def test_contrast__asks_one_direction_alone(two_sides, contrast_protocol, tested):
    options = ContrastOptions(direction="first", n_splits=1)
    found = contrast(*two_sides, contrast_protocol, options, atlases=())
    assert set(found.listed) == set(found.tails) == {"first"}
    one, both = found.tails["first"].p_size.values, tested.tails["first"].p_size.values
    np.testing.assert_allclose(np.minimum(2 * one, 1), both)


def test_contrast__of_sides_that_agree_lists_nothing(empty):
    assert empty.n_listed == 0
    assert list(empty.rows()) == []


# ---------------------------------------------------------------------------- gate, legacy


def test_contrast__a_gate_takes_away_and_adds_nothing(gated, two_sides, contrast_protocol):
    ungated = contrast(
        *two_sides, contrast_protocol, ContrastOptions(n_splits=1, subsample="fewest"), atlases=()
    )
    for side, gate in gated.gates.items():
        before = ungated.listed[side].clusters.labels > 0
        after = gated.listed[side].clusters.labels > 0
        assert np.array_equal(after, before & gate.inside)
        assert (gate.n_kept, gate.n_kept + gate.n_taken) == (after.sum(), before.sum())
        for level in ("voxel", "size", "mass"):  # p are those of the whole mask
            mine, theirs = (of.tails[side].corrected(level).values for of in (gated, ungated))
            assert np.array_equal(mine, theirs)
    assert gated.gates["first"].n_kept > 0
    assert gated.gates["first"].n_taken > 0


def test_contrast__a_gate_is_the_reading_of_the_side_by_itself(
    gated, two_sides, contrast_protocol
):
    for side, evidence in zip(("first", "second"), two_sides, strict=True):
        alone = infer(evidence, contrast_protocol, atlases=())
        assert np.array_equal(gated.gates[side].inside, alone.surviving.values > 0)


def test_contrast__random_foci_decide_nothing_and_warn_with_their_rate(
    two_sides, contrast_protocol, tested
):
    options = ContrastOptions(n_splits=1, legacy="random-foci")
    with pytest.warns(UserWarning, match="no test of a difference") as said:
        found = contrast(*two_sides, contrast_protocol, options, atlases=())
    assert f"in {found.legacy.rate:.0%} (" in str(said[0].message)
    assert said[0].filename == __file__
    for side in ("first", "second"):
        mine, theirs = (of.listed[side].clusters.labels for of in (found, tested))
        assert np.array_equal(mine, theirs)


# --------------------------------------------------------------------------------- balanced


def test_contrast__balanced_as_the_smaller_side_or_with_a_number(gated, two_sides):
    assert gated.subsample == gated.test.settings.subsample == 7
    expected = difference_of(gated.first, gated.second, 7)
    assert np.array_equal(gated.difference.values, expected)
    assert np.array_equal(gated.test.difference.values, expected)


@pytest.mark.parametrize("min_experiments", [7, 17], ids=["tested", "described"])
def test_contrast__subsamples_larger_than_a_side_are_refused(
    min_experiments, two_sides, contrast_protocol
):
    protocol = replace(contrast_protocol, min_experiments=min_experiments)
    with pytest.raises(ArgumentError, match=r"subsamples of 8 .* smaller side has 7"):
        contrast(*two_sides, protocol, ContrastOptions(subsample=8), atlases=())


def test_contrast__the_smaller_side_is_that_of_what_is_left(contrast_protocol):
    rng = np.random.default_rng(3)
    both = studies_of(1, "both", rng)
    sides = [studyset_of({**studies_of(n, name, rng), **both}) for n, name in ((4, "a"), (6, "b"))]
    protocol = replace(contrast_protocol, min_experiments=17)
    options = ContrastOptions(subsample="fewest", shared="drop")
    found = contrast(*sides, protocol, options, atlases=())
    assert (found.subsample, found.n_independent) == (4, (4, 6))
    assert found.sides.dropped == ("participants of 'both0'",)


# -------------------------------------------------------------------------------- described


def test_contrast__describes_where_a_side_is_small(described, two_sides):
    assert isinstance(described, ContrastDescription)
    assert described.subsample == 7  # sides of 7 and 9
    expected = difference_of(described.first, described.second, 7)
    assert np.array_equal(described.difference.values, expected)
    sizes = np.abs(expected[expected != 0])
    assert described.display_threshold == np.percentile(sizes, 95)
    for side, sign in (("first", 1), ("second", -1)):
        labels = described.listed[side].clusters.labels
        assert np.all(sign * expected[labels > 0] > described.display_threshold)
        assert described.listed[side].p.size == 0
    assert described.n_listed > 0


def test_contrast__describes_sides_of_one_size_without_subsamples(two_sides, small_mask_path):
    one, two = two_sides
    found = contrast(one, two.slice(two.ids[:7]), Protocol(mask=str(small_mask_path)), atlases=())
    assert found.subsample is None
    assert np.array_equal(
        found.difference.values, found.first.ale.values - found.second.ale.values
    )


@pytest.mark.parametrize(("name", "what"), [("z", "z"), ("tails", "p")])
def test_contrast__a_description_has_no_p_and_says_why(described, name, what):
    with pytest.raises(DescriptiveOnlyError) as refused:
        getattr(described, name)
    message = str(refused.value)
    assert message.startswith(
        f"a described contrast has no {what} (7 independent studies with foci, and the protocol "
        "asks for at least 17: the reading is descriptive);"
    )
    assert "protocol.deviate(reason, min_experiments=...)" in message


@pytest.mark.parametrize("options", [{"gate": True}, {"legacy": "random-foci"}])
def test_contrast__a_description_has_no_gate_and_no_other_null(
    options, two_sides, contrast_protocol
):
    protocol = replace(contrast_protocol, min_experiments=8)
    with pytest.raises(EvidenceError, match=r"belong to a test, .* \(A has 7, B has 9\)"):
        contrast(*two_sides, protocol, ContrastOptions(**options), names=("A", "B"))


# --------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"direction": "left"}, "direction"),
        ({"gate": "yes"}, "gate"),
        ({"shared": "keep"}, "shared"),
        ({"legacy": "jale"}, "legacy"),
        ({"subsample": 0}, "subsample"),
        ({"subsample": 2.5}, "subsample"),
        ({"n_splits": 0}, "n_splits"),
        ({"seconds": -1.0}, "seconds"),
    ],
)
def test_contrast_options__wrong_ones_are_refused(wrong, says):
    with pytest.raises(ArgumentError, match=f"'{says}' parameter of contrast"):
        ContrastOptions(**wrong)


def test_contrast__too_few_random_labelings_for_alpha_are_refused(two_sides, contrast_protocol):
    protocol = replace(contrast_protocol, iterations=30)
    with pytest.raises(EvidenceError) as refused:
        contrast(*two_sides, protocol, FEW, atlases=())
    assert str(refused.value) == (
        "with 30 random labelings the smallest family-wise p there can be is 0.065, above the "
        "alpha of 0.05; ask for more iterations, or read the sides descriptively (a larger "
        "min_experiments in the protocol)"
    )


def test_contrast__sides_with_too_few_labelings_are_refused(contrast_protocol):
    rng = np.random.default_rng(3)
    sides = side_of(3, "one", rng), side_of(3, "two", rng)
    protocol = replace(contrast_protocol, min_experiments=3)
    with pytest.raises(EvidenceError, match="3 and 3 experiments can be labelled in 20 ways, so"):
        contrast(*sides, protocol, FEW, atlases=())


def test_contrast__evidence_beside_itself_is_refused(two_sides, contrast_protocol):
    with pytest.raises(EvidenceError, match="first and second share 7 experiments or subject"):
        contrast(two_sides[0], two_sides[0], contrast_protocol)


def test_contrast__leaves_its_evidence_as_it_was(two_sides, tested):
    assert tested.sides.first is two_sides[0]
    assert tested.sides.second is two_sides[1]


def test_facts__name_what_a_reader_wants_first(tested, described):
    assert "p_FWE <= 0.05 (size, 199 labelings)" in tested.facts["listed"]
    assert tested.facts["false positives on random splits"].endswith("; 9 splits)")
    assert "display-only threshold" in described.facts["listed"]
    for found in (tested, described):
        assert repr(found).startswith(f"{type(found).__name__}: contrast: ")
        assert "&lt;script&gt;" in found._repr_html_()
