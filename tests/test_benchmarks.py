"""The comparison with other engines: it runs, what they make is compared, and its page says what was measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.compare import LINE, Run, chosen
from benchmarks.results import report
from tests.training.small_base import random_base

ROOT = Path(__file__).parents[1]


def test_contenders_are_chosen_by_name_and_processes_and_the_loop_is_always_first() -> None:
    found = chosen(["floor", "map_batches/2"], None)

    assert [(one.name, one.workers) for one in found] == [("loop", 1), ("floor", 1), ("map_batches", 2)]


def test_the_floor_and_two_processes_go_without_the_loop_that_others_are_compared_with() -> None:
    assert [(one.name, one.workers) for one in chosen(["floor", "rewright/2"], None)] == [("floor", 1), ("rewright", 2)]


def test_data_juicer_is_left_out_without_an_environment_for_it(tmp_path: Path) -> None:
    assert "data_juicer" not in {one.name for one in chosen([], None)}
    assert len(chosen([], tmp_path)) == len(LINE)


@pytest.mark.slow
def test_ratios_are_taken_within_a_repetition() -> None:
    titles = ("floor: orjson parses and writes every record and output, no rules", "rewright, 1 process")
    walls = {(titles[0], 0): 1.0, (titles[1], 0): 2.0, (titles[0], 1): 10.0, (titles[1], 1): 40.0}
    runs = [Run(title, 100, repetition, wall, wall, 50) for (title, repetition), wall in walls.items()]

    page = report(runs, None)

    assert "| rewright, 1 process | 21 (2 to 40) | 21 (2 to 40) | 50 (50 to 50) | 3 (2 to 4) |" in page


@pytest.mark.slow
def test_what_was_not_run_is_said_and_memory_is_compared_across_sizes() -> None:
    titles = ("floor: orjson parses and writes every record and output, no rules", "rewright, 2 processes")
    runs = [Run(title, rows, 0, 1.0, 1.0, 600 + rows / 10**5) for title in titles for rows in (10**6, 10**7)]

    page = report(runs, None)

    assert "| ≥ 3 × as fast as a plain loop with orjson | not run |" in page
    assert "| 1.15 ×: 610 MiB at 1,000,000, 700 MiB at 10,000,000, two processes |" in page


@pytest.mark.slow
def test_from_call_to_report_is_what_the_command_took_and_ray_is_measured_by_its_workers() -> None:
    walls = {one.title: 3.0 for one in LINE if one.name == "rewright"}
    walls |= {one.title: 4.0 for one in LINE if one.name == "command"}
    walls |= {one.title: 24.0 / one.workers for one in LINE if one.name == "ray"}

    page = report([Run(title, 100, 0, wall, wall, 50) for title, wall in walls.items()], None)

    assert "of which none makes a report | 4 s, 4 s at 100 |" in page
    assert "| two workers of Ray ≥ 1.6 × as fast as one | 2 × at 100 rows |" in page


@pytest.mark.slow
def test_a_page_of_a_few_contenders_says_what_was_not_run() -> None:
    names = ("floor", "ray")

    page = report([Run(one.title, 100, 0, 1.0, 1.0, 50) for one in LINE if one.name in names], None)

    assert "of which none makes a report | not run |" in page
    assert "and under 1.5 GiB | not run |" in page


@pytest.mark.slow
def test_the_comparison_runs_and_every_contender_makes_the_same(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    names = "floor,rewright,command,ray/2,again,loop,pandas,map_batches,map_samples/2"
    program = [sys.executable, str(ROOT / "benchmarks" / "compare.py"), f"120x1:{names}", "--out", str(page)]

    subprocess.run(program, check=True, capture_output=True)

    text = page.read_text("utf-8")
    assert text.count("| datasets.map, ") == 3
    assert "| rewright again, 1 % of the rows changed | " in text
    assert "| rewright curate, the command with its report, 2 processes | " in text
    assert "Data-Juicer was not run" in text


@pytest.mark.slow
def test_a_training_step_is_measured_in_every_way_that_settings_can_ask_for(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    base = random_base(tmp_path / "base")
    program = [sys.executable, str(ROOT / "benchmarks" / "training_step.py"), str(base), "--steps", "1"]

    told = subprocess.run(program, check=True, capture_output=True, text=True).stdout

    assert len(told.splitlines()) == 8
    assert "bfloat16, eager attention, dropout 0.0" in told
