"""The same bits wherever iterations are computed: in processes, on a Dask cluster in trouble."""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from focale import ALE, fwe, fwe_shard, merge_nulls
from focale.correction.null import NullSettings, null_of
from focale.errors import FocaleError

N = 1250


@pytest.fixture(scope="module")
def result(pain8):
    return ALE().fit(pain8)


@pytest.fixture(scope="module")
def expected(result):
    return fwe(result, n_iterations=N, seed=5, threads=1)


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2) as pool:
        yield pool


def assert_same(ours, theirs):
    for name in ("largest", "size", "mass"):
        np.testing.assert_array_equal(getattr(ours.maxima, name), getattr(theirs.maxima, name))
    np.testing.assert_array_equal(ours.p_voxel.values, theirs.p_voxel.values)
    np.testing.assert_array_equal(ours.p_of_clusters, theirs.p_of_clusters)


def test_fwe__processes_change_no_bit(result, expected, processes):
    assert_same(fwe(result, n_iterations=N, seed=5, executor=processes), expected)


def test_fwe_shard__of_processes_is_a_part_of_the_same(result, expected, processes, tmp_path):
    for shard in (1, 2):
        path = tmp_path / f"{shard}"
        fwe_shard(result, path, shard, 2, n_iterations=N, seed=5, executor=processes)
    merge_nulls([tmp_path / "1", tmp_path / "2"], tmp_path / "null")
    assert_same(fwe(result, n_iterations=N, seed=5, checkpoint=tmp_path / "null"), expected)


def test_null_design__travels_light_and_is_the_same(result):
    design = null_of(result, NullSettings()).design
    sent = pickle.dumps(design)
    assert len(sent) < 50_000  # the design itself has eleven million bytes
    copied = pickle.loads(sent)
    assert copied.sha256 == design.sha256
    assert pickle.loads(sent) is copied  # made once, not once a block


def test_fwe__a_process_that_dies_is_told_and_what_was_done_is_kept(result, expected, tmp_path):
    path = tmp_path / "null.npz"
    with ProcessPoolExecutor(1) as pool:

        def killing(blocks):
            for number, block in enumerate(blocks):
                yield block
                if number == 0:
                    for pid in pool._processes:
                        os.kill(pid, signal.SIGKILL)

        with pytest.raises(
            FocaleError, match=r"a worker of the executor died.*checkpoint goes on"
        ):
            fwe(
                result,
                n_iterations=100 * N,
                seed=5,
                executor=pool,
                progress=killing,
                checkpoint=path,
            )
    assert_same(fwe(result, n_iterations=N, seed=5, checkpoint=path), expected)


@pytest.mark.processes
@pytest.mark.filterwarnings("ignore")  # of Dask's own making
def test_fwe__a_dask_cluster_that_loses_a_worker_changes_no_bit(result):
    distributed = pytest.importorskip("distributed", reason="Dask is an extra: focale[dask]")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    )
    killed = []
    with cluster, distributed.Client(cluster) as client:

        def killing(blocks):
            for number, block in enumerate(blocks):
                yield block
                if number == 1:
                    killed.append(min(client.run(os.getpid).values()))
                    os.kill(killed[0], signal.SIGKILL)

        executor = client.get_executor()
        found = fwe(result, n_iterations=4 * N, seed=5, executor=executor, progress=killing)
    assert len(killed) == 1
    assert_same(found, fwe(result, n_iterations=4 * N, seed=5))
