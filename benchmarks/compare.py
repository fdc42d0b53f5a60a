"""Compare Rewright with other engines that run the same rules, in one interleaved run, and write what came of it.

    python benchmarks/compare.py 18518x3 200000x1 --out benchmarks/RESULTS.md
    python benchmarks/compare.py 18518x3 --data-juicer /tmp/data-juicer      # an environment that is made where missing
    python benchmarks/compare.py 1000000x1:floor,rewright,loop,map_batches/2 # some of the contenders
    python benchmarks/compare.py 10000000x1:floor,rewright/2                 # unchecked: the loop would take an hour
    python benchmarks/compare.py --runs runs.jsonl --out RESULTS.md          # the page alone, of runs that were kept

`18518x3` is a number of records and of repetitions. In a repetition every contender runs once, each in a process of its
own, so that whatever else the machine does falls on all of them; ratios are taken within a repetition. Wall time, CPU
and memory are those of the whole process with its start, and of the processes that it starts. That all contenders made
the same outputs is checked before anything is written.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CONTENDERS = Path(__file__).with_name("contenders.py")


class Contender(NamedTuple):
    """One line of the table."""

    title: str
    name: str
    """As `contenders.py` calls it."""
    workers: int = 1


FLOOR = Contender("floor: orjson parses and writes every record and output, no rules", "floor")
OURS = Contender("rewright, 1 process", "rewright")
LINE = (
    FLOOR,
    OURS,
    Contender("rewright, 2 processes", "rewright", 2),
    Contender("rewright again, 1 % of the rows changed", "again"),
    Contender("rewright curate, the command with its report, 2 processes", "command", 2),
    Contender("rewright on Ray, 1 worker (CPU and memory of the caller)", "ray", 1),
    Contender("rewright on Ray, 2 workers (CPU and memory of the caller)", "ray", 2),
    Contender("plain loop with orjson", "loop"),
    Contender("datasets.map, batched, orjson, 1 process", "map_batches"),
    Contender("datasets.map, batched, orjson, 2 processes", "map_batches", 2),
    Contender("datasets.map, a sample at a time, 1 process", "map_samples"),
    Contender("datasets.map, a sample at a time, 2 processes", "map_samples", 2),
    Contender("Data-Juicer, batched mapper, 1 process", "data_juicer"),
    Contender("Data-Juicer, batched mapper, 2 processes", "data_juicer", 2),
    Contender("pandas.apply", "pandas"),
)


class Run(NamedTuple):
    """What one run of a contender cost."""

    title: str
    rows: int
    repetition: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of all processes."""
    peak: float
    """MiB that the largest of its processes held."""


def generated(rows: int, folder: Path) -> Path:
    """Write so many records whose instruction and output are text: the others would stop some of the contenders."""
    from benchmarks.generate import Generator

    path = folder / f"raw-{rows}.jsonl"
    if not path.exists():
        written = 0
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for record in Generator(1).records(rows * 11 // 10):
                if isinstance(record["output"], str) and record["instruction"].strip() and written < rows:
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
                    written += 1
    return path


def changed(raw: Path) -> Path:
    """Write the records again, one in a hundred with another instruction."""
    path = raw.with_name(f"changed-{raw.name}")
    lines = raw.read_text("utf-8").splitlines()
    for at in random.Random(2).sample(range(len(lines)), len(lines) // 100):
        record = json.loads(lines[at])
        lines[at] = json.dumps({**record, "instruction": f"请{record['instruction']}"}, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def seen_in(raw: Path) -> str:
    """Return the device ids of a data set, as JSON: what the other contenders are given."""
    from curation.reading import read_raw
    from curation.survey import seen_in as seen
    from curation.workers import Rules

    pack = Rules((str(ROOT / "rules" / "smart_home"),)).load()
    return json.dumps(sorted(set().union(*(seen(batch, pack) for batch in read_raw(raw)))))


def run(contender: Contender, raw: Path, made: Path, repetition: int, rows: int, juicer: Path | None) -> Run:
    """Run a contender in a process of its own; raises `RuntimeError` where it fails."""
    python = str(juicer / "bin" / "python") if juicer and contender.name == "data_juicer" else sys.executable
    name = "rewright" if contender.name == "again" else contender.name
    # Nobody compiles our modules anew at every start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"REWRIGHT_SEEN": str(raw.with_suffix(".seen")), "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            [python, str(CONTENDERS), name, str(raw), str(made), str(contender.workers)],
            env=environment, cwd=made.parent, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        told = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{contender.title}: exit code {process.returncode}\n{_end(errors)}")
        return Run(
            contender.title, rows, repetition, wall, usage.ru_utime + usage.ru_stime, int(told.split()[-1]) / 1024
        )


def _end(file: IO[str]) -> str:
    file.seek(0)
    return file.read()[-2000:]


def outputs(made: Path) -> list[str] | dict[int, str]:
    """Return the outputs that a contender wrote, by row; of a store those of the rows that are not gone."""
    if made.is_dir():
        from curation.store import Store

        store = Store(made / "store" if (made / "store").exists() else made)
        rows = store.read(store.versions()[-1], ("payload",))
        return {seq: json.loads(payload)["output"] for seq, payload in rows.select("seq", "payload").iter_rows()}
    with made.open("rb") as file:
        return [json.loads(line)["output"] for line in file]


def compare(
    line: Sequence[Contender], rows: int, repetitions: range, folder: Path, juicer: Path | None
) -> Iterator[Run]:
    """Run each contender so often, in turn; raises `RuntimeError` where one made something else than the loop."""
    raw = generated(rows, folder)
    raw.with_suffix(".seen").write_text(seen_in(raw), "utf-8")
    again = changed(raw) if any(one.name == "again" for one in line) else raw
    earlier = folder / f"earlier-{rows}"
    if juicer is not None:  # its first run in an environment compiles and fetches things
        few = generated(100, folder)
        few.with_suffix(".seen").write_text("[]", "utf-8")
        run(next(one for one in LINE if one.name == "data_juicer"), few, folder / "made", 0, 100, juicer)
        _remove(folder / "made", folder / "cache")
    for repetition in repetitions:
        expected: list[str] = []
        for contender in line:
            made = folder / "made"
            source = raw
            if contender.name == "again":
                shutil.copytree(earlier, made)
                source = again
            yield run(contender, source, made, repetition, rows, juicer)
            if contender.name not in ("floor", "again") and any(one.name == "loop" for one in line):
                expected = _checked(contender, made, expected)
            if contender == OURS and again != raw and not earlier.exists():
                shutil.copytree(made, earlier)
            _remove(made, folder / "cache")
    _remove(earlier)


def _checked(contender: Contender, made: Path, expected: list[str]) -> list[str]:
    """Return what the loop made, after comparing what another contender made with it."""
    found = outputs(made)
    if isinstance(found, dict):
        wrong = sum(expected[seq] != output for seq, output in found.items())
    else:
        expected = expected or found
        wrong = sum(one != other for one, other in zip(expected, found, strict=True))
    if wrong:
        raise RuntimeError(f"{contender.title}: {wrong} outputs are not those of the plain loop")
    return expected


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def chosen(names: Sequence[str], juicer: Path | None) -> list[Contender]:
    """Return the contenders with these names, each alone or with its processes (`loop`, `map_batches/2`).

    The loop is first, because what the others make is compared with what it makes; `floor,rewright/2` go without it.
    """
    wanted = {*names} if {*names} == {"floor", "rewright/2"} else {*names, "loop"}
    line = [
        one
        for one in LINE
        if (not names or {one.name, f"{one.name}/{one.workers}"} & wanted)
        and (one.name != "data_juicer" or juicer is not None)
    ]
    return sorted(line, key=lambda one: one.name != "loop")


def environment(path: Path) -> Path:
    """Make an environment with Data-Juicer and this checkout where there is none."""
    python = path / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
        # aiohttp is imported by 1.6.1 and not among its requirements.
        packages = ["py-data-juicer==1.6.1", "aiohttp", str(ROOT)]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return path


def read_runs(path: Path | None) -> list[Run]:
    """Return the runs in a file, none where there is no file."""
    if path is None or not path.exists():
        return []
    return [Run(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def keep(one: Run, path: Path | None) -> None:
    """Tell of a run, and add it to a file."""
    line = f"{json.dumps(one._asdict())}\n"
    sys.stderr.write(line)
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(line)


def main() -> None:
    """Run what the command line names."""
    from benchmarks.results import report

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", metavar="ROWSxREPETITIONS")
    parser.add_argument("--data-juicer", type=Path, metavar="ENV", help="its environment; made where it is missing")
    parser.add_argument("--runs", type=Path, help="a file to which each run is added; those in it are on the page")
    parser.add_argument("--out", type=Path, help="a Markdown file")
    parser.add_argument("--folder", type=Path, help="where files are kept meanwhile")
    given = parser.parse_args()
    juicer = environment(given.data_juicer.absolute()) if given.data_juicer else None
    with tempfile.TemporaryDirectory() as folder:
        runs = read_runs(given.runs)
        for size in given.sizes:
            counts, _, names = size.partition(":")
            rows, _, repetitions = counts.partition("x")
            line = chosen(names.split(",") if names else [], juicer)
            first = max((one.repetition + 1 for one in runs if one.rows == int(rows)), default=0)
            more = range(first, first + int(repetitions or 1))
            for one in compare(line, int(rows), more, given.folder or Path(folder), juicer):
                runs.append(one)
                keep(one, given.runs)
    text = report(runs, juicer)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
