"""A review from beginning to end with a real server: push, two people and a third, pull, apply, release."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rewright
from curation.command import write
from curation.decision import read_decisions
from curation.store import Store
from curation.version import verify
from tests.annotations.live_argilla import Api, Person, Server
from tests.annotations.shop import ORDER, PACK, orders, outputs

pytestmark = pytest.mark.slow


def test_people_disagree_and_the_version_they_come_to_is_released(
    argilla: Server,
    api: Api,
    new_person: Callable[[str], Person],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = f"w-{uuid.uuid4().hex[:8]}"
    workspace = api("POST", "workspaces", {"name": name})["id"]
    ann, bob, cho = (new_person(workspace) for _ in range(3))
    for variable, value in (("URL", argilla.url), ("KEY", argilla.api_key)):
        monkeypatch.setenv(f"ARGILLA_API_{variable}", value)
    monkeypatch.setenv("ARGILLA_WORKSPACE", name)
    monkeypatch.setenv("REWRIGHT_ANSWERS", "2")
    home = tmp_path / "home"

    def run(*words: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert rewright.main([*words, "-w", str(home), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    def records(dataset: str) -> dict[str, dict[str, Any]]:
        found = next(
            one["id"] for one in api("GET", "me/datasets")["items"]
            if one["name"] == dataset and one["workspace_id"] == workspace
        )  # fmt: skip
        items = api("GET", f"datasets/{found}/records?limit=1000")["items"]
        return {item["external_id"]: item for item in items}

    def say(person: Person, record: dict[str, Any], verdict: str, status: str = "submitted", **more: str) -> None:
        values = {key: {"value": value} for key, value in {"verdict": verdict, **more}.items()}
        person.api("POST", f"records/{record['id']}/responses", {"status": status, "values": values})

    rewright.main(["init", str(home)])
    config = home / "rewright.toml"
    config.write_text(config.read_text("utf-8").replace('["smart_home"]', json.dumps([str(PACK)])), "utf-8")
    raw = tmp_path / "orders.jsonl"
    raw.write_text("".join(write(one) + "\n" for one in orders(12)), "utf-8")
    assert rewright.main(["curate", str(raw), "-w", str(home)]) == 0
    store = Store(home / "store")

    pushed = run("review", "push", "--every", "count.said", "--every", "total.price")["pushed"]
    asked = records("review")
    assert pushed["review"]["added"] == len(asked) > 0
    assert run("review", "push", "--every", "count.said", "--every", "total.price")["pushed"]["review"]["kept"] == len(
        asked
    )

    declined = [one for one in asked.values() if one["metadata"]["kind"] == "decline"]
    edited = [one for one in asked.values() if one["metadata"]["kind"] != "decline"]
    disputed, invalid, fixed = edited[0], declined[0], declined[1]
    for record in asked.values():
        say(
            ann,
            record,
            "accept" if record not in (invalid, fixed) else "correct",
            corrected="{" if record == invalid else ORDER,
        )
        if record != invalid:
            say(
                bob,
                record,
                "reject" if record == disputed else "accept" if record != fixed else "correct",
                corrected=ORDER,
            )
    say(bob, invalid, "accept", status="draft")

    first = run("review", "pull")
    assert first["pulled"]["review"]["new"] == 2 * len(asked) - 1
    assert (first["pulled"]["review"]["invalid"], first["pulled"]["review"]["drafts"]) == (1, 1)
    assert (first["questions"]["disputed"], first["questions"]["invalid"]) == (1, 1)
    assert run("review", "pull")["pulled"]["review"]["new"] == 0
    assert run("release", "1", code=1)["released"] is False

    assert run("review", "push")["pushed"]["review-again"]["added"] == 2
    again = records("review-again")
    assert again.keys() == {disputed["external_id"], invalid["external_id"]}
    say(cho, again[disputed["external_id"]], "reject", comment="三杯")
    for person in (ann, bob):
        say(person, again[invalid["external_id"]], "accept")

    assert run("review", "pull")["pulled"]["review-again"]["new"] == 3
    status = run("review", "status")
    assert (status["disputed"], status["invalid"]) == (0, 0)
    assert len(status["by_annotator"]) == 3
    assert status["agreement"]["alpha"] is not None
    done = run("review", "apply")
    assert done["rows"]["taken_back"] == 1
    assert verify(store, 2) == []
    assert len(read_decisions(store.tables)) == 2 * len(asked) - 1 + 3

    verdict = run("release", "2", code=run("review", "plan", "2")["answers"] > 0)
    if not verdict["released"]:  # what lay on the edit that was taken back is another output, which nobody has seen
        run("review", "push", "2", *(word for one in verdict["blockers"] for word in ("--every", one["rule"])))
        for record in records("review").values():
            if record["external_id"] not in asked:
                say(ann, record, "accept")
                say(bob, record, "accept")
        run("review", "pull")
        assert run("release", "2")["released"]
    assert store.tags()["released"] == store.version(2).id
    assert all(disposition != "review" for disposition, _ in outputs(store, 2).values())
