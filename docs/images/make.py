"""Make the picture of the README from the figures of `make demo`.

Run from the root: `.venv/bin/python docs/images/make.py demo`.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import image

mpl.use("Agg")
FIGURES = ("foci", "aleGlass", "aleSlices", "contributionMap")
GAP = 20


def main(folder):
    """Put four figures of a folder on one page."""
    pictures = [image.imread(next(folder.glob(f"figures/*_{name}.png"))) for name in FIGURES]
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    page = np.ones((2 * height + GAP, 2 * width + GAP, 3))
    for number, picture in enumerate(pictures):
        top, left = divmod(number, 2)
        rows, columns = picture.shape[:2]
        y, x = top * (height + GAP), left * (width + GAP)
        page[y : y + rows, x : x + columns] = picture[..., :3]
    image.imsave(Path(__file__).with_name("demo.png"), page)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
