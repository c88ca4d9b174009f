"""Threshold-free cluster enhancement, exact and in whole numbers.

TFCE of a voxel is the integral of e(h)^E h^H over the heights h below its own, e(h) being
the number of voxels of its component among those at least as high as h (Smith and Nichols
2009, doi:10.1016/j.neuroimage.2008.03.061). Voxels join from the highest down. Between two
joins e(h) is constant, so a component gains weight(e) times a difference of the integral of
h^H, and there is no step size. Both are whole numbers of tables: sums are exact, whatever
the order of equal voxels, and raising a voxel lowers no value.
"""

from __future__ import annotations

from focale._jit import kernel
from focale.typing import IntArray

# x voxels of the flat volume, m mask voxels, v voxels that take part, g levels of height,
# n neighbours


@kernel
def order_by_height(
    log_sum: IntArray,
    places: IntArray,
    base: int,
    shift: int,
    integral: IntArray,
    begins: IntArray,
    voxels: IntArray,
    fall: IntArray,
) -> int:
    """List the voxels that have a height, from the highest down.

    log_sum : shape (x,); lattice values
    places : shape (m,); mask voxels in the flat volume
    base : smallest value that has a height
    shift : level j holds 2^shift values from base + j 2^shift on; the last one all above too
    integral : shape (g,); integral of h^H from 0 to the height of each level, falling nowhere
    begins : shape (g,); overwritten
    voxels : shape (m,); filled from the front with places, equal levels in their order
    fall : shape (m,); filled likewise with the integral of each

    Returns how many there are.
    """
    top = integral.size - 1
    begins[:] = 0
    for m in range(places.size):
        above = int(log_sum[places[m]]) - base
        if above >= 0:
            begins[min(above >> shift, top)] += 1
    n = 0
    for level in range(top, -1, -1):
        n += begins[level]
        begins[level] = n - begins[level]
    for m in range(places.size):
        above = int(log_sum[places[m]]) - base
        if above >= 0:
            level = min(above >> shift, top)
            voxels[begins[level]] = places[m]
            fall[begins[level]] = integral[level]
            begins[level] += 1
    return n


@kernel
def find_root(i: int, parent: IntArray, gain: IntArray) -> int:
    """Root of the component of a voxel; the way to it is halved.

    parent : shape (v,); changed
    gain : shape (v,); changed so that the sum along each way stays
    """
    while parent[i] != parent[parent[i]]:
        gain[i] += gain[parent[i]]
        parent[i] = parent[parent[i]]
        i = parent[i]
    root: int = parent[i]
    return root


@kernel
def enhance(
    voxels: IntArray,
    fall: IntArray,
    weight: IntArray,
    around: IntArray,
    rank: IntArray,
    parent: IntArray,
    size: IntArray,
    gain: IntArray,
) -> int:
    """TFCE of voxels from the highest down; returns the largest.

    What a component gains is kept at its root, the first of its voxels. A voxel has what
    its root and all voxels on the way to it have; when two components join, what the one
    had is taken off the other.

    voxels : shape (v,); places in the flat volume
    fall : shape (v,); integral of h^H from 0 to the height of each, rising nowhere;
        overwritten: at a root it goes down to where the component last gained
    weight : shape (v + 1,) or more; e^E of each number of voxels e
    around : shape (n,); steps in the flat volume to the neighbours of a voxel. The volume
        ends in blank voxels on each axis, so that none is taken for a neighbour across an
        edge.
    rank : zeros, one for each voxel of the volume, and zeros again at the end
    parent, size : shape (v,) or more; overwritten
    gain : shape (v,) or more; overwritten with TFCE
    """
    for i in range(voxels.size):
        here = fall[i]
        parent[i], size[i], gain[i] = i, 1, 0
        rank[voxels[i]] = i + 1
        root = i
        for n in range(around.size):
            other = rank[voxels[i] + around[n]] - 1
            if other < 0:
                continue
            other = find_root(other, parent, gain)
            if other == root:
                continue
            first, last = (root, other) if root < other else (other, root)
            gain[first] += weight[size[first]] * (fall[first] - here)
            gain[last] += weight[size[last]] * (fall[last] - here)
            fall[first] = here
            gain[last] -= gain[first]
            parent[last] = first
            size[first] += size[last]
            root = first
    largest: int = 0
    for i in range(voxels.size):
        rank[voxels[i]] = 0
        if parent[i] == i:
            gain[i] += weight[size[i]] * fall[i]
            fall[i] = 0
        else:
            gain[i] += gain[parent[i]]  # a parent comes first, so it is complete
        largest = max(largest, gain[i])
    return largest
