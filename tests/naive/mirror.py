"""The fit of studies with left and right exchanged, focus by focus."""

from __future__ import annotations

import math


def mirror_scores(studies):
    """One score a study, from lists of (x, y, z): below 0 where the mirrored foci fit better."""
    scores = []
    for own, foci in enumerate(studies):
        others = [other for number, other in enumerate(studies) if number != own]
        score = 0.0
        for x, y, z in foci:
            here = sum(fit((x, y, z), other) for other in others)
            there = sum(fit((-x, y, z), other) for other in others)
            score += math.log((here + 0.5) / (there + 0.5))
        scores.append(score)
    return scores


def fit(place, foci):
    """Weight of the nearest focus of another study; those beyond 30 mm do not count."""
    distance = min((math.dist(place, focus) for focus in foci), default=math.inf)
    return math.exp(-0.5 * (distance / 10) ** 2) if distance <= 30 else 0.0
