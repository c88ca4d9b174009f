"""The written interpretation: its numbers are the result's, its sentences fit the case."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from focale import Protocol, Studyset, describe, interpretation
from focale.protocol.protocol import Deviation
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree


@pytest.fixture(scope="module")
def box(small_mask_path):
    return {"mask": str(small_mask_path), "min_cluster_mm3": 100.0}


def numbers_in(pattern, text):
    match = re.search(pattern, text)
    assert match is not None, f"{pattern!r} is not in: {text}"
    return [float(number.replace(",", "")) for number in match.groups()]


# ------------------------------------------------------------------ numbers


def test_interpretation__counts_are_those_of_the_evidence(pain8_described, pain8):
    counts = numbers_in(
        r"\((\d+) studies, (\d+) experiments, (\d+) reported coordinates\) was too small .*"
        r"at least (\d+) independent studies and there are (\d+), so",
        interpretation(pain8_described),
    )
    assert counts == [len(pain8.study_ids), len(pain8), pain8.n_foci, 17, 8]


def test_interpretation__peak_and_threshold_are_those_of_the_map(pain8_described):
    text = interpretation(pain8_described)
    x, y, z, ale, peaks = numbers_in(
        r"near x = (\S+), y = (\S+), z = (\S+) mm \(ALE = (\S+), (\S+) times", text
    )
    assert (x, y, z) == pain8_described.ale.max_mm
    assert ale == pytest.approx(pain8_described.ale.max, abs=5e-6)
    assert peaks == pytest.approx(pain8_described.in_peaks.max, abs=0.05)
    (threshold, percentile) = numbers_in(r"ALE > (\S+), the (\d+)th percentile", text)
    assert threshold == pytest.approx(pain8_described.display_threshold, abs=5e-6)
    assert percentile == 95


def test_interpretation__lists_the_peak_of_every_cluster(pain8_described):
    text = interpretation(pain8_described)
    assert "Four clusters of at least 4,000 mm3 are listed" in text
    for cluster in pain8_described.clusters:
        x, y, z = cluster.peaks[0].mm
        assert f"({x:g}, {y:g}, {z:g})" in text
    smaller = len(pain8_described.clusters.smaller_volumes_mm3)
    assert f"{smaller} smaller clusters are on the map but not in the table" in text
    places = [f"({x:g}, {y:g}, {z:g})" for x, y, z in first_peaks(pain8_described)]
    assert f"are listed, with peaks near {', '.join(places[:-1])} and {places[-1]} mm; " in text


def first_peaks(result):
    return [cluster.peaks[0].mm for cluster in result.clusters]


def test_interpretation__names_the_largest_contributors(pain8_described):
    text = interpretation(pain8_described)
    means = pain8_described.mean_study_contributions
    first, second = np.argsort(-means)[:2]
    ids = pain8_described.studyset.study_ids
    assert f"Leaving out {ids[first]} lowers" in text
    shares = numbers_in(
        r"by (\d+)% on average, more than any other study \(next: \S+, (\d+)%\)", text
    )
    assert shares == [round(100 * means[first]), round(100 * means[second])]
    assert f"(next: {ids[second]}, " in text
    assert f"leans on {ids[first]} more than on the others" in text


def test_interpretation__names_clusters_that_do_not_outlast_a_study(pain8_described):
    text = interpretation(pain8_described)
    assert (
        "Cut at the same display-only threshold, less than 4,000 mm3 remains of cluster 1 without "
        in text
    )
    remains = pain8_described.study_leave_one_out.remains
    ids = pain8_described.studyset.study_ids
    assert not remains.all()
    for c in range(remains.shape[1]):
        match = re.search(rf"cluster {c + 1} without (.*?)(; |\. )", text)
        named = re.split(r", | or ", match[1]) if match else []
        assert named == ids[~remains[:, c]].tolist()


def test_interpretation__names_who_dominates(pain8_described):
    text = interpretation(pain8_described)
    assert "In cluster 4, one study has a share of 51% (pain_04.nidm)." in text


def test_interpretation__is_one_paragraph_that_ends_with_a_warning(pain8_described):
    text = interpretation(pain8_described)
    assert "\n" not in text
    assert "  " not in text
    assert text.endswith("they should not be described as statistically significant activation.")


# ------------------------------------------------------------------ cases


def test_interpretation__without_a_listed_cluster(pain8):
    result = describe(pain8, Protocol(min_cluster_mm3=1e6))
    text = interpretation(result)
    n_seen = len(result.clusters.smaller_volumes_mm3)
    assert (
        "No cluster above this threshold has a volume of 1,000,000 mm3 or more; "
        f"{n_seen} smaller clusters can be seen on the map." in text
    )
    for word in ("jackknife", "Leaving out", "every listed cluster", "In cluster", "nan"):
        assert word not in text


def test_interpretation__one_study_with_one_experiment(box):
    text = interpretation(describe(studyset_of({"a": [[(0, 0, 0)]]}), Protocol(**box)))
    assert "(1 study, 1 experiment, 1 reported coordinate) was too small" in text
    assert "One cluster of at least 100 mm3 is listed" in text
    assert "1.0 times the peak of one typical experiment" in text
    assert (
        "In cluster 1, fewer than two studies contribute and one study has a share of 100% (a)."
        in text
    )
    assert "Leaving out" not in text
    assert "The largest value of this single study lies near x = 0, y = 0, z = 0 mm" in text
    assert "convergence near" not in text
    assert "left out" not in text
    assert "remains of" not in text


def test_interpretation__one_cluster_has_one_peak(box):
    text = interpretation(describe(studyset_of({"a": [[(0, 0, 0)]]}), Protocol(**box)))
    assert "One cluster of at least 100 mm3 is listed, with its peak near (0, 0, 0) mm." in text


def test_interpretation__clusters_that_outlast_every_study(box):
    studyset = studyset_of({f"s{i}": [[(0, 0, 0), (2, 0, 0)]] for i in range(4)})
    text = interpretation(describe(studyset, Protocol(**box, display_percentile=60)))
    assert (
        "Cut at the same display-only threshold, every listed cluster keeps at least 100 mm3, "
        "whichever study is left out." in text
    )
    assert "remains of" not in text


@pytest.mark.parametrize(
    ("n", "who"),
    [(2, "s0 or s1"), (5, "s0, s1, s2, s3 or s4"), (6, "any of 6 studies")],
)
def test_interpretation__equal_studies_are_named_together(box, n, who):
    studyset = studyset_of({f"s{i}": [[(0, 0, 0)]] for i in range(n)})
    result = describe(studyset, Protocol(**box))
    text = interpretation(result)
    assert "more than any other study" not in text
    assert "leans on" not in text
    (share,) = {f"{mean:.0%}" for mean in result.mean_study_contributions}
    assert f"Leaving out {who} lowers the ALE of the listed clusters most, by {share}." in text


def test_interpretation__says_when_the_largest_ale_is_in_no_listed_cluster(pain8, pain8_described):
    sentence = "The place of the largest ALE lies in one of these smaller clusters."
    assert sentence in interpretation(pain8_described)
    assert sentence not in interpretation(describe(pain8, Protocol(min_cluster_mm3=8)))


def test_interpretation__of_enough_evidence(pain):
    text = interpretation(describe(pain))
    assert (
        "(21 studies, 21 experiments, 267 reported coordinates) reaches the 17 independent "
        "studies the protocol asks for, so an inferential reading is allowed; this text is the "
        "descriptive reading, for which p and z maps were not computed." in text
    )
    assert "too small" not in text


def test_interpretation__prints_every_deviation(pain8):
    protocol = Protocol(
        deviations=(
            Deviation("a reviewer asked", "min_experiments: 17 -> 8", "2026-01-02T03:04:05+00:00"),
            Deviation("a typing error", "seed: 0 -> 1", "2026-02-02T03:04:05+00:00"),
        )
    )
    text = interpretation(describe(pain8, protocol))
    assert (
        "Deviation from the protocol, declared 2026-01-02T03:04:05+00:00 "
        '("a reviewer asked"): min_experiments: 17 -> 8.' in text
    )
    assert '("a typing error"): seed: 0 -> 1.' in text


def test_interpretation__two_experiments_of_one_study_are_one_study(box):
    text = interpretation(
        describe(studyset_of({"a": [[(0, 0, 0)], [(2, 0, 0)]]}), Protocol(**box))
    )
    assert "(1 study, 2 experiments, 2 reported coordinates)" in text
    assert "at least 17 independent studies and there are 1, so" in text
    assert "The largest value of this single study" in text
    assert "Leaving out" not in text
    assert "one study has a share of 100% (a)" in text


def test_interpretation__of_an_experiment_without_foci(box):
    text = interpretation(describe(studyset_of({"a": [[(0, 0, 0)]], "b": [[]]}), Protocol(**box)))
    assert "2 studies, 2 experiments, 1 reported coordinate" in text
    assert (
        "Leaving out a lowers the ALE of the listed clusters by 100% on average, more than any "
        "other study (next: b, 0%); the displayed pattern leans on a more than on the others."
        in text
    )
    assert "there are 1 with foci, so" in text


def test_interpretation__of_converted_foci_is_in_the_space_of_the_map():
    tree = nimads_tree({"a": [nimads_analysis("1", [(0, 0, 10)], n=12, space="TAL")]})
    result = describe(Studyset(tree))
    x, y, z = result.ale.max_mm
    assert f"near x = {x:g}, y = {y:g}, z = {z:g} mm" in interpretation(result)
    assert (x, y, z) != (0, 0, 10)


def test_interpretation__says_which_studies_it_counts(box):
    studyset = studyset_of({"a": [[(0, 0, 0)]], "b": [[(2, 0, 0)]], "c": [[]]})
    text = interpretation(describe(studyset, Protocol(**box)))
    assert "and there are 2 with foci, so p and z maps were not computed" in text


def test_interpretation__a_study_with_two_experiments_dominates(box):
    """Two contrasts of the same people make the cluster: each 50 %, the study all of it."""
    both = [(0, 0, 0)]
    studyset = studyset_of({"a": [both, both], "b": [[(20, 20, 20)]]})
    text = interpretation(describe(studyset, Protocol(**box)))
    assert "dominated by a single study" in text
    for cluster, study in ((1, "a"), (2, "b")):
        assert (
            f"In cluster {cluster}, fewer than two studies contribute and one study has a share "
            f"of 100% ({study})." in text
        )
    assert "less than 100 mm3 remains of cluster 1 without a; cluster 2 without b. " in text


@pytest.mark.parametrize(("lead", "leans"), [(1.49, False), (1.51, True)])
def test_interpretation__leans_on_who_leads_by_half(pain8_described, lead, leans):
    drop = np.full((8, 4), 0.1)
    drop[5] *= lead
    shares = dataclasses.replace(pain8_described.study_contributions, mean_drop=drop)
    diagnosis = dataclasses.replace(pain8_described.diagnosis, study_contributions=shares)
    text = interpretation(dataclasses.replace(pain8_described, diagnosis=diagnosis))
    assert "Leaving out pain_06.nidm lowers" in text
    assert ("leans on pain_06.nidm more" in text) is leans


def test_interpretation__names_and_reasons_stay_on_one_line(box):
    studyset = studyset_of({"a\n\n# Heading\x1b[2J": [[(0, 0, 0)]], "b": [[(20, 20, 20)]]})
    deviation = Deviation("first\nsecond\x1b[31m", "seed: 0 -> 1", "2026\n")
    text = interpretation(describe(studyset, Protocol(**box, deviations=(deviation,))))
    assert "a # Heading[2J" in text
    assert 'declared 2026 ("first second[31m"): seed: 0 -> 1.' in text
    assert text.isprintable()
