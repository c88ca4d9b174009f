"""Modelled activation of one experiment: the largest of its footprints, or their sum.

Turkeltaub et al. 2012 (doi:10.1002/hbm.21186): within an experiment a voxel takes
the largest value any focus gives it; in kernel density analysis (Wager et al. 2003,
doi:10.1016/S1053-8119(03)00078-8) the sum of them. Values are integers of a lattice, so
the order of foci and of experiments cannot change a bit.
"""

from __future__ import annotations

from focale._jit import kernel
from focale.typing import IntArray

# f foci of one experiment, t footprints, (a, b, c) voxels of a footprint,
# (x, y, z) voxels of the volume, v mask voxels


@kernel
def stamp(
    footprints: IntArray,
    which: IntArray,
    centres: IntArray,
    volume: IntArray,
    row_start: IntArray,
    row_stop: IntArray,
    adds: int = 0,
) -> None:
    """Raise `volume` to the footprint around each focus, or by it.

    footprints : shape (t, a, b, c); odd edges, the focus in the middle voxel
    which : shape (f,); the footprint of each focus
    centres : shape (f, 3); voxel of each focus, perhaps outside the volume
    volume : shape (x, y, z); changed
    row_start, row_stop : shape (x, y); touched span of z of each row, changed
    adds : 1 where footprints add up, 0 where the largest value counts
    """
    size_x, size_y, size_z = volume.shape
    half_x = footprints.shape[1] // 2
    half_y = footprints.shape[2] // 2
    half_z = footprints.shape[3] // 2
    for f in range(which.size):
        footprint = footprints[which[f]]
        corner_x = centres[f, 0] - half_x
        corner_y = centres[f, 1] - half_y
        corner_z = centres[f, 2] - half_z
        z_start = max(corner_z, 0)
        z_stop = min(corner_z + footprint.shape[2], size_z)
        if z_start >= z_stop:
            continue
        for x in range(max(corner_x, 0), min(corner_x + footprint.shape[0], size_x)):
            for y in range(max(corner_y, 0), min(corner_y + footprint.shape[1], size_y)):
                row = volume[x, y, z_start:z_stop]
                values = footprint[x - corner_x, y - corner_y, z_start - corner_z :]
                if adds:
                    for k in range(row.size):
                        row[k] += values[k]
                else:
                    for k in range(row.size):
                        row[k] = max(row[k], values[k])
                row_start[x, y] = min(row_start[x, y], z_start)
                row_stop[x, y] = max(row_stop[x, y], z_stop)


@kernel
def collect(
    volume: IntArray,
    row_start: IntArray,
    row_stop: IntArray,
    mask_index: IntArray,
    voxels: IntArray,
    values: IntArray,
    log_sum: IntArray,
) -> int:
    """Move the non-zero mask voxels of `volume` to a list and clear the volume.

    volume, row_start, row_stop : as left by `stamp`; cleared
    mask_index : shape (x, y, z); position of each voxel in mask order, -1 outside
    voxels, values : shape (v,); filled from the front, in mask order
    log_sum : shape (v,); the values are added to it

    Returns the number of entries filled.
    """
    n_filled = 0
    size_x, size_y, size_z = volume.shape
    for x in range(size_x):
        for y in range(size_y):
            if row_start[x, y] >= row_stop[x, y]:
                continue
            row = volume[x, y, row_start[x, y] : row_stop[x, y]]
            positions = mask_index[x, y, row_start[x, y] : row_stop[x, y]]
            for k in range(row.size):
                if row[k] > 0 and positions[k] >= 0:
                    voxels[n_filled] = positions[k]
                    values[n_filled] = row[k]
                    log_sum[positions[k]] += row[k]
                    n_filled += 1
                row[k] = 0
            row_start[x, y] = size_z
            row_stop[x, y] = 0
    return n_filled
