"""Make the picture of the report in the README; needs chromium and playwright.

Run from the root: `.venv/bin/python docs/images/page.py out/report.html`.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PLACE = "#clusters"
HEIGHT, MARGIN = 600, 12


def main(path):
    """Put the viewer and the first clusters of a page on a picture."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1060, "height": 1400})
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("[data-state=ready]", state="attached")
        box = page.locator(PLACE).bounding_box()
        clip = {
            "x": box["x"] - MARGIN,
            "y": box["y"] - MARGIN,
            "width": box["width"] + 2 * MARGIN,
            "height": HEIGHT,
        }
        picture = Image.open(io.BytesIO(page.screenshot(clip=clip, full_page=True)))
        browser.close()
    picture.convert("RGB").save(Path(__file__).with_name("report.png"), optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
