"""Build the wheel, install it in an environment of its own, and run it there.

Run by ``make wheel``. The working tree is not importable from where the checks run, so
they see what a user of the wheel sees.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUNDLED = (
    "focale/data/nidm_pain_studyset.json",
    "focale/data/MNI152_2x2x2_brainmask.nii.gz",
    "focale/data/NOTICE.md",
    "focale/data/LICENSE.FreeSurfer.txt",
    "focale/data/atlas-DesikanKilliany_res-02_dseg.nii.gz",
    "focale/data/atlas-DesikanKilliany_res-02_dseg.tsv",
    "focale/data/references.bib",
    "focale/data/tpl-MNI152NLin2009aSym_res-02_desc-brain_T1w.nii.gz",
    "focale/report/page/assets/comparison.css",
    "focale/report/page/assets/comparison.html.jinja",
    "focale/report/page/assets/viewer.css",
    "focale/report/page/assets/viewer.html.jinja",
    "focale/report/page/assets/viewer.js",
    "focale/app/assets/app.html",
    "focale/py.typed",
)


def run(*command, cwd):
    """Run a command, stop at its first failure, and give its output."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def main():
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", place, ROOT, cwd=place)
        (wheel,) = place.glob("*.whl")
        inside = zipfile.ZipFile(wheel).namelist()
        missing = [file for file in BUNDLED if file not in inside]
        licences = [
            file for file in inside if file.endswith(("licenses/LICENSE", "licenses/NOTICE"))
        ]
        assert not missing, f"the wheel lacks {missing}"
        assert len(licences) == 2, f"the wheel lacks its licence or notice: {licences}"

        run(sys.executable, "-m", "venv", place / "venv", cwd=place)
        python = place / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", wheel, cwd=place)
        run(place / "venv" / "bin" / "focale", "demo", "-o", "out", cwd=place)
        assert (place / "out" / "interpretation.md").stat().st_size > 1000
        label = run(place / "venv" / "bin" / "focale", "atlases", "--at", 38, 4, 2, cwd=place)
        assert label.startswith("R insula ["), f"the bundled atlas says {label}"
        where = run(python, "-c", "import focale; print(focale.__file__)", cwd=place)
        assert str(place) in where, f"the check imported {where}, not the wheel"
        print(f"{wheel.name}: {wheel.stat().st_size / 1e3:.0f} kB, installs and runs, data inside")


if __name__ == "__main__":
    main()
