"""The page that `compare.py` writes: ratios with their spread, the targets, and what a native reader would bring."""

from __future__ import annotations

import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.compare import Run
    from curation.text import Folded

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("polars", "deltalake", "orjson", "google-re2", "pyarrow", "datasets", "pandas", "pyahocorasick")
SAMPLE = 5_000


def report(runs: Sequence[Run], juicer: Path | None) -> str:
    """Return the page."""
    from benchmarks.compare import FLOOR, OURS

    parts = [
        "# Results of the comparison",
        "Written by [compare.py](compare.py); not edited. What is compared, and how: [contenders.py](contenders.py).",
        _machine(juicer),
        "Every contender runs the rules of the home through the same function, `Engine.judge`, and makes the same "
        "outputs; that is checked. Ours is `rewright, 1 process`. Where the machine is shared, CPU says more than wall "
        "time, except of two processes. The others are given the device ids of the data set, and keep no audit.",
    ]
    if not any(run.title.startswith("Data-Juicer") for run in runs):
        parts.append("Data-Juicer was not run: `--data-juicer ENV` names an environment for it.")
    for rows in dict.fromkeys(run.rows for run in runs):
        found = [run for run in runs if run.rows == rows]
        parts += [f"## {rows:,} rows", _table(found, FLOOR.title, OURS.title)]
    parts += ["## Targets", _targets(runs)]
    parts += ["## What a native reader would bring", _native()]
    return "\n\n".join(parts) + "\n"


def _machine(juicer: Path | None) -> str:
    with Path("/proc/cpuinfo").open() as file:
        model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = [f"{name} {version(name)}" for name in PACKAGES if _there(name)]
    if juicer:
        python = str(juicer / "bin" / "python")
        ask = "import importlib.metadata as m; print(m.version('py-data-juicer'), m.version('datasets'))"
        found = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.split()
        libraries.append(f"Data-Juicer {found[0]} (with datasets {found[1]})")
    return (
        f"{platform.system()} {platform.machine()}, {model}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}; {', '.join(libraries)}."
    )


def _there(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _table(runs: Sequence[Run], floor: str, ours: str) -> str:
    """Return the costs of all contenders, and the ratios of their wall times within the repetitions."""
    repetitions = max(run.repetition for run in runs) + 1
    lines = [
        f"{repetitions} {'repetition' if repetitions == 1 else 'repetitions'}; median (least to most). {_shared(runs)}",
        "",
        "| | wall s | CPU s | peak MiB of a process | wall / floor | CPU / floor | wall / ours | CPU / ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title in dict.fromkeys(run.title for run in runs):
        own = {run.repetition: run for run in runs if run.title == title}
        costs = [_spread([getattr(run, name) for run in own.values()]) for name in ("wall", "cpu", "peak")]
        for base in (floor, ours):
            based = {run.repetition: run for run in runs if run.title == base}
            for name in ("wall", "cpu"):
                ratios = [getattr(run, name) / getattr(based[at], name) for at, run in own.items() if at in based]
                costs.append(_spread(ratios) if ratios else "")
        lines.append(f"| {' | '.join([title, *costs])} |")
    return "\n".join(lines)


def _shared(runs: Sequence[Run]) -> str:
    """Return how much of the machine the runs of one process had."""
    busy = [run.cpu / run.wall for run in runs if run.title.startswith(("rewright, 1", "plain loop", "floor"))]
    return f"A process had {statistics.median(busy):.0%} of a core ({min(busy):.0%} to {max(busy):.0%})."


def _spread(values: Sequence[float]) -> str:
    middle = _short(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({_short(min(values))} to {_short(max(values))})"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


_MOST = 1_000_000  # of more rows only memory is asked
_WANTED = (
    # what is wanted, whose cost, ours beside it, and how the ratio reads
    ("≤ 1.0 × the floor at 1,000,000 rows on two cores", "floor", "rewright, 2", "the floor's time"),
    ("≤ 2.0 × the floor at 1,000,000 rows on one", "floor", "rewright, 1", "the floor's time"),
    ("≥ 4 × as fast as datasets.map, batched, two processes", "datasets.map, batched", "rewright, ", "as fast"),
    ("≥ 15 × as fast as datasets.map, a sample at a time", "datasets.map, a sample", "rewright, ", "as fast"),
    ("≥ 10 × as fast as Data-Juicer, batched, at its best", "Data-Juicer", "rewright, ", "as fast"),
    ("≥ 3 × as fast as a plain loop with orjson", "plain loop", "rewright, ", "as fast"),
    ("≤ 0.2 × the first run where 1 % changed", "rewright again", "rewright, 1", ""),
)


def _targets(runs: Sequence[Run]) -> str:
    """Return how far the runs are from what is wanted: each at most rows, up to a million, at which both were run."""
    lines = ["| wanted | measured, by wall time and by CPU |", "|---|---|"]
    for wanted, other, ours, times in _WANTED:
        both = {run.rows for run in runs if run.title.startswith(other)}
        both &= {run.rows for run in runs if run.title.startswith(ours)}
        if not both:
            lines.append(f"| {wanted} | not run |")
            continue
        rows = max(number for number in both if number <= _MOST or number == min(both))
        ratios = []
        for name in ("wall", "cpu"):
            ratio = _best(runs, rows, other, name) / _best(runs, rows, ours, name)
            ratios.append(f"{_short(1 / ratio if other == 'floor' else ratio)} ×")
        lines.append(f"| {wanted} | {', '.join(ratios)} {times} at {rows:,} rows |".replace("  ", " "))
    lines.append(
        "| ≤ 2.0 s from call to report at 18,518 rows, and less than any framework, of which none makes a report | "
        f"{_to_report(runs)} |"
    )
    alone, pair = ({run.rows for run in runs if run.title.startswith(f"rewright on Ray, {n}")} for n in (1, 2))
    if both := alone & pair:
        one, two = (_best(runs, max(both), f"rewright on Ray, {workers}", "wall") for workers in (1, 2))
        lines.append(f"| two workers of Ray ≥ 1.6 × as fast as one | {_short(one / two)} × at {max(both):,} rows |")
    peaks = {
        rows: _best(runs, rows, "rewright, 2", "peak")
        for rows in sorted({run.rows for run in runs if run.title.startswith("rewright, 2")})
    }
    said = ", ".join(f"{peak:,.0f} MiB at {rows:,}" for rows, peak in peaks.items())
    said = f"{said}, two processes" if said else "not run"
    if {1_000_000, 10_000_000} <= peaks.keys():
        said = f"{_short(peaks[10_000_000] / peaks[1_000_000])} ×: {said}"
    lines.append(f"| memory at 10,000,000 rows ≤ 1.3 × that at 1,000,000, and under 1.5 GiB | {said} |")
    wall, cpu = _help()
    lines.append(f"| `rewright --help` ≤ 0.25 s | {wall:.2f} s, {cpu:.2f} s |")
    return "\n".join(lines)


def _to_report(runs: Sequence[Run]) -> str:
    """Return what the command takes for the smallest data set, or the call alone, beside the quickest framework."""
    sizes = {run.rows for run in runs if run.title.startswith(("rewright, ", "rewright curate"))}
    if not sizes:
        return "not run"
    small = min(sizes)
    others = {run.title for run in runs if run.rows == small and not run.title.startswith(_NO_FRAMEWORK)}
    quickest = min(((_best(runs, small, title, "wall"), title) for title in others), default=None)
    beside = "" if quickest is None else f"; the quickest framework, {quickest[1]}: {_short(quickest[0])} s"
    command = any(run.rows == small and run.title.startswith("rewright curate") for run in runs)
    ours = "rewright curate" if command else "rewright, "  # the latter makes no report
    wall, cpu = (_short(_best(runs, small, ours, name)) for name in ("wall", "cpu"))
    return f"{wall} s, {cpu} s at {small:,}{beside}"


_NO_FRAMEWORK = ("rewright", "floor", "plain loop")


def _best(runs: Sequence[Run], rows: int, start: str, name: str) -> float:
    """Return the least median, over the numbers of processes, of a cost of the contenders whose title begins so."""
    costs: dict[str, list[float]] = {}
    for run in runs:
        if run.rows == rows and run.title.startswith(start):
            costs.setdefault(run.title, []).append(getattr(run, name))
    return min(map(statistics.median, costs.values()))


def _help() -> tuple[float, float]:
    """Return the median wall time and the median CPU of the help in seconds."""
    walls, cpus = [], []
    for _ in range(5):
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, str(ROOT / "rewright.py"), "--help"], check=True, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(walls), statistics.median(cpus)


def _native() -> str:
    """Return what a row costs by what is done, beside a native pass over the same text."""
    import re2

    from benchmarks.generate import Generator
    from curation.text import fold
    from curation.workers import Rules

    made = [r for r in Generator(3).records(2 * SAMPLE) if isinstance(r["output"], str) and r["instruction"].strip()]
    # What is worked out only once falls on the first half, of judging and of reading alike.
    before, records = made[: len(made) // 2], made[len(made) // 2 :]
    rules = Rules((str(ROOT / "rules" / "smart_home"),))
    engine, other = rules.engine(), rules.engine()
    earlier, texts = ([fold(record["instruction"]) for record in half] for half in (before, records))
    words = sorted({word for lexicon in engine.pack.vocabulary.lexicons.values() for word, _ in lexicon.words
                    if re.escape(word) == word and word})  # fmt: skip
    pattern = re2.compile("|".join(words))
    scanner = re.compile("|".join(sorted(words, key=len, reverse=True)))

    def judge(rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            engine.judge(row["instruction"], row["input"], row["output"])

    def analyse(rows: Iterable[Folded]) -> None:
        for text in rows:
            other.context.analyse(text)

    judge(before)
    whole = _cost(lambda: judge(records), len(records))
    analyse(earlier)
    read = _cost(lambda: analyse(texts), len(records))
    passes: dict[str, Callable[[str], Iterable[object]]] = {"re": scanner.finditer, "re2": pattern.finditer}
    if _there("pyahocorasick"):
        passes["Aho-Corasick"] = _automaton(words)
    costs = {
        name: _cost(lambda find=find: [list(find(text.text)) for text in texts], len(texts))
        for name, find in passes.items()
    }
    native = min(costs, key=lambda name: costs[name])
    lines = [
        f"CPU of one process, {len(records):,} rows after as many others; the words are the {len(words):,} plain words "
        "of the lexicons.",
        "",
        "| | µs a row |",
        "|---|---|",
        f"| judge a record | {whole:.0f} |",
        f"| of that: read the sentence, in Python | {read:.0f} ({read / whole:.0%}) |",
        *(f"| find all words in the sentence once with {name} | {cost:.1f} |" for name, cost in costs.items()),
        "",
        f"A reader that costs nothing at all would leave {whole - read:.0f} µs a row, "
        f"{whole / (whole - read):.1f} times as fast; a native one that makes ten passes over it such as "
        f"that of {native}, {whole - read + 10 * costs[native]:.0f} µs.",
    ]
    return "\n".join(lines)


def _automaton(words: Iterable[str]) -> Callable[[str], Iterable[object]]:
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word, word)
    automaton.make_automaton()
    find: Callable[[str], Iterable[object]] = automaton.iter
    return find


def _cost(work: Callable[[], object], rows: int) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) / rows * 1e6
