"""The pages of a comparison, of a conjunction and of a plan, on a phone and on a desk."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from focale import Protocol, Studyset, compare, conjunction, infer, pain_studyset_path, plan
from focale.report.comparison_page import comparison_page
from focale.report.conjunction_folder import write_conjunction
from focale.report.planning_page import plan_page

OVERFLOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@cache
def html_of(kind):
    pain = Studyset(pain_studyset_path())
    if kind == "plan":
        few = {"sizes": (5, 8), "shares": (0.5,), "n_simulations": 4, "n_iterations": 39}
        return plan_page(plan(pain.slice(pain.ids[:8]), **few), "focale plan pain.json -o OUT")
    protocol = Protocol(iterations=200, min_experiments=3)
    if kind == "conjunction":
        halves = [infer(pain.slice(pain.ids[k::2]), protocol) for k in (0, 1)]
        with TemporaryDirectory() as place:
            write_conjunction(conjunction(halves, names=["even", "W" * 80]), Path(place))
            return (Path(place) / "conjunction.html").read_text(encoding="utf-8")
    old = infer(pain.slice(pain.ids[:8]), replace(protocol, placement="nearest"))
    return comparison_page(compare(old, infer(pain.slice(pain.ids[:9]), protocol)))


@pytest.mark.parametrize("kind", ["comparison", "conjunction", "plan"])
@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page__fits_its_window_and_loads_nothing(browser_page, tmp_path, kind, width, scheme):
    path = tmp_path / "page.html"
    path.write_text(html_of(kind), encoding="utf-8")
    size = {"width": width, "height": 844}
    page = browser_page(path, viewport=size, color_scheme=scheme).page
    assert page.is_visible("h1")
    assert page.locator("table").count() >= 2
    assert not page.evaluate(OVERFLOW)
