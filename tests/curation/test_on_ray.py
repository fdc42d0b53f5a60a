"""Scale-out: whatever pieces the rows come in, in whatever order, on whatever machine, the version is the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
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
from curation.on_ray import Work, pieces_of
from curation.shards import COLUMNS, RESULT, batches_in, judge_table
from curation.store import Store
from curation.version import verify
from curation.workers import Rules
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


def in_pieces(cuts: Sequence[int], order: random.Random) -> Any:
    """Return what stands for a cluster: it takes the rows in pieces, in a random order, each twice."""

    def judged(store: Store, raw: Version, work: Work, workers: int | None = None) -> Iterator[Batch]:
        by = Engine(pack := work.rules.load(), pack.open_context(json.loads(work.catalogue)))
        records = store.snapshot(raw).rows(("digest", "payload")).select(COLUMNS)
        edges = [0, *sorted(cut % (records.height + 1) for cut in cuts), records.height]
        pieces = [records[start:end].to_arrow() for start, end in pairwise(edges)]
        order.shuffle(pieces)
        for piece in pieces:
            first, again = (judge_table(by, piece, work.wanted, work.doubtful) for _ in range(2))
            assert first.equals(again)
            yield from batches_in(first)

    return judged


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
        patched.setattr(curation.curate, "judge_on_ray", in_pieces(cuts, order))

        made = curate(elsewhere, data, RULES, engine="ray")

    same((elsewhere, made), (store, version))


def test_rows_of_an_earlier_version_are_reused_before_any_are_sent_away(
    whole: tuple[Store, Version, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def judged(store: Store, raw: Version, work: Work, workers: int | None = None) -> Iterator[Batch]:
        sent.append(int(work.wanted.sum()))
        yield from in_pieces([3], random.Random(1))(store, raw, work)

    monkeypatch.setattr(curation.curate, "judge_on_ray", judged)
    store = Store(tmp_path / "store")
    curate(store, written(tmp_path, MORE), RULES)
    data = written(tmp_path, [*MORE, record("来八杯拿铁"), record("来九杯拿铁")], "more.jsonl")

    version = curate(store, data, RULES, engine="ray")

    assert sent == [2]
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
def test_a_killed_worker_changes_nothing_but_the_time(home: Path, tmp_path: Path) -> None:
    data = shards(tmp_path, 12_000, "parquet")
    run = subprocess.Popen(command(home, data), stdout=subprocess.PIPE)
    killed = 0
    deadline = time.monotonic() + 120
    while not killed and run.poll() is None and time.monotonic() < deadline:
        for worker in busy(run.pid):
            time.sleep(1)  # in the middle of its work
            os.kill(worker, signal.SIGKILL)
            killed += 1
            break
        time.sleep(0.05)
    run.communicate(timeout=300)

    assert killed
    assert run.returncode == 0
    store, alone = Store(home / "store"), Store(tmp_path / "alone")
    same((store, store.versions()[-1]), (alone, curate(alone, data, HOME)))


def busy(ancestor: int) -> list[int]:
    """Return the processes below one in which Ray is judging rows."""
    names: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            names[int(folder.name)] = (int(status[1]), (folder / "cmdline").read_text())
        except OSError:
            continue  # it has ended meanwhile

    def below(process: int) -> bool:
        while process in names:
            if process == ancestor:
                return True
            process = names[process][0]
        return False

    return [one for one, (_, line) in names.items() if "ray::" in line and "_work" in line and below(one)]
