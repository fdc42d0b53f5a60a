"""Questions to a real server and answers from it."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from asked import question
from live_argilla import Api, Person, Server

from annotations.argilla_client import Pushed, counts, pull, push
from annotations.question import Proposal
from annotations.server.address import Address
from annotations.server.environment import ServerError
from annotations.server.running import running_server

pytestmark = pytest.mark.slow


@pytest.fixture
def review(argilla: Server) -> Address:
    return Address(argilla.url, argilla.api_key, f"w-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def annotators(api: Api, review: Address, new_person: Callable[[str], Person]) -> tuple[Person, Person]:
    workspace = api("POST", "workspaces", {"name": review.workspace})["id"]
    return new_person(workspace), new_person(workspace)


def records(api: Api, review: Address, name: str) -> dict[str, dict]:
    mine = api("GET", "me/datasets")["items"]
    workspace = next(one["id"] for one in api("GET", "me/workspaces")["items"] if one["name"] == review.workspace)
    found = next(one["id"] for one in mine if one["name"] == name and one["workspace_id"] == workspace)
    items = api("GET", f"datasets/{found}/records?limit=1000&include=responses,suggestions")["items"]
    assert len({item["external_id"] for item in items}) == len(items)
    return {item["external_id"]: item for item in items}


def respond(person: Person, record: dict, status: str = "submitted", **values: object) -> None:
    given = {name: {"value": value} for name, value in values.items()}
    person.api("POST", f"records/{record['id']}/responses", {"status": status, "values": given})


def test_pushing_twice_adds_nothing_twice_and_keeps_answers(
    api: Api, review: Address, annotators: tuple[Person, Person]
) -> None:
    asked = [question(number) for number in range(5)]
    assert push(review, "queue", [*asked, asked[0]], version="v_1") == Pushed(added=5, updated=0, kept=0)
    respond(annotators[0], records(api, review, "queue")[asked[0].id], verdict="accept")
    assert push(review, "queue", asked, version="v_1") == Pushed(added=0, updated=0, kept=5)
    assert push(review, "queue", [*asked, question(9)], version="v_2") == Pushed(added=1, updated=5, kept=0)
    there = records(api, review, "queue")
    assert len(there) == 6
    assert {one["metadata"]["version"] for one in there.values()} == {"v_2"}
    assert [answer.question_id for answer in pull(review, "queue")] == [asked[0].id]


def test_a_rewrite_that_changed_is_a_new_question(api: Api, review: Address) -> None:
    first, second = question(1), question(1, after='{"mcp_type": "chain"}')
    push(review, "queue", [first], version="v_1")
    assert push(review, "queue", [second], version="v_2").added == 1
    assert set(records(api, review, "queue")) == {first.id, second.id}


def test_the_verdict_is_never_suggested_and_the_output_to_correct_is(api: Api, review: Address) -> None:
    asked = question(1, proposals=(Proposal("toy.other", "{}"),))
    push(review, "queue", [asked], version="v_1")
    (record,) = records(api, review, "queue").values()
    (suggestion,) = record["suggestions"]
    assert suggestion["value"].startswith('{\n  "mcp_type": "sensor_trigger"')
    assert not record["responses"]
    assert record["metadata"]["script"] == "hant"
    assert record["metadata"]["kind"] == "sample"


def test_submitted_answers_come_back_whole_and_others_are_counted(
    api: Api, review: Address, annotators: tuple[Person, Person]
) -> None:
    first, second = annotators
    asked = [question(number) for number in range(4)]
    push(review, "queue", asked, version="v_1", answers=2)
    there = records(api, review, "queue")
    start = there[asked[2].id]["suggestions"][0]["value"]
    respond(first, there[asked[0].id], verdict="accept", corrected=start)
    respond(second, there[asked[0].id], verdict="reject", wrong=["slot", "trigger"], comment="二十分钟")
    respond(first, there[asked[1].id], verdict="correct", corrected='{"mcp_type": "iot"}')
    respond(first, there[asked[2].id], verdict="correct", corrected=start)
    respond(second, there[asked[2].id], status="draft", verdict="accept")
    respond(second, there[asked[3].id], status="discarded", verdict="accept")
    answers = {(answer.question_id, answer.annotator): answer for answer in pull(review, "queue")}
    assert len(answers) == 4
    assert answers[asked[0].id, first.name].verdict == "accept"
    assert answers[asked[0].id, first.name].corrected is None
    refused = answers[asked[0].id, second.name]
    assert (refused.verdict, refused.wrong, refused.comment) == ("reject", ("slot", "trigger"), "二十分钟")
    assert (refused.key, refused.rule, refused.rule_digest) == (asked[0].key, "toy.delay", "d" * 64)
    assert refused.answered_at is not None
    assert refused.answered_at.endswith("Z")
    assert answers[asked[1].id, first.name].corrected == '{"mcp_type": "iot"}'
    assert answers[asked[2].id, first.name].corrected is None  # the start, which nobody changed
    counted = counts(review, "queue")
    assert counted[:5] == (4, 1, 4, 1, 1)
    assert counted.by_annotator[second.name] == {"submitted": 1, "draft": 1, "discarded": 1}


def test_guidelines_can_change_later(api: Api, review: Address) -> None:
    push(review, "queue", [question(1)], version="v_1", guidelines="first")
    push(review, "queue", [question(1)], version="v_1", guidelines="second")
    assert [one["guidelines"] for one in api("GET", "me/datasets")["items"] if one["guidelines"] == "second"]


def test_a_data_set_whose_making_was_cut_is_made_anew(api: Api, review: Address) -> None:
    workspace = api("POST", "workspaces", {"name": review.workspace})["id"]
    api("POST", "datasets", {"name": "queue", "workspace_id": workspace})
    assert push(review, "queue", [question(1)], version="v_1").added == 1


def test_a_data_set_of_something_else_is_refused(api: Api, review: Address) -> None:
    workspace = api("POST", "workspaces", {"name": review.workspace})["id"]
    base = f"datasets/{api('POST', 'datasets', {'name': 'queue', 'workspace_id': workspace})['id']}"
    text = {"type": "text", "use_markdown": False}
    api("POST", f"{base}/fields", {"name": "text", "title": "text", "required": True, "settings": text})
    api("POST", f"{base}/questions", {"name": "q", "title": "q", "required": True, "settings": text})
    api("PUT", f"{base}/publish")
    with pytest.raises(ServerError, match="is no review"):
        push(review, "queue", [question(1)], version="v_1")


def test_a_missing_data_set_or_server_or_key_is_said(review: Address, api: Api) -> None:
    api("POST", "workspaces", {"name": review.workspace})
    with pytest.raises(ServerError, match="no data set 'nowhere'"):
        list(pull(review, "nowhere"))
    with pytest.raises(ServerError, match="does not answer"):
        list(pull(Address("http://127.0.0.1:9", "key"), "queue"))
    with pytest.raises(ServerError, match="401"):
        list(pull(review._replace(api_key="wrong"), "queue"))


def test_a_server_killed_during_push_and_pull_goes_on_where_it_was(environment: Path, tmp_path: Path) -> None:
    asked = [question(number) for number in range(600)]
    with running_server(tmp_path / "argilla", environment=environment) as server:
        killing = partial(os.kill, server.process.pid, signal.SIGKILL)
        with pytest.raises(ServerError, match="run this again"):
            push(server.address, "queue", asked, version="v_1", progress=lambda _done: killing())
    with running_server(tmp_path / "argilla", environment=environment) as server:
        assert not server.new_accounts
        done = push(server.address, "queue", asked, version="v_1")
        assert done.kept >= 256
        assert done.added + done.kept == 600
        api = Api(Server(server.url, server.address.api_key, embedded=True))
        there = records(api, server.address, "queue")
        assert set(there) == {one.id for one in asked}
        for start in range(0, 600, 100):
            values = {"verdict": {"value": "accept"}}
            items = [
                {"record_id": there[one.id]["id"], "status": "submitted", "values": values}
                for one in asked[start : start + 100]
            ]
            api("POST", "me/responses/bulk", {"items": items})
        answers = pull(server.address, "queue")
        got = [next(answers)]
        os.kill(server.process.pid, signal.SIGKILL)
        with pytest.raises(ServerError, match="run this again"):
            got.extend(answers)
        assert 0 < len(got) < 600
    with running_server(tmp_path / "argilla", environment=environment) as server:
        again = [answer.question_id for answer in pull(server.address, "queue")]
        assert len(again) == 600
        assert set(again) == {one.id for one in asked}
