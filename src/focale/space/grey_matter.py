"""Where grey matter is, for random foci that fall on it alone.

Peaks are reported from grey matter, and some tools draw the random foci of a null from
voxels with more than 10 % of it instead of the whole brain. Here grey matter is the map of
the ICBM 152 2009a template that ships with nilearn (see `nilearn.datasets`), scaled so that
its largest value is 1.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from focale._check import check_between
from focale.errors import ArgumentError
from focale.space.grid import Grid
from focale.space.mask import Mask


def grey_matter(mask: Mask, above: float = 0.1) -> Mask:
    """Voxels of a mask with more than so much grey matter.

    The template has voxels of 1 mm and is resampled onto the grid of the mask by cubic
    splines. Centres of the standard 2 mm grid are centres of voxels of the template, so
    that there nothing is interpolated.

    Parameters
    ----------
    mask
        In an MNI space.
    above
        Share of grey matter a voxel must exceed.

    Raises
    ------
    ArgumentError
        If the mask is in another space or in one that is not known, or if no voxel is left.

    Examples
    --------
    >>> from focale.space.targets import standard_mask
    >>> grey = grey_matter(standard_mask())
    >>> grey.n_voxels
    186779
    >>> grey.name
    'grey matter above 10 % within the MNI152NLin6Asym brain mask at 2 mm'
    """
    check_between("above", "grey_matter", above, 0, 1)
    if not mask.space.lower().startswith("mni"):
        raise ArgumentError(
            f"{mask.name} is in the space {mask.space!r}, and the map of grey matter is in MNI "
            "space; if the mask is too, say so with Mask.from_image(image, "
            "space='MNI152NLin6Asym'), or name an image of grey matter on its grid as sampling"
        )
    return _grey_matter(mask, float(above))


@lru_cache(maxsize=4)  # one mask serves many results
def _grey_matter(mask: Mask, above: float) -> Mask:
    from nilearn.datasets import load_mni152_gm_template
    from scipy.ndimage import map_coordinates

    template = load_mni152_gm_template()
    in_template = Grid(shape=template.shape, affine=template.affine).to_voxels(
        mask.mm(np.arange(mask.n_voxels))
    )
    share = map_coordinates(np.asarray(template.dataobj, dtype=float), in_template.T)
    # Splines give back the value of a voxel but for its last digits, which decide nothing here.
    inside = mask.to_volume(np.round(share, 6) > above)
    name = f"grey matter above {100 * above:g} % within {mask.name}"
    if not inside.any():
        raise ArgumentError(f"there is no {name}; check that it lies where a brain would be")
    return Mask(grid=mask.grid, inside=inside, name=name, space=mask.space)
