"""Sweep, select, GGUF, serve and load as a modeler runs them, with a random model that is made in a second."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rewright
from tests.command_line import Run, runner

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled data set as version 1, tagged `first`. Tests must not publish into it."""
    folder = tmp_path_factory.mktemp("operations") / "home"
    given = ("--devices", str(ROOT / "examples" / "devices.yaml"), "--tag", "first", "--workspace", str(folder))
    assert rewright.main(["init", str(folder)]) == 0
    assert rewright.main(["curate", str(ROOT / "examples" / "smart_home_raw.jsonl"), *given]) == 0
    return folder


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    path = tmp_path / "exam.jsonl"
    basic = (ROOT / "rules" / "smart_home" / "suites" / "basic.jsonl").read_text("utf-8").splitlines()
    path.write_text("\n".join(basic[:4]), encoding="utf-8")
    return path


def test_a_sweep_trains_what_is_missing_and_goes_on_after_a_failure(
    run: Run, home: Path, base: Path, exam: Path, tmp_path: Path
) -> None:
    grid = tmp_path / "grid.toml"
    values = '[["q_proj"], 2], [["no_such_layer"], 2], [["q_proj"], 4]'
    grid.write_text(f'config = "cpu-small"\n[grid]\n"modules, rank" = [{values}]\n', encoding="utf-8")
    other = tmp_path / "other.jsonl"
    other.write_text(exam.read_text("utf-8").splitlines()[0], encoding="utf-8")
    words = ("sweep", grid, "--data", "first", "--model", base, "--exam", exam, "--exam", other)
    given = ("--tokens", 3000, "--max-tokens", 4, "--workspace", home, "--out", tmp_path / "out", "--note", "Random.")

    done = run(*words, *given, "--json")
    runs = sorted((tmp_path / "out" / "runs").glob("*/run.json"))
    before = {path: path.stat().st_mtime_ns for path in runs}
    shutil.rmtree(runs[0].parent)
    again = run(*words, *given)

    assert done.code == again.code == 1, done.err + again.err
    kept, failed = [[one for one in done.json["runs"] if ("failed" in one) is lost] for lost in (False, True)]
    assert len(kept) == len(runs) == 2
    assert ["no_such_layer" in one["failed"] for one in failed] == [True]
    assert [one["exams"][str(exam)]["strict"]["n"] for one in kept] == [4, 4]
    assert all(one["measured"]["peak_mib"]["process"] > 50 for one in kept)
    assert done.json["recommended"]["name"] in [one["name"] for one in kept]
    assert {path: path.stat().st_mtime_ns == before[path] for path in runs} == {runs[0]: False, runs[1]: True}
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "**Random.**" in report
    assert report.count("no\\_such\\_layer") >= 2
    assert "recommended  " in again.out
    assert (tmp_path / "out" / "runs.svg").is_file()
    alone = next(one for one in kept if one["name"] == runs[1].parent.name)["command"]
    assert run(*shlex.split(alone)[1:], "--json").json["folder"] == str(runs[1].parent)


def test_bases_are_asked_the_same_and_those_that_fail_are_told(
    run: Run, home: Path, base: Path, exam: Path, tmp_path: Path
) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(base, twin)
    words = ("select", base, tmp_path / "none", twin, "--exam", exam, "--data", "first", "--shots", 2)
    given = ("--sample", 3, "--max-tokens", 4, "--workspace", home, "--out", tmp_path / "out")

    done = run(*words, *given, "--json")
    shown = run(*words, *given)

    assert done.code == shown.code == 1, done.err + shown.err
    first, failed, second = done.json["models"]
    assert "name a folder, or OWNER/NAME of a hub" in failed["failed"]
    assert first["exams"][0]["digest"] == second["exams"][0]["digest"]
    assert first["exams"][0]["items"] == 3
    assert first["peak_mib"]["process"] > 50
    assert done.json["recommended"]["name"] in {str(base), str(twin)}
    assert "tokens/s" in shown.out
    assert "2 examples before each question" in (tmp_path / "out" / "report.md").read_text("utf-8")
    asked = [path.name for path in sorted((tmp_path / "out" / "models").iterdir())]
    assert [name.partition("-")[0] for name in asked] == ["random", "twin"]


def test_shots_need_a_version(run: Run, base: Path, exam: Path, home: Path) -> None:
    done = run("select", base, "--exam", exam, "--shots", 2, "--workspace", home)

    assert (done.code, "name the version they come from" in done.err) == (2, True), done.err


@pytest.fixture
def converter(tmp_path: Path) -> Path:
    """llama.cpp's converter: a copy named by GGUF_CONVERTER, or fetched."""
    from training.gguf_export import ConversionError, fetch_converter

    if named := os.environ.get("GGUF_CONVERTER"):
        return Path(named)
    try:
        return fetch_converter(tmp_path / "cache")
    except ConversionError as error:
        pytest.skip(str(error))


def test_a_model_is_converted_number_by_number(run: Run, base: Path, converter: Path, tmp_path: Path) -> None:
    import numpy
    from gguf import MODEL_ARCH, GGUFReader, get_tensor_name_map
    from safetensors.numpy import load_file

    out = tmp_path / "model.gguf"
    words = ("export-model", base, out, "--type", "f32", "--converter", converter)

    refused = run(*words)
    made = run(*words, "--pre-tokeniser", "qwen2", "--json")
    again = run(*words, "--pre-tokeniser", "qwen2")

    assert refused.code == again.code == 2
    assert "--pre-tokeniser" in refused.err
    assert made.code == 0, made.err
    given = load_file(base / "model.safetensors")
    found = {tensor.name: tensor for tensor in GGUFReader(out).tensors}
    assert made.json["architecture"] == "qwen3"
    assert made.json["tensors"] == len(given) == len(found)
    assert made.json["values"] == made.json["values_of_model"] == sum(tensor.size for tensor in given.values())
    assert (made.json["pre_tokeniser"], made.json["chat_template"]) == ("qwen2", True)
    names = get_tensor_name_map(MODEL_ARCH.QWEN3, 2)
    for name, tensor in given.items():
        twin = found[names.get_name(name, (".weight",))]
        assert numpy.array_equal(twin.data.reshape(tensor.shape), tensor), name


@pytest.fixture
def talkative(base: Path, tmp_path: Path) -> Path:
    """The random model made to say something else to each question, where it would repeat its prompt's last token."""
    import torch
    from transformers import set_seed

    from training.models import load

    model, tokenizer = load(str(base))
    set_seed(2)
    with torch.no_grad():
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
        for layer in model.model.layers:
            for weights in layer.parameters():
                if weights.dim() > 1:
                    weights.mul_(8)
    model.config.tie_word_embeddings = False
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "talkative")
    return tmp_path / "talkative"


@pytest.fixture
def served(talkative: Path, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What `rewright serve` says once it answers; it is stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "rewright", "serve", str(talkative), "--port", str(port), "--json"]
    log = tmp_path / "serve.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, cwd=tmp_path)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text("utf-8")
        yield {**json.loads(line), "process": process}
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(60)


def test_a_served_model_answers_as_in_process_and_is_measured(
    run: Run, talkative: Path, exam: Path, served: dict[str, Any], tmp_path: Path
) -> None:
    asking = ("--data", exam, "--max-tokens", 12, "--batch", 1, "--json")
    url = served["url"]

    here = run("eval", "--model", talkative, *asking, "--out", tmp_path / "here")
    there = run("eval", "--model", served["model"], "--url", url, *asking, "--out", tmp_path / "there")
    levels = run(
        "load", "--url", url, "--model", served["model"], "--exam", exam, "--at-once", "1,2", "--requests", 4,
        "--max-tokens", 4, "--out", tmp_path / "load", "--json",
    )  # fmt: skip
    wrong = run("load", "--url", url, "--model", "another", "--exam", exam)
    served["process"].send_signal(signal.SIGTERM)
    code = served["process"].wait(60)
    gone = run("load", "--url", url, "--model", served["model"], "--exam", exam)

    assert here.code == there.code == 0, here.err + there.err

    def answers(place: str) -> list[str]:
        lines = (tmp_path / place / "answers.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line)["answered"] for line in lines]

    assert answers("here") == answers("there")
    assert len(set(answers("here"))) == 4
    assert here.json["exams"][0]["figures"] == there.json["exams"][0]["figures"]
    assert levels.code == 0, levels.err
    assert [level["at_once"] for level in levels.json["levels"]] == [1, 2]
    assert all(level["requests"] == 4 and level["errors"] == 0 for level in levels.json["levels"])
    assert all(level["tokens_per_second"] > 0 and level["latency"]["p99"] > 0 for level in levels.json["levels"])
    assert (tmp_path / "load" / "report.md").is_file()
    assert (wrong.code, "pinned" in wrong.err) == (2, True), wrong.err
    assert code == 0
    assert gone.code == 2


def test_a_model_that_cannot_be_loaded_ends_the_server_with_what_it_said(run: Run, base: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(base, broken)
    (broken / "model.safetensors").write_bytes(b"nothing")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    done = run("serve", broken, "--port", port)

    assert (done.code, "the server ended with exit code" in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("load", "--url", "http://127.0.0.1:9/v1", "--model", "m", "--exam", "EXAM", "--at-once", "0"), "from 1"),
        (("load", "--url", "http://127.0.0.1:9/v1", "--model", "m", "--exam", "EXAM"), "127.0.0.1:9"),
        (("sweep", "practise-27", "--data", "first", "--model", "BASE", "--exam", "EXAM"), "'practice-27'"),
        (("sweep", "practice-27", "--data", "none", "--model", "BASE", "--exam", "EXAM"), "no version"),
        (("select", "BASE", "BASE", "--exam", "EXAM"), "each model once"),
        (("export-model", "BASE", "model.bin"), "give --gguf"),
        (("export-model", "BASE", "model.gguf", "--type", "f8"), "f32, f16"),
        (("serve", "nowhere"), "holds no model"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    run: Run, home: Path, base: Path, exam: Path, words: tuple[str, ...], told: str
) -> None:
    places = {"BASE": str(base), "EXAM": str(exam)}
    place = () if words[0] == "serve" else ("--workspace", home)

    done = run(*(places.get(word, word) for word in words), *place)

    assert (done.code, told in " ".join(done.err.replace("│", " ").split())) == (2, True), done.err
