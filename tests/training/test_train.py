"""Training for real, on a random model of two layers: it learns by heart, survives a kill, leaves only safetensors."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from tests.training.small_base import items
from training.answers import local_answers
from training.ask import Exam, asked, locally
from training.items import Item
from training.loop import Teller
from training.matching import Matching
from training.models import ModelError, load, merge
from training.settings import Settings, changed
from training.train import Job, Run, RunError, train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # of libraries, about their own next release
]

BY_HEART = changed(
    Settings(),
    {"epochs": 100.0, "batch": 4, "accumulation": 1, "learning_rate": 1e-2, "dropout": 0.0, "rank": 64, "alpha": 128},
    "test",
)
BRIEFLY = replace(BY_HEART, epochs=3.0, evaluate_every=2)


def job(base: Path, settings: Settings = BRIEFLY, **given: Any) -> Job:
    return Job(str(base), {"version": "v"}, items(), items()[:2], settings, **given)


@pytest.fixture(scope="module")
def learned(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    everything = replace(job(base, BY_HEART), validation=items())  # the state that is kept must know all of it
    return train(everything, tmp_path_factory.mktemp("runs") / "by-heart")


@pytest.fixture(scope="module")
def brief(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(job(base), tmp_path_factory.mktemp("runs") / "brief")


def exam() -> Exam:
    return Exam("by heart", items(), Matching(), None)


def quietly(*_: object) -> None:
    return None


def test_a_model_learns_eight_records_by_heart_and_says_them_the_same_when_merged(
    base: Path, learned: Run, tmp_path: Path
) -> None:
    raw = asked(exam(), locally(load(str(base)), 4, 40, False, quietly))
    tuned = asked(exam(), locally(load(str(base), learned.adapter), 4, 40, False, quietly))
    whole = merge(str(base), learned.adapter, tmp_path / "merged")
    merged = asked(exam(), locally(load(str(whole)), 3, 40, False, quietly))

    assert raw.evaluation.figures["exact"].value == 0.0
    assert tuned.evaluation.figures["exact"].value == 1.0
    assert merged.evaluation.figures["exact"].value == 1.0
    with pytest.raises(FileExistsError):
        merge(str(base), learned.adapter, whole)


def test_answers_do_not_depend_on_what_else_is_in_the_batch(base: Path, learned: Run) -> None:
    loaded = load(str(base), learned.adapter)

    alone = [answer.text for answer in local_answers(loaded, items(), batch=1, most=40)]
    together = [answer.text for answer in local_answers(loaded, items(), batch=8, most=40)]

    assert alone == together


def test_a_constrained_model_says_nothing_that_breaks_the_schema(base: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"do": {"enum": ["on", "off"]}},
        "required": ["do"],
        "additionalProperties": False,
    }

    answers = local_answers(load(str(base)), items(), batch=4, most=40, schema=schema)

    assert {answer.text for answer in answers} <= {'{"do": "on"}', '{"do": "off"}'}


def test_a_run_keeps_what_it_was_and_nothing_that_could_run_code(base: Path, brief: Run) -> None:
    record = json.loads((brief.folder / "run.json").read_text("utf-8"))
    curve = [json.loads(line) for line in (brief.folder / "curve.jsonl").read_text("utf-8").splitlines()]
    left = {path.suffix for path in brief.folder.rglob("*") if path.is_file()}

    assert record["steps"] == 6
    assert record["records"] == {"training": 8, "validation": 2, "left_out": 0}
    assert record["data"] == {"version": "v"}
    assert set(record["environment"]) >= {"torch", "transformers", "peft", "python", "device"}
    assert record["environment"]["precision"] in {"bfloat16", "float16", "float32"}
    assert {"loss", "grad_norm", "learning_rate", "token_accuracy"} <= set(curve[0])
    assert any("eval_loss" in point and "eval_token_accuracy" in point for point in curve)
    assert {".bin", ".pt", ".pth", ".pkl"} & left == set()
    assert (brief.adapter / "adapter_model.safetensors").is_file()
    assert (brief.folder / "curves.svg").read_text("utf-8").count("<svg") == 1


def test_a_run_without_a_terminal_tells_its_beginning_and_now_and_then_how_far_it_is(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seldom: list[str] = []
    often: list[str] = []

    train(job(base), tmp_path / "seldom", seldom.append)
    monkeypatch.setattr(Teller, "every", 0.0)
    train(job(base), tmp_path / "often", often.append)

    assert seldom == often[:1] == ["training: 0 of 6 steps"]
    assert [line.partition(", loss ")[0] for line in often[1:]] == [f"training: {at} of 6 steps" for at in range(1, 7)]


@pytest.mark.parametrize(("precision", "kind"), [("fp32", "float32"), ("bf16", "bfloat16")])
def test_weights_have_the_precision_that_is_asked_for_and_the_adapter_is_whole(
    base: Path, tmp_path: Path, precision: str, kind: str
) -> None:
    run = train(job(base, replace(BRIEFLY, precision=precision, epochs=1.0)), tmp_path / precision)
    adapter = load_file(run.adapter / "adapter_model.safetensors")

    assert run.record["environment"]["precision"] == kind
    assert {str(tensor.dtype) for tensor in adapter.values()} == {"torch.float32"}


def test_a_finished_run_is_not_run_again_and_another_one_does_not_overwrite_it(base: Path, brief: Run) -> None:
    before = (brief.folder / "run.json").stat().st_mtime_ns

    assert train(job(base), brief.folder).record == brief.record
    assert (brief.folder / "run.json").stat().st_mtime_ns == before
    with pytest.raises(RunError, match="holds another run"):
        train(job(base, seed=1), brief.folder)


def test_the_same_job_makes_the_same_adapter(base: Path, brief: Run, tmp_path: Path) -> None:
    again = train(job(base), tmp_path / "again")

    for name in ("adapter/adapter_model.safetensors", "curve.jsonl", "curves.svg", "left-out.jsonl"):
        assert (again.folder / name).read_bytes() == (brief.folder / name).read_bytes(), name


def test_a_run_that_is_killed_goes_on_comes_to_the_same_adapter_and_counts_the_seconds_before(
    base: Path, tmp_path: Path
) -> None:
    longer = replace(BRIEFLY, epochs=40.0, dropout=0.05)
    program = (
        "import sys; from pathlib import Path; from tests.training.test_train import job, longer_job; "
        "from training.train import train; train(longer_job(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    folder = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", program, str(base), str(folder)], cwd=Path(__file__).parents[2])
    deadline = time.monotonic() + 240
    while not list(folder.glob("checkpoints/checkpoint-[1-9]*/trainer_state.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "run.json").exists()
    for state in folder.glob("checkpoints/*/trainer_state.json"):  # as if it had taken long to come there
        told = json.loads(state.read_text("utf-8"))
        told["log_history"][-1]["seconds"] += 10_000
        state.write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(RunError, match="another run, unfinished"):
        train(job(base), folder)
    resumed = train(longer_job(base), folder)
    whole = train(longer_job(base), tmp_path / "whole")

    assert resumed.record["steps"] == whole.record["steps"] == 80
    assert resumed.record["measured"]["seconds"] > 10_000 > whole.record["measured"]["seconds"]
    assert "seconds" not in (resumed.folder / "curve.jsonl").read_text("utf-8")
    adapter = "adapter/adapter_model.safetensors"
    assert (resumed.folder / adapter).read_bytes() == (whole.folder / adapter).read_bytes()
    assert longer == longer_job(base).settings


def longer_job(base: Path) -> Job:
    return job(base, replace(BRIEFLY, epochs=40.0, dropout=0.05))


def test_records_that_are_too_long_are_named_and_the_diagnosis_says_so(base: Path, tmp_path: Path) -> None:
    long = Item("long", "k", ({"role": "user", "content": "灯" * 400},), "{}")
    settings = replace(BRIEFLY, max_length=200)

    run = train(Job(str(base), {}, [*items(), long], [], settings), tmp_path / "run")

    assert run.record["records"] == {"training": 8, "validation": 0, "left_out": 1}
    assert json.loads((run.folder / "left-out.jsonl").read_text("utf-8"))["id"] == "long"
    assert [finding.name for finding in run.findings] == ["records left out"]
    with pytest.raises(RunError, match="none of 1 records fits"):
        train(Job(str(base), {}, [long], [], settings), tmp_path / "none")


def test_packed_batches_have_the_loss_of_padded_ones(base: Path, tmp_path: Path) -> None:
    still = replace(BRIEFLY, epochs=1.0, batch=8, learning_rate=1e-9, dropout=0.0)

    padded = train(job(base, still), tmp_path / "padded")
    packed = train(job(base, replace(still, packing=True)), tmp_path / "packed")
    losses = [json.loads((run.folder / "curve.jsonl").read_text("utf-8").splitlines()[0]) for run in (padded, packed)]

    assert losses[0]["loss"] == pytest.approx(losses[1]["loss"], rel=1e-4)
    assert losses[0]["token_accuracy"] == losses[1]["token_accuracy"]


def test_runs_can_see_as_many_tokens_whatever_their_data(base: Path, tmp_path: Path) -> None:
    run = train(job(base, tokens=1_000), tmp_path / "run")

    assert 1_000 <= run.record["tokens"]["seen"] < 1_100


def test_a_model_that_is_nowhere_or_does_not_fit_is_refused(base: Path, brief: Run, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="name a folder"):
        load(str(tmp_path / "nowhere"))
    shutil.copytree(brief.adapter, tmp_path / "adapter")
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError):
        load(str(base), tmp_path / "adapter")
    with pytest.raises(RunError, match="modules"):
        train(job(base, replace(BRIEFLY, modules=("nothing_proj",))), tmp_path / "run")


def test_weights_that_could_run_code_are_not_read(base: Path, tmp_path: Path) -> None:
    import torch

    shutil.copytree(base, tmp_path / "pickled")
    weights = load(str(base)).model.state_dict()
    (tmp_path / "pickled" / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pickled" / "pytorch_model.bin")

    with pytest.raises(ModelError):
        load(str(tmp_path / "pickled"))
