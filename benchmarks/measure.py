"""Measure what curating a file costs: wall time, CPU, peak memory, and where the time goes.

    python benchmarks/measure.py raw.jsonl --workers 2
    python benchmarks/measure.py raw.jsonl --stages          # CPU by stage, from a profiled run in one process

Prints one JSON object. The store is thrown away. Memory is the most that the process itself and the largest of its
workers held; CPU is that of all of them together.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STAGES = {
    "load the rules": ("curation/pack.py", "load_packs"),
    "read and survey": ("curation/survey.py", "read"),
    "publish the data as it came": ("curation/survey.py", "publish"),
    "pre-filter": ("curation/prefilter.py", "untouched"),
    "see outputs": ("curation/seen.py", "_see"),
    "fold": ("curation/text.py", "fold"),
    "analyse sentences": ("curation/engine.py", "sentence"),
    "rewriters": ("curation/matching.py", "answer"),
    "patches": ("curation/edits.py", "patches_between"),
    "contract": ("curation/contract.py", "broken_by"),
    "rows of the tables": ("curation/batch.py", "judge"),
    "append": ("curation/draft.py", "add"),
    "commit": ("curation/draft.py", "commit"),
}
"""The functions whose time, with all they call, is a stage; a stage may lie within another."""


def measure(path: Path, workers: int, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    """Return wall and CPU seconds, peak memory in MiB, and what came of the rows."""
    started = time.perf_counter()
    from curation.curate import curate
    from curation.store import Store
    from curation.workers import Rules

    with tempfile.TemporaryDirectory() as folder:
        rules = Rules((str(ROOT / "rules/smart_home"),), {}, catalogue)
        version = curate(Store(folder), path, rules, workers=workers)
    wall = time.perf_counter() - started
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    counts = {name: version.counts[name] for name in ("rows_in", "unchanged", "rewritten", "review", "quarantined")}
    return {
        "workers": workers,
        "wall_s": round(wall, 2),
        "cpu_s": round(sum(one.ru_utime + one.ru_stime for one in (own, others)), 2),
        "peak_mib": round(own.ru_maxrss / 1024),
        "worker_peak_mib": round(others.ru_maxrss / 1024) if workers > 1 else None,
        **counts,
        "version": version.id,
    }


def stages(path: Path, catalogue: Mapping[str, Any]) -> dict[str, float]:
    """Return seconds by stage; the profiler makes all of it two to three times slower, Python code most."""
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    measure(path, 1, catalogue)
    profiler.disable()
    table = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    spent = {"all": round(max(row[3] for row in table.values()), 2)}
    for stage, (file, function) in STAGES.items():
        found = [row[3] for (name, _, called), row in table.items() if name.endswith(file) and called == function]
        spent[stage] = round(sum(found), 2)
    return spent


def main() -> None:
    """Measure the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--devices", type=Path, help="a device catalogue, as YAML")
    parser.add_argument("--stages", action="store_true")
    given = parser.parse_args()
    catalogue: Mapping[str, Any] = {}
    if given.devices:
        import yaml

        catalogue = yaml.safe_load(given.devices.read_text(encoding="utf-8"))
    found = stages(given.path, catalogue) if given.stages else measure(given.path, given.workers, catalogue)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
