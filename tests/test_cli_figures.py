"""The figures that the product is held to, measured by the scorers that lie beside a checkout, where they do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CASES = (ROOT / "../shared/cases").resolve()
COMMAND = f"{sys.executable} {ROOT / 'rewright.py'}"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the labelled cases are not here")


def score(script: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(CASES / script), "--rewright", COMMAND, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_gold_records_come_out_right_and_hardly_any_wrong() -> None:
    said = score("run_gold.py")
    wrong = re.search(r"wrong rewrites: \d+ of \d+ \(([\d.]+) %\)", said)
    right = re.search(r"gold right: ([\d.]+) %", said)

    assert wrong is not None
    assert right is not None
    assert float(right[1]) >= 95
    assert float(wrong[1]) <= 1


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("duration", 0.98),
        ("clock", 0.98),
        ("numerals", 0.98),
        ("comparators", 0.98),
        ("conditions", 0.95),
        ("chains", 0.95),
        ("fuzzy", 0.95),
        ("traps", 1.0),
        ("commands", 0.97),
    ],
)
def test_sentences_are_read_right(name: str, least: float) -> None:
    right, asked = json.loads(score("score_cases.py", name, "--json"))[name]

    assert right >= least * asked, f"{right} of {asked}"
