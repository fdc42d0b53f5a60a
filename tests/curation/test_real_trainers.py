"""The trainers themselves, on exports as written: they take every row and learn the answer, and nothing but the answer.

A trainer needs an environment of its own, so a test runs only where a variable names its executable:
`REWRIGHT_LLAMAFACTORY_CLI=…/bin/llamafactory-cli` (LLaMA-Factory 0.9.5), `REWRIGHT_SWIFT=…/bin/swift` (ms-swift 4.6.0).
Two steps on a random model of two layers; no accelerator, no network.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curation.export.folder import write_folder
from curation.export.rows import Choice, Row
from curation.export.shapes import asked
from curation.export.trainers import Written, write_files
from tests.curation.shelf import talk

pytestmark = pytest.mark.slow

_MAKE_BASE = Path(__file__).with_name("tiny_base.py")


def executable(variable: str) -> Path:
    """Return what a variable names, or skip the test."""
    named = os.environ.get(variable)
    if not named:
        pytest.skip(f"{variable} names no executable")
    return Path(named).absolute()  # commands run in other folders; a link in an environment stays one


@pytest.fixture
def choice(tmp_path: Path) -> Choice:
    return Choice(*talk(tmp_path / "talk"))


def base_of(choice: Choice, trainer: Path, folder: Path) -> str:
    """Make a base model with the trainer's Python, under a name by which trainers know its kind."""
    texts, base = folder / "texts.txt", folder / "Qwen3-0.6B"
    texts.write_text("\n".join(f"{row.instruction} {row.output}" for row in choice.rows()), encoding="utf-8")
    run([trainer.parent / "python", _MAKE_BASE, texts, base], folder, trainer)
    return str(base)


def run(command: list[Any], folder: Path, trainer: Path) -> str:
    """Run a command in a folder, with the trainer on the path, and return what it printed."""
    own = {name: str(folder / "caches") for name in ("HF_HOME", "MODELSCOPE_CACHE")}
    own |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    own["PATH"] = f"{trainer.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
        check=False,
    )
    said = done.stdout.decode("utf-8", errors="replace")
    assert done.returncode == 0, said[-6000:]
    return said


def prompt_of(row: Row) -> str:
    """Return what the trainers are to make of a row, up to where the answer begins."""
    turns = [] if row.system is None else [f"<|im_start|>system\n{row.system}<|im_end|>\n"]
    for question, answer in [*(row.history or ()), (asked(row), None)]:
        turns.append(f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n")
        turns += [] if answer is None else [f"{answer}<|im_end|>\n"]
    return "".join(turns)


def assert_is_learned(choice: Choice, given: str, learned: str) -> None:
    """The sample that a trainer shows is one of the rows for training, and what it learns of it is its answer."""
    rows = {prompt_of(row): row.output for row in choice.rows("train")}
    prompt = next((prompt for prompt in rows if given.startswith(prompt)), None)
    assert prompt is not None, given
    assert "好的" in prompt
    assert given == f"{prompt}{rows[prompt]}<|im_end|>"
    assert learned == f"{rows[prompt]}<|im_end|>"


def llamafactory(trainer: Path, written: Written, base: Path, *more: str) -> str:
    said = run([trainer, "train", written.files[-1], "max_steps=2", *more], base, trainer)
    counted = [int(count) for count in re.findall(r"Num examples = (\d+)", said)]
    assert counted[0] == written.rows["train"]
    assert set(counted[1:]) == {written.rows["validation"]}
    return said


def test_llamafactory_trains_on_what_was_exported(choice: Choice, tmp_path: Path) -> None:
    trainer = executable("REWRIGHT_LLAMAFACTORY_CLI")
    base = base_of(choice, trainer, tmp_path)
    written = write_files(choice, "0", "llamafactory", tmp_path / "lf", base)

    said = llamafactory(trainer, written, tmp_path)

    sample = said.partition("training example:\n")[2].partition("eval example:\n")[0]
    found = re.search(r"\ninputs:\n(.*?)\n\s*\nlabel_ids:\n.*?\nlabels:\n(.*?<\|im_end\|>)\n", sample, re.DOTALL)
    assert found, sample
    assert_is_learned(choice, found[1], found[2])
    figures = json.loads(next((tmp_path / "saves").glob("*/all_results.json")).read_text(encoding="utf-8"))
    assert math.isfinite(figures["train_loss"])
    assert math.isfinite(figures["eval_loss"])
    assert list((tmp_path / "saves").glob("*/adapter_model.safetensors"))

    folder = write_folder(choice, "0", tmp_path / "hf").path
    llamafactory(trainer, written, tmp_path, f"dataset_dir={folder}", "output_dir=saves/from_folder")


def test_swift_trains_on_what_was_exported(choice: Choice, tmp_path: Path) -> None:
    trainer = executable("REWRIGHT_SWIFT")
    base = base_of(choice, trainer, tmp_path)
    written = write_files(choice, "0", "swift", tmp_path / "swift", base)

    said = run(["sh", written.files[-1], "--max_steps", "2"], tmp_path, trainer)

    counted = [int(count) for count in re.findall(r"num_rows: (\d+)", said)]
    assert counted == [written.rows["train"], written.rows["validation"]]
    given = re.search(r"\[INPUT\] (.*?)\n\s*\n", said, re.DOTALL)
    learned = re.search(r"\[LABELS\] \[-100 \* \d+\](.*?<\|im_end\|>)\n", said, re.DOTALL)
    assert given
    assert learned
    assert_is_learned(choice, given[1], learned[1])
    told = pl.read_ndjson(next((tmp_path / "saves").rglob("logging.jsonl")))
    assert told["train_loss"].is_finite().any()
    assert told["eval_loss"].is_finite().any()
    assert list((tmp_path / "saves").rglob("adapter_model.safetensors"))
