"""The report of 21 experiments: how long it takes to write and how large it is, side by side.

Both have their result in hand, corrected with 100 iterations and with what each experiment
contributes; only the report is timed, in a fresh process each. With --browser also how
soon Focale's page is ready in chromium and how often it is redrawn.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from compare import HERE, output, peer_python, shown

COUNT = """async () => {
  const start = performance.now();
  let n = 0;
  await new Promise((done) => {
    function step() {
      n += 1;
      focaleViewer.moveTo([(n % 60) - 30, (n % 50) - 25, (n % 40) - 10]);
      if (performance.now() - start > 3000) { done(); } else { requestAnimationFrame(step); }
    }
    step();
  });
  return n / 3;
}"""
WATCH = """new MutationObserver(() => {
  if (!window.readyAt && document.querySelector('[data-state=ready]')) {
    window.readyAt = performance.now();
  }
}).observe(document, { attributes: true, childList: true, subtree: true });"""


def measured(python, script, place):
    return json.loads(output(python, HERE / script, "report", place).splitlines()[-1])


def in_browser(page_path):
    """Milliseconds until the page is ready, and redraws a second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        flags = ["--no-sandbox", "--disable-3d-apis"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_context(offline=True).new_page()
        page.add_init_script(WATCH)
        page.goto(page_path.as_uri())
        page.wait_for_selector("[data-state=ready]", state="attached")
        return page.evaluate("window.readyAt"), page.evaluate(COUNT)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", action="store_true")
    given = parser.parse_args()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as place:
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds} ...", file=sys.stderr)
            ours.append(measured(sys.executable, "focale_side.py", f"{place}/ours{number}"))
            theirs.append(measured(peer_python(), "nimare_side.py", f"{place}/theirs{number}"))
        seen = in_browser(Path(place) / "ours0" / "report.html") if given.browser else None
    seconds = [statistics.median(run["seconds"] for run in runs) for runs in (ours, theirs)]
    sizes = [runs[0]["bytes"] / 1e6 for runs in (ours, theirs)]
    lines = [
        "| the report of 21 experiments | Focale | NiMARE 0.22.1 | ratio | asked for |",
        "|---|---|---|---|---|",
        f"| written in | {shown(seconds[0])} | {shown(seconds[1])} | "
        f"{seconds[1] / seconds[0]:.0f}x | <= 2 s |",
        f"| size | {sizes[0]:.2f} MB, one file | {sizes[1]:.1f} MB, a folder | "
        f"{sizes[1] / sizes[0]:.0f}x | <= 0.6 MB |",
    ]
    if seen:
        lines += [
            f"| ready in chromium, without WebGL | {seen[0]:.0f} ms | | | <= 1 s |",
            f"| redraws a second | {seen[1]:.0f} | | | 60 |",
        ]
    table = "\n".join(lines)
    about = f"Medians of {given.rounds} rounds, in turns, Focale {version('focale')}; `page.py`."
    (HERE / "page.md").write_text(f"# The report beside NiMARE 0.22.1\n\n{about}\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
