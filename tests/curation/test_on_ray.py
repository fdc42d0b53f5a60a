"""Scale-out: whatever pieces the rows come in, in whatever order, on whatever machine, the version is the same."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import polars as pl
import psutil
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import curation.curate
from benchmarks.generate import Generator
from curation.batch import Batch
from curation.command import write
from curation.curate import curate
from curation.draft import StoreError
from curation.engine import Engine
from curation.manifest import Version
from curation.on_ray import Cluster, Work, pieces_of
from curation.reading import ReadError
from curation.reuse import engine_digest
from curation.shards import COLUMNS, RESULT, batches_in, judge_table
from curation.store import Store
from curation.version import verify
from curation.workers import Rules, WorkerLost
from tests.curation.test_curate import ORDER, RAW, RULES, record, written
from tests.curation.test_reuse import same

ROOT = Path(__file__).parents[2]
HOME = Rules((str(ROOT / "rules" / "smart_home"),))
MORE = [
    *RAW,
    *(record(f"来{n}杯拿铁") for n in range(2, 40)),
    record("来3杯拿铁！"),
    record("来八杯摩卡", {"kind": "order", "drink": "mocha"}, n=1.50),
    {"instruct": "来九杯摩卡", "input": "", "output": ORDER},
]


def engine(rules: Rules = RULES) -> Engine:
    return rules.engine()


class InPieces(Cluster):
    """Stands for a cluster: it takes the rows in pieces, in a random order, each twice."""

    def __init__(self, cuts: Sequence[int], order: random.Random) -> None:
        super().__init__()
        self._cuts, self._order = cuts, order
        self.sent: list[int] = []

    def start(self) -> None:
        """Start nothing."""

    def judge(self, store: Store, raw: Version, work: Work) -> Iterator[Batch]:
        self.sent.append(int(work.wanted.sum()))
        by = Engine(pack := work.rules.load(), pack.open_context(json.loads(work.catalogue)))
        records = store.snapshot(raw).rows(("digest", "payload")).select(COLUMNS)
        edges = [0, *sorted(cut % (records.height + 1) for cut in self._cuts), records.height]
        pieces = [records[start:end].to_arrow() for start, end in pairwise(edges)]
        self._order.shuffle(pieces)
        for piece in pieces:
            first, again = (judge_table(by, piece, work.wanted, work.doubtful) for _ in range(2))
            assert first.equals(again)
            yield from batches_in(first)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Version, Path]:
    folder = tmp_path_factory.mktemp("whole")
    data = written(folder, MORE)
    store = Store(folder / "store")
    return store, curate(store, data, RULES), data


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 1000), max_size=8), order=st.randoms(use_true_random=False))
def test_any_partition_in_any_order_gives_the_version_of_one_process(
    whole: tuple[Store, Version, Path],
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    order: random.Random,
) -> None:
    store, version, data = whole
    elsewhere = Store(tmp_path_factory.mktemp("elsewhere") / "store")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(curation.curate, "Cluster", lambda _: InPieces(cuts, order))

        made = curate(elsewhere, data, RULES, engine="ray")

    same((elsewhere, made), (store, version))


def test_rows_of_an_earlier_version_are_reused_before_any_are_sent_away(
    whole: tuple[Store, Version, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = InPieces([3], random.Random(1))
    monkeypatch.setattr(curation.curate, "Cluster", lambda _: cluster)
    store = Store(tmp_path / "store")
    curate(store, written(tmp_path, MORE), RULES)
    data = written(tmp_path, [*MORE, record("来八杯拿铁"), record("来九杯拿铁")], "more.jsonl")

    version = curate(store, data, RULES, engine="ray")

    assert cluster.sent == [2]
    fresh = Store(tmp_path / "fresh")
    same((store, version), (fresh, curate(fresh, data, RULES)))


@given(st.lists(st.integers(0, 100_000), max_size=5), st.integers(1, 64))
def test_pieces_cover_every_row_of_every_file_once(rows: list[int], workers: int) -> None:
    files = [(f"{number}.parquet", count) for number, count in enumerate(rows)]

    pieces = list(pieces_of(files, workers))

    for file, count in files:
        edges = [(one["start"], one["start"] + one["rows"]) for one in pieces if one["file"] == file]
        assert [start for start, _ in edges] == [0, *(end for _, end in edges)][: len(edges)]
        assert (edges[-1][1] if edges else 0) == count
        assert all(start < end for start, end in edges)


def test_the_files_of_a_store_are_named_as_they_are(tmp_path: Path) -> None:
    (folder := tmp_path / "家 里").mkdir()
    store = Store(folder / "store")
    version = curate(store, written(folder, MORE), RULES)
    raw = store.version(version.parent or "")

    files = store.tables.files("records", raw.draft)

    assert sum(rows for _, rows in files) == len(MORE)
    assert sum(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item() for file, _ in files) == len(MORE)


def test_the_last_pieces_are_small() -> None:
    sizes = [piece["rows"] for piece in pieces_of([("a.parquet", 50_000), ("b.parquet", 50_000)], workers=2)]

    assert sizes[0] == max(sizes)
    assert sizes[-1] <= 500


def test_a_piece_of_which_no_row_is_wanted_says_nothing() -> None:
    rows = pa.table({"seq": [0], "key": ["k"], "digest": ["d"], "payload": [write(RAW[0])]})
    none = pl.Series([False])

    assert judge_table(engine(), rows, none, none).equals(RESULT.empty_table())


def test_without_ray_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(StoreError, match=r"install rewright\[ray\]"):
        curate(Store(tmp_path / "store"), written(tmp_path), RULES, engine="ray")


def test_a_cluster_that_does_not_answer_is_told_before_the_data_set_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setattr("curation.on_ray.find_spec", lambda _: object())

        with pytest.raises(StoreError, match=r"RAY_ADDRESS: no answer from 127\.0\.0\.1:\d+ .*unset RAY_ADDRESS"):
            curate(Store(tmp_path / "store"), written(tmp_path), RULES, engine="ray")


def test_a_data_set_that_is_not_there_is_told_before_ray_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cluster, "start", lambda _: pytest.fail("Ray was started"))

    with pytest.raises(ReadError, match="no such file"):
        curate(Store(tmp_path / "store"), tmp_path / "nothing.jsonl", RULES, engine="ray")


needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")


def shards(folder: Path, rows: int, kind: str) -> Path:
    """Write records as four shards of a folder."""
    data = folder / "shards"
    data.mkdir()
    records = [one for one in Generator(9).records(rows) if isinstance(one["output"], str)]
    for number in range(4):
        part = records[number::4]
        if kind == "parquet":
            pl.DataFrame(part).write_parquet(data / f"part-{number}.parquet")
        else:
            (data / f"part-{number}.jsonl").write_text("".join(write(one) + "\n" for one in part), "utf-8")
    return data


def command(home: Path, data: Path) -> list[str]:
    """Return the command that docs/scale.md shows, for this data and workspace."""
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    shown = next(line.split() for line in page.splitlines() if line.startswith("    rewright curate"))
    words = [str(data) if word == "shards" else word for word in shown[1:]]
    assert words[-4:] == ["--engine", "ray", "--workers", "2"]
    return [sys.executable, str(ROOT / "rewright.py"), *words, "--workspace", str(home), "--json"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    subprocess.run([sys.executable, str(ROOT / "rewright.py"), "init", str(tmp_path / "home")], check=True)
    return tmp_path / "home"


@pytest.mark.slow
@needs_ray
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_two_workers_of_ray_make_the_version_of_one_process(kind: str, home: Path, tmp_path: Path) -> None:
    data = shards(tmp_path, 2_000, kind)

    run = subprocess.run(command(home, data), check=True, capture_output=True, text=True)

    assert run.stderr == ""
    store, alone = Store(home / "store"), Store(tmp_path / "alone")
    same((store, store.versions()[-1]), (alone, curate(alone, data, HOME)))
    assert verify(store, 1) == []


@pytest.mark.slow
@needs_ray
def test_what_ends_a_run_while_ray_starts_is_all_that_is_told(home: Path, tmp_path: Path) -> None:
    run = subprocess.run(command(home, tmp_path / "nothing"), capture_output=True, text=True, check=False)

    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "no such file or folder" in run.stderr


@pytest.fixture
def running(home: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a run on two workers of Ray, in the middle of its work."""
    words = command(home, shards(tmp_path, 40_000, "parquet"))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        deadline = time.monotonic() + 120
        while not busy(run) and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        yield run
        run.kill()


@pytest.mark.slow
@needs_ray
def test_a_killed_worker_changes_nothing_but_the_time(
    running: subprocess.Popen[str], home: Path, tmp_path: Path
) -> None:
    time.sleep(2)  # until a part of what a task makes has gone out
    busy(running)[0].kill()
    told, _ = running.communicate(timeout=300)

    assert running.returncode == 0
    store, alone = Store(home / "store"), Store(tmp_path / "alone")
    version = store.versions()[-1]
    assert json.loads(told)["id"] == version.id
    same((store, version), (alone, curate(alone, tmp_path / "shards", HOME)))


@pytest.mark.slow
@needs_ray
def test_a_run_whose_workers_die_again_and_again_ends_and_says_so(running: subprocess.Popen[str], home: Path) -> None:
    while running.poll() is None:
        for worker in busy(running):
            worker.kill()
        time.sleep(0.1)

    assert running.returncode == 2
    assert running.stderr is not None
    assert "Ray could not do the work: " in running.stderr.read()
    assert [version.kind for version in Store(home / "store").versions()] == ["raw"]


@pytest.mark.slow
@needs_ray
def test_no_other_machine_can_reach_ray_on_this_one(running: subprocess.Popen[str]) -> None:
    heard = [
        socket.laddr.ip
        for process in below(running)
        for socket in process.net_connections("tcp")
        if socket.status == psutil.CONN_LISTEN
    ]

    assert heard
    assert {ip.removeprefix("::ffff:") for ip in heard} == {"127.0.0.1"}


@pytest.mark.slow
@needs_ray
def test_ray_ends_with_a_caller_that_is_killed(running: subprocess.Popen[str]) -> None:
    processes = below(running)
    assert busy(running)

    running.kill()

    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []


@pytest.mark.slow
@needs_ray
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")
def test_a_worker_with_other_rules_refuses_and_its_reason_is_told(
    whole: tuple[Store, Version, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    store, version, _ = whole
    raw = store.version(version.parent or "")
    every = pl.Series([True] * len(MORE))
    work = Work(RULES, "{}", engine_digest(), "another digest", every, every)

    with Cluster(1) as cluster, pytest.raises(WorkerLost, match="do the work: this machine has other rules"):
        list(cluster.judge(store, raw, work))

    assert capfd.readouterr().err == ""


def below(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that a run has started, and those that these have."""
    return psutil.Process(run.pid).children(recursive=True)


def busy(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of a run in which Ray is judging rows."""
    found = []
    for process in below(run):
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            if "ray::" in (line := " ".join(process.cmdline())) and "_work" in line:
                found.append(process)
    return found
