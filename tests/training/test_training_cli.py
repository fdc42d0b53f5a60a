"""The commands as a modeler runs them: train on a version, ask, merge, ask again, compare two versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_line import Done, Run, runner

ROOT = Path(__file__).parents[2]
BRIEF = ("--config", "cpu-small", "--tokens", "6000", "--set", "max_length=400")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    assert run("init", folder).code == 0
    given = ("--devices", ROOT / "examples" / "devices.yaml", "--tag", "first", "--workspace", folder)
    assert run("curate", ROOT / "examples" / "smart_home_raw.jsonl", *given).code == 0
    return folder


def test_a_version_is_trained_on_asked_merged_and_asked_again(run: Run, home: Path, base: Path, tmp_path: Path) -> None:
    def ask(*model: object) -> Done:
        given = ("--data", "smart_home/basic", "--data", "first", "--max-tokens", 8, "--workspace", home, "--json")
        return run("eval", *model, *given, "--out", tmp_path / "asked")

    trained = run("train", "--data", "first", "--model", base, *BRIEF, "--workspace", home, "--json")
    assert trained.code == 0, trained.err
    folder = Path(trained.json["folder"])
    first = ask("--model", base, "--adapter", folder)
    assert first.code == 0, first.err
    merged = run("merge", "--model", base, "--adapter", folder, tmp_path / "merged", "--json")
    assert merged.code == 0, merged.err
    second = ask("--model", merged.json["model"])

    assert folder.parent == home / "runs"
    assert trained.json["data"]["version"].startswith("v_")
    assert [exam["data"] for exam in first.json["exams"]] == ["smart_home/basic", "version 1 test"]
    assert [exam["figures"] for exam in first.json["exams"]] == [exam["figures"] for exam in second.json["exams"]]
    assert first.json["exams"][0]["figures"]["schema"]["n"] == first.json["exams"][0]["items"] == 70
    lines = (tmp_path / "asked" / "answers.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == sum(exam["items"] for exam in first.json["exams"])


def test_two_versions_are_compared_and_nothing_is_done_twice(run: Run, home: Path, base: Path, tmp_path: Path) -> None:
    exam = tmp_path / "exam.jsonl"
    basic = (ROOT / "rules" / "smart_home" / "suites" / "basic.jsonl").read_text("utf-8").splitlines()
    exam.write_text("\n".join(basic[:6]), encoding="utf-8")
    given = (*BRIEF, "--exam", exam, "--seeds", "0,1", "--at-once", 2, "--max-tokens", 8)
    words = ("compare", "0", "first", "--model", base, *given)
    place = ("--workspace", home, "--out", tmp_path / "compared", "--note", "A random base.")

    done = run(*words, *place, "--json")
    assert done.code == 0, done.err
    runs = {path: path.stat().st_mtime_ns for path in (tmp_path / "compared" / "runs").rglob("run.json")}
    shown = run(*words, *place)

    shorter = run(*words[:-1], 2, *place, "--json")
    answers = (tmp_path / "compared" / "runs" / "0-seed0" / "answers-2" / "answers.jsonl").read_text("utf-8")

    assert shorter.code == 0, shorter.err
    assert max(json.loads(line)["tokens"] for line in answers.splitlines()) <= 2
    assert len(runs) == 4
    assert {path: path.stat().st_mtime_ns for path in runs} == runs
    assert done.json["exams"][str(exam)]["all"]["first"]["gain"]["n"] == 6
    assert "strictly right" in shown.out
    report = (tmp_path / "compared" / "report.md").read_text("utf-8")
    assert "**A random base.**" in report
    assert "| all | 6 | 0.0% (0.0% to 39.0%) | 0.0% (0.0% to 39.0%) | +0.0 (-39.0 to +39.0) |" in report
    assert (tmp_path / "compared" / "exam-0.svg").is_file()
    tokens = [json.loads(path.read_text("utf-8"))["tokens"]["seen"] for path in runs]
    assert all(6_000 <= seen < 6_400 for seen in tokens)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("train", "--data", "nothing", "--model", "BASE"), 2, "no version"),
        (("train", "--data", "first", "--model", "./nowhere"), 2, "name a folder, or OWNER/NAME of a hub"),
        (("train", "--data", "first", "--model", "BASE", "--set", "ranks=3"), 2, "did you mean 'rank'"),
        (("eval", "--data", "smart_home/basics", "--model", "BASE"), 2, "did you mean 'basic'"),
        (("eval", "--data", "first", "--model", "BASE", "--split", "tset"), 2, "no rows in its split 'tset'"),
        (("eval", "--data", "first", "--model", "m", "--url", "http://127.0.0.1:9/v1"), 2, "http://127.0.0.1:9/v1"),
        (
            ("eval", "--data", "first", "--model", "m", "--url", "http://u:SECRET@127.0.0.1:9/v1"),
            2,
            "http://127.0.0.1:9",
        ),
        (("compare", "first", "first", "--model", "BASE", "--exam", "first"), 2, "each once"),
        (("compare", "0", "first", "--model", "BASE", "--exam", "first", "--seeds", "a"), 2, "whole numbers"),
        (("compare", "0", "first", "--model", "BASE", "--exam", "first", "--seeds", "0,0"), 2, "each seed once"),
        (("eval", "--data", "first", "--model", "BASE", "--adapter", "nosuch"), 2, "nosuch: no adapter"),
        (("model", "fetch", "gpt", "DIR"), 2, "smollm2 and tiny"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    run: Run, home: Path, base: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    given = [str(base) if word == "BASE" else word for word in words]

    done = run(*given, *(() if words[0] == "model" else ("--workspace", home)))

    assert (done.code, told in done.err.replace("\n", " ")) == (code, True), done.err
    assert "SECRET" not in done.err
