"""Review and release on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import rewright
from annotations.cases import cases
from annotations.plan import open_questions
from annotations.sequential import wilson
from curation.command import write
from curation.store import Store
from tests.annotations.shop import PACK, answer, orders, take
from tests.command_line import Run, runner


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    assert rewright.main(["init", str(home)]) == 0
    config = home / "rewright.toml"
    config.write_text(config.read_text("utf-8").replace('["smart_home"]', json.dumps([str(PACK)])), "utf-8")
    raw = home / "orders.jsonl"
    raw.write_text("".join(write(one) + "\n" for one in orders(48)), "utf-8")
    assert rewright.main(["curate", str(raw), "-w", str(home), "--tag", "first"]) == 0
    return home


@pytest.fixture
def home(curated: Path, tmp_path: Path) -> Path:
    shutil.copytree(curated, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home / "store")


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("ARGILLA_API_URL", "ARGILLA_API_KEY", "REWRIGHT_OWNER", "REWRIGHT_ANSWERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(home)

    return runner(capsys)


def accept_every_edit(store: Store, but: str = "") -> None:
    asked = [
        case.question(place) for case in cases(store, 1) for place in case.places() if case.edits[place]["rule"] != but
    ]
    take(store, [answer(one, "accept", at=4 * place) for place, one in enumerate(asked)], store.version(1))


def test_the_plan_says_how_many_answers_each_rule_needs_and_what_they_cost(run: Run, store: Store) -> None:
    before = run("review", "plan", "--json").json
    rules = {rule["rule"]: rule for rule in before["rules"]}
    assert (before["number"], before["bar"], before["open"]) == (1, 0.95, {"decline": 16})
    assert (rules["count.said"]["state"], rules["count.said"]["seconds"]) == ("open", None)
    assert rules["sweet.said"]["least"] == 16
    assert before["seconds"] is None

    asked = [one for one in open_questions(store, 1) if one.rule == "count.said" and one.kind == "sample"]
    take(store, [answer(one, "accept", at=12 * place) for place, one in enumerate(asked)], store.version(1))

    after = run("review", "plan", "--bar", "0.5", "--json").json
    rules = {rule["rule"]: rule for rule in after["rules"]}
    assert after["seconds_an_answer"] == 12
    assert after["seconds"] == 12 * after["answers"]
    assert rules["count.said"]["state"] == "cleared"
    assert rules["count.said"]["lower"] == wilson(len(asked), len(asked)).lower
    told = run("review", "plan")
    assert (told.code, told.err) == (0, "")
    assert "count.said" in told.out
    assert "16 decline" in told.out


def test_the_state_of_a_review_is_told(run: Run, store: Store) -> None:
    first, second, *_ = open_questions(store, 1)
    given = [answer(first, "accept", "ann"), answer(first, "reject", "bob", 30), answer(second, "reject", "bob", 40)]
    take(store, given, store.version(1))

    found = run("review", "status", "--json").json

    assert (found["settled"], found["disputed"], found["answers"]) == (1, 1, 3)
    assert found["remaining"] == found["questions"] - 1
    assert (found["agreement"]["questions"], found["agreement"]["same"]) == (1, 0)
    assert {one["name"]: (one["answers"], one["seconds"]) for one in found["by_annotator"]} == {
        "ann": (1, None),
        "bob": (2, 10),
    }
    assert [one["name"] for one in found["by_rule"]] == ["count.said"]
    assert "Krippendorff's alpha" in run("review", "status", "1").out
    assert run("review", "status", "--owner", "bob", "--json").json["disputed"] == 0


def test_applying_publishes_a_version_that_verifies(run: Run, store: Store) -> None:
    question = next(one for one in open_questions(store, 1) if one.rule == "count.said" and one.after)
    take(store, [answer(question, "reject")], store.version(1))

    found = run("review", "apply", "--tag", "reviewed", "--json").json

    assert (found["version"]["number"], found["version"]["kind"], found["version"]["tags"]) == (
        2,
        "review",
        ["reviewed"],
    )
    assert found["rows"] == {"taken_back": 1}
    assert run("verify", "reviewed").code == 0
    again = run("review", "apply")
    assert (again.code, again.err) == (0, "")
    assert "none: no decision changes anything" in again.out
    for command in (("show", "2"), ("diff", "1", "2"), ("report", "2"), ("versions",)):
        assert run(*command).code == 0


def test_a_release_is_refused_with_what_would_help_and_given_when_the_rules_have_earned_it(
    run: Run, store: Store
) -> None:
    refused = run("release", "first")
    assert refused.code == 1
    assert "version 1 is not released:" in refused.out
    assert "count.said: nobody has judged it yet" in refused.out
    assert "rewright release 1 --without count.said" in refused.out
    assert "released" not in store.tags()

    accept_every_edit(store)
    given = run("release", "first", "--tag", "v1.0.0", "--json")
    assert (given.code, given.json["released"], given.json["blockers"]) == (0, True, [])
    assert store.tags()["v1.0.0"] == store.version(1).id
    assert run("release", "first").out == f"version 1 ({store.version(1).short}) is released\n"


def test_a_release_without_a_rule_is_a_new_version(run: Run, store: Store) -> None:
    accept_every_edit(store, but="total.price")
    assert run("release", "1").code == 1

    found = run("release", "1", "--without", "total.price", "--json")

    # The sugar is another output without the total, so somebody must look at it again.
    assert found.code == 1
    assert {one["rule"] for one in found.json["blockers"]} == {"sweet.said"}
    assert found.json["without"][0]["rule"] == "total.price"
    assert found.json["without"][0]["kept"] == {"sweet.said": 8}
    asked = [one for one in open_questions(store, 2) if one.kind == "all"]
    take(store, [answer(one, "accept", at=999) for one in asked], store.version(2))
    assert run("release", "2").code == 0
    assert store.tags()["released"] == store.version(2).id


def test_a_rule_is_rolled_back_at_any_time(run: Run, store: Store) -> None:
    found = run("rollback", "count.said", "--json").json

    assert (found["rule"], found["number"], found["changed"]) == ("count.said", 2, {"total.price": 16})
    assert store.version(2).kind == "rollback"
    assert run("verify", "2").code == 0
    told = run("rollback", "sweet.said", "1", "--tag", "plain")
    assert "no edit" in told.out
    assert store.version("plain").number == 3
    wrong = run("rollback", "count.sad")
    assert wrong.code == 2
    assert "did you mean" not in wrong.out
    assert "no edit of 'count.sad' stands" in wrong.err


def test_it_is_said_when_the_rules_have_changed_since(run: Run, home: Path) -> None:
    config = home / "rewright.toml"
    config.write_text(config.read_text("utf-8") + '"sweet.said" = "too sweet"\n', "utf-8")

    done = run("rollback", "count.said")

    assert done.code == 0
    assert "the rules have changed since version 1 was made" in done.err


def test_reports_show_measured_precision_beside_what_is_claimed(run: Run, store: Store, home: Path) -> None:
    accept_every_edit(store)

    report = Path(run("report", "1").out.strip())

    for page in (report, report.with_suffix(".md")):
        assert page.read_text("utf-8").count("32 of 32, at least 89.3%") == 1
    stats = {one["rule"]: one for one in json.loads(run("rules", "stats", "1", "--json").out)["rules"]}
    measured = stats["count.said"]["precision"]
    assert (measured["right"], measured["judged"], round(measured["lower"], 3)) == (32, 32, 0.893)
    assert "100.0% of 32 (≥ 89.3%)" in run("rules", "stats", "1").out


@pytest.mark.parametrize("command", ["push", "pull"])
def test_without_a_server_it_is_said_how_to_start_one(run: Run, command: str) -> None:
    done = run("review", command)

    assert done.code == 2
    assert "rewright review serve" in done.err
    assert "Traceback" not in done.err


def test_what_cannot_be_reviewed_is_said(run: Run) -> None:
    assert "nothing to review" in run("review", "plan", "0").err
    assert run("review", "apply", "9").code == 2
    wrong = run("review", "push", "--every", "count.sad")
    assert wrong.code == 2
    assert "no edit of 'count.sad'" in wrong.err
    assert run("release", "1", "--tag", "7").code == 2
