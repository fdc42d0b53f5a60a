"""The same rules under several engines: each contender reads a file, rewrites every record, and writes a file.

Every one of them calls `rewrite`, which is the engine's own judgement of one record, so that only what is around it
differs. They are given the device ids of the data set for nothing; only `rewright` has to find them itself, and only it
keeps an audit: edits with their inverses, duplicates, a queue, a version that verifies.

A contender runs in a process of its own, started by `compare.py`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]
HOME = str(ROOT / "rules" / "smart_home")
BATCH = 1_000


@cache
def _engine() -> Any:
    from curation.workers import Rules

    seen = json.loads(Path(os.environ["REWRIGHT_SEEN"]).read_text("utf-8"))
    return Rules((HOME,), {}, {"seen": seen}).engine()


def rewrite(record: Mapping[str, Any]) -> str:
    """Return the output that the rules make of a record."""
    judged = _engine().judge(record["instruction"], record["input"], record["output"])
    return str(judged.changes[-1].output if judged.changes else record["output"])


def _sample(record: dict[str, Any]) -> dict[str, Any]:
    return {"output": rewrite(record)}


def _batch(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    records = (dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True))
    return {"output": [rewrite(record) for record in records]}


def _write(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    import orjson

    with path.open("wb") as file:
        file.writelines(orjson.dumps(record) + b"\n" for record in records)


def floor(raw: Path, made: Path, workers: int) -> None:  # noqa: ARG001
    """Parse and write every record and every output with orjson; no rule at all."""
    import orjson

    with raw.open("rb") as file, made.open("wb") as out:
        for line in file:
            record = orjson.loads(line)
            with suppress(orjson.JSONDecodeError):
                record["output"] = orjson.dumps(orjson.loads(record["output"])).decode()
            out.write(orjson.dumps(record) + b"\n")


def loop(raw: Path, made: Path, workers: int) -> None:  # noqa: ARG001
    """Rewrite in a plain loop over the lines."""
    import orjson

    with raw.open("rb") as file:
        records = map(orjson.loads, file)
        _write(made, ({**record, "output": rewrite(record)} for record in records))


def pandas(raw: Path, made: Path, workers: int) -> None:  # noqa: ARG001
    """Rewrite with `pandas.apply`."""
    import pandas as pd

    rows = pd.read_json(raw, lines=True, dtype=False, convert_dates=False)
    rows["output"] = rows.apply(rewrite, axis=1)
    rows.to_json(made, orient="records", lines=True, force_ascii=False)


def _loaded(raw: Path, made: Path) -> Any:
    from datasets import load_dataset

    return load_dataset("json", data_files=str(raw), split="train", cache_dir=str(made.parent / "cache"))


def map_samples(raw: Path, made: Path, workers: int) -> None:
    """Rewrite with `datasets.map`, a sample at a time."""
    _engine()  # loaded once, before the processes fork
    rows = _loaded(raw, made).map(_sample, num_proc=workers if workers > 1 else None, new_fingerprint="rewritten")
    rows.to_json(made, force_ascii=False)


def map_batches(raw: Path, made: Path, workers: int) -> None:
    """Rewrite with `datasets.map` in batches, written by orjson."""
    _engine()
    rows = _loaded(raw, made).map(
        _batch, batched=True, batch_size=BATCH, num_proc=workers if workers > 1 else None, new_fingerprint="rewritten"
    )
    _write(made, (record for batch in rows.iter(10_000) for record in _records(batch)))


def data_juicer(raw: Path, made: Path, workers: int) -> None:
    """Rewrite with a batched mapper of Data-Juicer, written by orjson."""
    from data_juicer.core.data import NestedDataset
    from data_juicer.ops.base_op import OPERATORS, Mapper

    @OPERATORS.register_module("rewright_mapper")
    class RewrightMapper(Mapper):  # type: ignore[misc]
        _batched_op = True

        def process_batched(self, samples: dict[str, list[Any]]) -> dict[str, list[Any]]:
            return {**samples, **_batch({name: list(samples[name]) for name in ("instruction", "input", "output")})}

    _engine()
    mapper = RewrightMapper(num_proc=workers, batch_size=BATCH, text_key="instruction")
    rows = NestedDataset(_loaded(raw, made)).process([mapper], open_monitor=False)
    names = ("instruction", "input", "output")
    _write(made, ({name: record[name] for name in names} for b in rows.iter(10_000) for record in _records(b)))


def _records(batch: Mapping[str, list[Any]]) -> Iterable[dict[str, Any]]:
    return (dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True))


def rewright(raw: Path, made: Path, workers: int, engine: Literal["own", "ray"] = "own") -> None:
    """Publish the data set and the version that the rules make of it; a store that is there already is reused."""
    from curation.curate import curate
    from curation.store import Store
    from curation.workers import Rules

    curate(Store(made), raw, Rules((HOME,)), workers=workers, engine=engine)


def command(raw: Path, made: Path, workers: int) -> None:
    """Do with the command line what `rewright` does, from call to report."""
    from rewright import main

    main(["init", str(made)])
    if main(["curate", str(raw), "--workspace", str(made), "--workers", str(workers)]):
        raise SystemExit(1)


CONTENDERS: Mapping[str, Callable[[Path, Path, int], None]] = {
    "floor": floor,
    "rewright": rewright,
    "command": command,
    "ray": partial(rewright, engine="ray"),
    "loop": loop,
    "pandas": pandas,
    "map_samples": map_samples,
    "map_batches": map_batches,
    "data_juicer": data_juicer,
}

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    name, raw, made, workers = sys.argv[1:]
    CONTENDERS[name](Path(raw), Path(made), int(workers))
    # What the kernel tells the parent would include the parent's own size before the program was started.
    with Path("/proc/self/status").open() as status:
        own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    sys.stdout.write(f"\npeak {max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)}\n")
