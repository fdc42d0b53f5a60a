"""Commands in workspaces whose outputs are labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotations.guidelines import guidelines, labels_of
from curation.pack import load_packs
from curation.workspace import Workspace
from tests.command_line import Run, runner

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@pytest.fixture
def desk(tmp_path: Path, run: Run) -> Path:
    home = tmp_path / "desk"
    assert run("init", home, "--pack", "support_intents").code == 0
    return home


def test_a_workspace_is_made_for_the_packs_that_are_named(tmp_path: Path, run: Run, desk: Path) -> None:
    assert Workspace.open(desk).packs == ("support_intents",)
    assert not (desk / "devices.yaml").exists()
    assert "[keep]" in (desk / "rewright.toml").read_text("utf-8")
    assert "uses: [support_intents]" in (desk / "rules/README.md").read_text("utf-8")

    home = tmp_path / "home"
    run("init", home, "--pack", "smart_home", "--pack", "smart_home_supplement")
    assert Workspace.open(home).packs == ("smart_home", "smart_home_supplement")
    assert (home / "devices.yaml").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("suport_intents", "did you mean 'support_intents'?"),
        ("./rules", "name an installed pack"),
        ("labels2", "labels"),
    ],
)
def test_a_pack_that_is_not_installed_makes_no_workspace(tmp_path: Path, run: Run, name: str, told: str) -> None:
    done = run("init", tmp_path / "home", "--pack", name)

    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / "home").exists()


def test_the_settings_that_a_workspace_of_labels_suggests_are_settings(run: Run, desk: Path) -> None:
    config = desk / "rewright.toml"
    text = config.read_text("utf-8").replace("# [", "[").replace('# "', '"').replace("# share", "share")
    config.write_text(text.replace("# seed", "seed"), "utf-8")

    home = Workspace.open(desk)

    assert dict(home.keep.share) == {"其他": 0.2}
    assert set(home.mix) == {"下载场景", "其他"}
    assert run("curate", EXAMPLES / "support/support_raw.jsonl", "-w", desk).code == 0


def test_labels_are_shown_as_they_are_written(run: Run, desk: Path) -> None:
    run("curate", EXAMPLES / "support/support_raw.jsonl", "--tag", "first", "-w", desk)

    rows = [json.loads(line) for line in run("rows", "first", "-w", desk).out.splitlines()]
    shown = run("show", "first", "-w", desk).out
    changes = run("diff", "0", "first", "--all", "-w", desk).out
    profile = run("profile", EXAMPLES / "support/support_raw.jsonl", "-w", desk).out

    assert rows[3] == {
        "row": 3,
        "key": rows[3]["key"],
        "disposition": "rewritten",
        "output": "登录场景",
        "rules": ["label.alias"],
        "reasons": [],
    }
    assert "下载场景" in shown
    assert "- login\n+ 登录场景\n" in changes
    assert "label 238, no label 6" in profile
    assert "devices seen" not in profile
    assert "其他        63  27.0%" in profile
    assert run("report", "first", "-w", desk).code == 0


def test_explain_takes_a_label_and_a_system(tmp_path: Path, run: Run) -> None:
    home = tmp_path / "newsroom"
    run("init", home, "--pack", "news")
    own = run("rules", "explain", "国足赢了", "--output", "體育", "--system", "自己的", "-w", home, "--json").json
    none = run("rules", "explain", "国足赢了", "--output", " ", "-w", home)

    assert own["disposition"] == "rewritten"
    assert json.loads(own["output"]) == {"label": "体育", "system": "自己的"}
    assert none.code == 2
    assert "no label: empty" in none.err


def test_a_rule_is_tried_on_labels(run: Run, desk: Path) -> None:
    raw = EXAMPLES / "support/support_raw.jsonl"
    run("curate", raw, "--tag", "first", "-w", desk)
    rule = Path(__file__).parents[1] / "rules/labels/10-label/alias.yaml"

    tried = run("rules", "try", rule, raw, "-w", desk, "--json").json
    against = run("rules", "try", rule, raw, "--against", "first", "-w", desk, "--json").json

    assert tried["what"] == {"applied": 42}
    assert {one["after"] for one in tried["samples"]} <= set(load_packs(["support_intents"]).catalogue["labels"])
    assert against["moves"] in ({}, [])


def test_a_catalogue_of_devices_is_refused(run: Run, desk: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("labels:\n  甲: {means: x}\n", "utf-8")
    done = run("curate", EXAMPLES / "support/support_raw.jsonl", "--devices", tmp_path / "mine.yaml", "-w", desk)

    assert done.code == 2
    assert "labels stand in the labels.yaml of a pack" in done.err


def test_a_share_of_no_label_is_refused_before_anything_is_published(run: Run, desk: Path) -> None:
    with (desk / "rewright.toml").open("a", encoding="utf-8") as file:
        file.write('\n[keep]\nshare = {"其她" = 0.2}\n')
    done = run("curate", EXAMPLES / "support/support_raw.jsonl", "-w", desk)

    assert done.code == 2
    assert "'其她'" in done.err
    assert run("versions", "-w", desk, "--json").json == {"versions": []}


def test_an_export_says_that_its_outputs_are_labels(run: Run, desk: Path, tmp_path: Path) -> None:
    run("curate", EXAMPLES / "support/support_raw.jsonl", "--tag", "first", "-w", desk)
    assert run("export", "first", tmp_path / "out", "-w", desk).code == 0
    card = next((tmp_path / "out").rglob("README.md")).read_text("utf-8")

    assert "207 instructions with the label of each" in card
    assert "`output` is one label in every row." in card
    assert "| 下载场景 |" in card


def test_reviewers_read_what_labels_mean() -> None:
    pack = load_packs(["news"])
    text = guidelines(pack.rules, labels_of(pack))

    assert "write the label that is" in text
    assert "* 体育: " in text.replace("&#58;", ":")
    assert labels_of(load_packs(["smart_home"])) is None
    assert "write the JSON that is" in guidelines(load_packs(["smart_home"]).rules)
