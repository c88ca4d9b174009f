"""The viewer in a browser, on a page with nothing else."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from focale import Protocol, Studyset, describe, infer, pain_studyset_path
from focale.report.language import find_claims
from focale.report.page.payload import viewer_payload
from tests.fixtures_pain import studyset_of

ASSETS = files("focale.report.page") / "assets"
OFFERS = """
<table><tr data-mm="-30 18 4" id="row"><td>-30</td></tr></table>
<button id="peak" data-mm="54 -28 20">54 -28 20</button>
<button id="without" data-map="study:2">without the third study</button>
<button id="cell" data-mm="38 4 2" data-map="experiment:3">12 %</button>
<button id="all" data-map="all">all</button>
<button id="odd" data-map="experiment:99" data-mm="here">odd</button>
"""
HOSTILE = {
    "script": "</script><script>document.title = 'broken'</script>",
    "markup": "<img src=x onerror=\"document.title='broken'\"> & \"quotes\" 'too'",
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 abc",
    "long": "x" * 10_000,
    "emoji": "\U0001f9e0\U0001f469\u200d\U0001f52c {{ 7 * 7 }} ${1}",
}


def page_of(result, folder, words=OFFERS):
    """A page with the viewer, what it offers to click, and its style in light and dark."""
    from jinja2 import Environment

    text = json.dumps(viewer_payload(result)).replace("<", "\\u003c")
    markup = (ASSETS / "viewer.html.jinja").read_text(encoding="utf-8")
    viewer = Environment(autoescape=True).from_string(markup).render()
    path = folder / "page.html"
    path.write_text(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';
  script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<style>:root {{ --ink: #222; --paper: #fff; color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #eeeeee; --paper: #16181b; }} }}
body {{ color: var(--ink); background: var(--paper); font: 16px sans-serif; margin: 1em; }}
{(ASSETS / "viewer.css").read_text(encoding="utf-8")}</style></head><body>
{viewer}{words}
<script type="application/json" id="focale-viewer-data">{text}</script>
<script>{(ASSETS / "viewer.js").read_text(encoding="utf-8")}</script></body></html>""",
        encoding="utf-8",
    )
    return path


@cache
def described():
    return describe(Studyset(pain_studyset_path()))


@cache
def inferred():
    return infer(Studyset(pain_studyset_path()), Protocol(iterations=200))


@pytest.fixture(scope="module")
def descriptive_page(tmp_path_factory):
    return page_of(described(), tmp_path_factory.mktemp("descriptive"))


@pytest.fixture(scope="module")
def inferential_page(tmp_path_factory):
    return page_of(inferred(), tmp_path_factory.mktemp("inferential"))


@pytest.fixture
def show(browser_page):
    """Open a page and wait for its viewer."""

    def opened(path: Path, **context):
        page = browser_page(path, **context).page
        page.wait_for_selector("#focale-viewer[data-state=ready]", timeout=20_000)
        return page

    return opened


def state(page):
    return page.evaluate("focaleViewer.state()")


def text_of(page, part):
    return page.text_content(f"[data-fv={part}]")


def slice_of(page, number):
    return page.locator("[data-fv=slices] canvas").nth(number)


def wait_for_map(page, key):
    """Until a map is unpacked; Playwright's own waiting needs what the page forbids."""
    for _ in range(100):
        if state(page)["map"] == key:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"the map is still {state(page)['map']}")


def hover(page, of, number, mm):
    """The pointer over a place in a view."""
    across, up = [(1, 2), (0, 2), (0, 1)][number]
    view = page.evaluate(
        "JSON.parse(document.getElementById('focale-viewer-data').textContent).view_mm"
    )
    canvas = page.locator(f"[data-fv={of}] canvas").nth(number)
    canvas.scroll_into_view_if_needed()
    painted(page)
    box = canvas.bounding_box()
    share_across = (mm[across] - view[across][0]) / (view[across][1] - view[across][0])
    share_up = (view[up][1] - mm[up]) / (view[up][1] - view[up][0])
    page.mouse.move(box["x"] + share_across * box["width"], box["y"] + share_up * box["height"])


def painted(page, number=0, of="slices"):
    """A fingerprint of the pixels of a canvas, once what waits is drawn."""
    return page.evaluate(
        """async ([number, of]) => {
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return document.querySelectorAll(`[data-fv=${of}] canvas`)[number].toDataURL();
        }""",
        [number, of],
    )


def test_viewer__starts_at_the_highest_listed_peak(show, descriptive_page):
    page = show(descriptive_page)
    peak = described().clusters.members[0].peaks[0]
    assert state(page)["mm"] == list(peak.mm)
    assert text_of(page, "readout").startswith(
        f"x = 38, y = 4, z = 2 mm \u00b7 ALE {peak.value:.5f} \u00b7 R insula [Desikan-Killiany"
    )
    assert "3 foci within 4 mm: pain_12.nidm, experiment 1 (38, 2, 2)" in text_of(page, "readout")


def test_viewer__needs_no_webgl(show, descriptive_page):
    page = show(descriptive_page)
    assert page.evaluate("document.createElement('canvas').getContext('webgl2')") is None


def test_viewer__click_and_drag_move_the_crosshair(show, descriptive_page):
    page = show(descriptive_page)
    box = slice_of(page, 2).bounding_box()
    before = painted(page)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    clicked = state(page)["mm"]
    assert clicked[0] < -30
    assert clicked[2] == 2, "a click in the axial slice stays in it"
    assert all(v % 2 == 0 for v in clicked), "at the centre of a voxel"
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25, steps=5)
    page.mouse.up()
    dragged = state(page)["mm"]
    assert dragged[0] > 30
    assert dragged[1] > clicked[1]
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    assert state(page)["mm"] == dragged, "no button is down"
    assert painted(page) != before
    assert f"x = {dragged[0]:g}, y = {dragged[1]:g}" in text_of(page, "readout")


@pytest.mark.parametrize(
    ("number", "moves"),
    [
        (0, {"ArrowRight": (0, 2, 0), "ArrowUp": (0, 0, 2), "PageUp": (2, 0, 0)}),
        (1, {"ArrowLeft": (-2, 0, 0), "ArrowDown": (0, 0, -2), "PageDown": (0, -2, 0)}),
        (2, {"ArrowRight": (2, 0, 0), "ArrowUp": (0, 2, 0), "PageUp": (0, 0, 2)}),
    ],
)
def test_viewer__keys_move_the_crosshair(show, descriptive_page, number, moves):
    page = show(descriptive_page)
    for key, by in moves.items():
        page.evaluate("focaleViewer.moveTo([0, 0, 0])")
        slice_of(page, number).press(key)
        assert state(page)["mm"] == list(by), key
        x, y, z = by
        assert text_of(page, "readout").startswith(f"x = {x}, y = {y}, z = {z} mm")


def test_viewer__rows_and_buttons_move_it(show, descriptive_page):
    page = show(descriptive_page)
    page.click("#row")
    assert text_of(page, "readout").startswith("x = -30, y = 18, z = 4 mm")
    assert page.get_attribute("#row", "aria-current") == "true"
    page.focus("#peak")
    page.keyboard.press("Enter")
    assert state(page)["mm"] == [54, -28, 20]
    assert page.get_attribute("#peak", "class") == "focale-shown"
    assert page.get_attribute("#row", "aria-current") is None
    page.click("#odd")
    assert state(page)["mm"] == [54, -28, 20], "what is no place and no map does nothing"


def test_viewer__shows_the_map_without_a_study(show, descriptive_page):
    page = show(descriptive_page)
    before = painted(page)
    page.click("#without")
    wait_for_map(page, "experiment:2")
    assert page.get_attribute("#without", "aria-current") == "true"
    assert page.get_attribute("#all", "aria-current") is None
    assert text_of(page, "name") == "Without pain_03.nidm-1"
    assert painted(page) != before
    page.click("#cell")
    wait_for_map(page, "experiment:3")
    assert page.get_attribute("#cell", "aria-current") == "true"
    assert "without it 0.0" in text_of(page, "readout")
    page.select_option("[data-fv=map]", "all")
    wait_for_map(page, "all")
    assert page.get_attribute("#cell", "aria-current") is None
    assert text_of(page, "name") == "All experiments"


def test_viewer__leaves_out_as_python_does(show, descriptive_page, rng):
    page, result = show(descriptive_page), described()
    lowest = viewer_payload(result)["map"]["lowest"]
    shown = np.flatnonzero(result.ale.values >= lowest)
    for experiment in (0, 7, 20):
        exact = result.map.without(experiment).values
        for position in rng.choice(shown, 30):
            mm = result.mask.mm(np.array([position]))[0].tolist()
            value = page.evaluate(
                """async ([key, mm]) => {
                  await focaleViewer.showMap(key);
                  focaleViewer.moveTo(mm);
                  return focaleViewer.state().value;
                }""",
                [f"experiment:{experiment}", mm],
            )
            assert abs(value - exact[position]) <= 2.0**-19, (experiment, mm)


def test_viewer__leaves_out_all_experiments_of_a_study(show, tmp_path, tiny_studyset):
    result = describe(tiny_studyset, Protocol(pooling="keep", fwhm_mm=9.0))
    page = show(page_of(result, tmp_path))
    page.evaluate("focaleViewer.showMap('study:0')")
    wait_for_map(page, "study:0")
    page.evaluate("focaleViewer.moveTo([4, 4, 4])")
    alone = result.ma.map(2)[result.mask.position_of(np.array([[4.0, 4.0, 4.0]]))[0]]
    assert abs(state(page)["value"] - alone) <= 1.5 * 2.0**-19
    assert text_of(page, "name") == "Without Smith"


def test_viewer__labels_places_as_the_atlas_does(show, descriptive_page, rng):
    page, result = show(descriptive_page), described()
    atlas = result.anatomy[0].atlas
    centres = result.mask.mm(rng.integers(result.mask.n_voxels, size=60))
    for mm in [*centres.tolist(), *(centres + rng.integers(-1, 2, size=(60, 3))).tolist()]:
        page.evaluate("(mm) => focaleViewer.moveTo(mm)", mm)
        assert state(page)["label"] == str(atlas.label_at(mm)), mm


def test_viewer__a_place_between_voxels_has_the_value_python_gives(show, descriptive_page, rng):
    page, result = show(descriptive_page), described()
    lowest = viewer_payload(result)["map"]["lowest"]
    shown = rng.choice(np.flatnonzero(result.ale.values >= lowest), 60)
    places = result.mask.mm(shown) + rng.integers(-1, 2, size=(60, 3))
    for mm, position in zip(places.tolist(), result.mask.position_of(places), strict=True):
        page.evaluate("(mm) => focaleViewer.moveTo(mm)", mm)
        exact = result.ale.values[position] if position >= 0 else 0.0
        value = state(page)["value"]
        assert abs(value - exact) <= 2.0**-19 or (value == 0 and exact < lowest), mm


def test_viewer__says_what_the_threshold_means(show, descriptive_page, inferential_page):
    page = show(descriptive_page)
    assert text_of(page, "meaning") == "display-only: ALE > 0.00604"
    before = painted(page)
    page.focus("[data-fv=threshold]")
    page.keyboard.press("End")
    assert text_of(page, "meaning") == "your threshold, display only: ALE > 0.03412"
    assert painted(page) != before
    page.click("[data-fv=reset]")
    assert text_of(page, "meaning") == "display-only: ALE > 0.00604"
    assert page.is_hidden("[data-fv=reset]")
    assert painted(page) == before

    page = show(inferential_page)
    assert text_of(page, "meaning") == "clusters with cluster-size p(FWE) <= .05"
    before = painted(page, 2)
    page.uncheck("[data-fv=listed]")
    assert text_of(page, "meaning").endswith("(uncorrected p < .001); not corrected")
    assert painted(page, 2) != before
    page.evaluate("focaleViewer.showMap('experiment:0')")
    wait_for_map(page, "experiment:0")
    assert text_of(page, "meaning").endswith("not tested anew")


def test_viewer__of_counts_shows_whole_numbers_under_their_name(show, tmp_path):
    pain = Studyset(pain_studyset_path())
    result = infer(pain, Protocol(method="mkda", iterations=100))
    page = show(page_of(result, tmp_path))
    assert page.text_content(".fv-bar-name") == "MKDA density"
    mm = result.clusters.members[0].peaks[0].mm
    readout = text_of(page, "readout")
    assert readout.startswith(f"x = {mm[0]:g}, y = {mm[1]:g}, z = {mm[2]:g} mm · MKDA density 10")
    assert state(page)["value"] == 10
    page.uncheck("[data-fv=listed]")
    words = text_of(page, "meaning")
    assert words.startswith("display-only: MKDA density > 4, where clusters were formed")
    position = result.mask.position_of(np.array([mm]))[0]
    for i in range(len(pain)):
        page.evaluate(f"focaleViewer.showMap('experiment:{i}')")
        wait_for_map(page, f"experiment:{i}")
        assert state(page)["value"] == result.map.without(i).values[position]
    page.focus("[data-fv=threshold]")
    page.keyboard.press("End")
    assert "your threshold, display only: MKDA density > 10" in text_of(page, "meaning")


def test_viewer__claims_nothing_when_descriptive(show, descriptive_page):
    page = show(descriptive_page)
    for key in ("all", "experiment:3"):
        page.evaluate(f"focaleViewer.showMap('{key}')")
        wait_for_map(page, key)
        for listed in (True, False):
            page.set_checked("[data-fv=listed]", listed)
            assert find_claims(page.inner_text("#focale-viewer")) == []


def test_viewer__opacity_and_foci_can_be_changed(show, descriptive_page):
    page = show(descriptive_page)
    before = painted(page)
    page.uncheck("[data-fv=foci]")
    without = painted(page)
    assert without != before
    page.focus("[data-fv=opacity]")
    page.keyboard.press("Home")
    assert painted(page) != without
    assert state(page)["opacity"] == 0


def test_viewer__names_a_focus_under_the_pointer(show, descriptive_page):
    page = show(descriptive_page)
    foci = described().studyset.foci_mm
    near = foci[np.abs(foci[:, 0] - 38) <= 4]
    mm = near[near[:, 1].argmax()].tolist()  # the one in front has no neighbour
    page.evaluate("focaleViewer.moveTo([38, 2, 2])")
    place = f"({mm[0]:g}, {mm[1]:g}, {mm[2]:g}) mm"
    hover(page, "slices", 0, mm)
    assert page.is_visible("[data-fv=tip]")
    assert text_of(page, "tip").startswith("pain_19.nidmexperiment 1")
    assert text_of(page, "tip").endswith(place)
    page.mouse.move(2, 2)
    assert page.is_hidden("[data-fv=tip]")
    hover(page, "glass", 0, mm)
    assert text_of(page, "tip").startswith("pain_19.nidm")


def test_viewer__points_of_the_glass_brain_move_the_crosshair(show, descriptive_page):
    page = show(descriptive_page)
    canvas = page.locator("[data-fv=glass] canvas").nth(2)
    foci = described().studyset.foci_mm.tolist()
    canvas.press("ArrowRight")
    assert state(page)["mm"] == foci[0]
    canvas.press("ArrowRight")
    assert state(page)["mm"] == foci[1]
    hover(page, "glass", 2, max(foci, key=lambda mm: mm[1]))
    page.mouse.down()
    page.mouse.up()
    assert state(page)["mm"] in foci
    assert state(page)["mm"][1] > 70


def test_viewer__fits_a_phone(show, descriptive_page):
    page = show(descriptive_page, viewport={"width": 390, "height": 800}, device_scale_factor=3)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    tops = [slice_of(page, i).bounding_box()["y"] for i in range(3)]
    assert tops[0] < tops[1] < tops[2]
    width, shown = slice_of(page, 0).evaluate("(c) => [c.width, c.clientWidth]")
    assert width == 3 * shown, "as sharp as the screen"


def test_viewer__fits_large_letters(show, descriptive_page):
    page = show(descriptive_page, viewport={"width": 390, "height": 800})
    page.add_style_tag(content="body { font-size: 32px !important; }")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_viewer__follows_dark_light_and_print(show, descriptive_page):
    page = show(descriptive_page, color_scheme="dark")
    corner = "(c) => Array.from(c.getContext('2d').getImageData(0, 0, c.width, 40).data)"

    def brightest(of):
        pixels = np.reshape(
            page.locator(f"[data-fv={of}] canvas").nth(0).evaluate(corner), (-1, 4)
        )
        return pixels[pixels[:, 3] > 200, :3].max()

    assert brightest("glass") > 200, "letters are light on dark"
    page.emulate_media(color_scheme="light")
    painted(page)
    light = painted(page, 0, "glass")
    page.emulate_media(color_scheme="dark")
    assert painted(page, 0, "glass") != light
    page.emulate_media(media="print")
    assert painted(page, 0, "glass") == light, "ink on paper"
    assert page.is_hidden(".fv-controls")
    assert len(page.pdf()) > 20_000


def test_viewer__names_are_only_text(show, tmp_path):
    studies = {name: [[(0, 4.0 * i, 0)]] for i, name in enumerate(HOSTILE.values())}
    page = show(
        page_of(describe(studyset_of(studies)), tmp_path), viewport={"width": 390, "height": 800}
    )
    page.evaluate("focaleViewer.moveTo([0, 4, 0])")
    assert page.title() == "page"
    assert page.locator("#focale-viewer :is(img, script)").count() == 0
    assert "3 foci within 4 mm: <img src=x onerror=" in text_of(page, "readout")
    assert "</script><script>document.title" in text_of(page, "legend")
    options = page.locator("[data-fv=map] option").all_text_contents()
    assert len(options) == 1 + len(studies)
    assert max(map(len, options)) < 100
    for number in range(len(studies)):
        page.evaluate(f"focaleViewer.showMap('experiment:{number}')")
    wait_for_map(page, "experiment:4")
    assert "{{ 7 * 7 }} ${1}" in text_of(page, "name")
    assert page.title() == "page"
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_viewer__says_what_an_old_browser_cannot_show(browser_page, descriptive_page):
    page = browser_page(descriptive_page, before="delete window.DecompressionStream").page
    page.wait_for_selector("#focale-viewer[data-state='without maps']")
    assert "cannot unpack compressed data" in text_of(page, "message")
    assert page.is_hidden("[data-fv=slices]")
    assert page.is_visible("[data-fv=glass]")
    page.click("#cell")
    page.locator("[data-fv=glass] canvas").nth(0).press("ArrowRight")
    assert state(page)["value"] is None


def test_viewer__says_what_does_not_fit_into_the_file(show, tmp_path, monkeypatch):
    monkeypatch.setattr("focale.report.page.shown_maps._MOST_ROOM", 1000.0)
    page = show(page_of(described(), tmp_path))
    page.click("#without")
    assert "too many experiments" in text_of(page, "message")
    assert state(page)["map"] == "all"
    assert page.locator("[data-fv=map] option").count() == 1


def test_viewer__without_scripts_points_to_the_tables(browser_page, descriptive_page):
    page = browser_page(descriptive_page, java_script_enabled=False).page
    assert "do not depend on it" in page.text_content("noscript")
    assert page.is_hidden("[data-fv=live]")


@pytest.mark.parametrize(
    ("shape", "affine"),
    [
        ((40, 50, 40), np.array([[-4, 0, 0, 80], [0, 4, 0, -110], [0, 0, 4, -70], [0, 0, 0, 1]])),
        ((50, 40, 40), np.array([[0, 0, 4, -80], [4, 0, 0, -110], [0, -4, 0, 90], [0, 0, 0, 1]])),
        ((12, 12, 12), np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
        (
            (40, 50, 40),
            np.array([[3.2, -2.4, 0, -10], [2.4, 3.2, 0, -140], [0, 0, 4, -70], [0, 0, 0, 1]]),
        ),
    ],
    ids=["flipped", "axes turned", "small", "oblique"],
)
def test_viewer__other_grids(show, tmp_path, shape, affine):
    import nibabel

    image = nibabel.Nifti1Image(np.ones(shape, np.uint8), affine.astype(float))
    nibabel.save(image, tmp_path / "mask.nii")
    protocol = Protocol(mask=str(tmp_path / "mask.nii"), min_cluster_mm3=50.0)
    result = describe(
        studyset_of({"a": [[(4, 6, 8)], [(5, 6, 7)]], "b": [[(-20, 8, 8)]]}), protocol
    )
    page = show(page_of(result, tmp_path))
    assert "space of the map is not known" in text_of(page, "note")
    x, y, z = result.ale.max_mm
    page.evaluate("(mm) => focaleViewer.moveTo(mm)", [x, y, z])
    assert state(page)["value"] == pytest.approx(result.ale.max, abs=2.0**-19)
    blank = painted(page, 1)
    page.focus("[data-fv=opacity]")
    page.keyboard.press("Home")
    assert painted(page, 1) != blank, "the map is on the slice"
    page.evaluate("focaleViewer.moveTo([500, 0, 0])")
    assert "outside the mask" in text_of(page, "readout")


def test_viewer__is_ready_and_redraws_in_time(show, descriptive_page):
    page = show(descriptive_page)
    assert page.evaluate("performance.now()") < 3000  # 300 ms where nothing else runs
    redraws = page.evaluate(
        """async () => {
          const [n, start] = [60, performance.now()];
          for (let i = 0; i < n; i += 1) {
            focaleViewer.moveTo([2 * (i % 40) - 40, 2 * (i % 30) - 30, 2 * (i % 25)]);
            await new Promise(requestAnimationFrame);
          }
          return (1000 * n) / (performance.now() - start);
        }"""
    )
    assert redraws > 20  # 60 a second where nothing else runs
