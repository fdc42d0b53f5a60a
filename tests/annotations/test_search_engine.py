"""The queries that Argilla's pages and client send to its search engine, through the HTTP API.

Run against our own server by default. To see that Elasticsearch answers the same, name a server in
REWRIGHT_TEST_ARGILLA_URL and its owner's key in REWRIGHT_TEST_ARGILLA_KEY.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from live_argilla import Api, Person

pytestmark = pytest.mark.slow

RECORDS: list[dict[str, Any]] = [
    # name, text, other, metadata
    {"name": "r0", "text": "请把走廊的灯关掉", "other": "alpha", "kind": "decline", "level": 5, "share": 0.5},
    {"name": "r1", "text": "turn the Kettle on", "other": "beta", "kind": "sample", "level": 1, "share": 0.25},
    {"name": "r2", "text": "turn the kettle off at noon", "other": "gamma", "kind": "sample", "level": 3},
    {"name": "r3", "text": "close the shutters", "other": "kettle stays", "kind": "conflict", "level": 10},
    {"name": "r4", "text": '100% _sure_ it\'s "quoted"', "other": "delta", "kind": ["sample", "conflict"], "level": 7},
    {"name": "r5", "text": "nothing known of this one", "other": "epsilon"},
]


class Set(NamedTuple):
    """A published dataset with the records above, answered by two people."""

    id: str
    owner: Api
    first: Person
    second: Person
    ids: dict[str, str]
    kind: dict[str, Any]
    level: dict[str, Any]
    share: dict[str, Any]

    def find(self, who: Api | None = None, **query: Any) -> list[str]:
        """Return the names of the records found, in order; as the owner over all responses, or as one person."""
        body = {name: value for name, value in query.items() if name in ("query", "filters", "sort")}
        rest = "&".join(f"{name}={value}" for name, value in query.items() if name in ("offset", "limit"))
        me = "me/" if who else ""
        answer = (who or self.owner)("POST", f"{me}datasets/{self.id}/records/search?{rest}", body)
        assert answer["total"] >= len(answer["items"])
        if not rest:
            assert answer["total"] == len(answer["items"])
        return [item["record"]["external_id"] for item in answer["items"]]


def terms(scope: dict[str, Any], *values: str) -> dict[str, Any]:
    return {"and": [{"type": "terms", "scope": scope, "values": list(values)}]}


def between(scope: dict[str, Any], **limits: Any) -> dict[str, Any]:
    return {"and": [{"type": "range", "scope": scope, **limits}]}


def meta(name: str) -> dict[str, Any]:
    return {"entity": "metadata", "metadata_property": name}


def record(name: str) -> dict[str, Any]:
    return {"entity": "record", "property": name}


def answer(question: str | None = None) -> dict[str, Any]:
    return {"entity": "response", "question": question} if question else {"entity": "response", "property": "status"}


def hint(question: str, name: str) -> dict[str, Any]:
    return {"entity": "suggestion", "question": question, "property": name}


def by(scope: dict[str, Any], order: str = "asc") -> list[dict[str, Any]]:
    return [{"scope": scope, "order": order}]


def words(q: str, field: str | None = None) -> dict[str, Any]:
    return {"text": {"q": q, **({"field": field} if field else {})}}


def options(*values: str) -> list[dict[str, str]]:
    return [{"value": value, "text": value} for value in values]


@pytest.fixture(scope="module")
def found(api: Api, new_person: Callable[[str], Person]) -> Iterator[Set]:
    workspace = api("POST", "workspaces", {"name": f"w-{uuid.uuid4().hex[:8]}"})
    body = {"name": "contract", "workspace_id": workspace["id"], "allow_extra_metadata": True}
    distribution = {"strategy": "overlap", "min_submitted": 2}
    dataset = api("POST", "datasets", {**body, "distribution": distribution})
    base = f"datasets/{dataset['id']}"
    for field in ("text", "other"):
        settings = {"type": "text", "use_markdown": False}
        api("POST", f"{base}/fields", {"name": field, "title": field, "required": True, "settings": settings})
    choice = {"type": "label_selection", "options": options("accept", "reject", "correct")}
    several = {"type": "multi_label_selection", "options": options("device", "slot", "other"), "visible_options": 3}
    rating = {"type": "rating", "options": [{"value": n} for n in range(6)]}
    questions = {}
    for name, settings, required in (("verdict", choice, True), ("wrong", several, False), ("grade", rating, False)):
        question = {"name": name, "title": name, "required": required, "settings": settings}
        questions[name] = api("POST", f"{base}/questions", question)["id"]
    properties = [
        api("POST", f"{base}/metadata-properties", {"name": name, "title": name, "settings": {"type": kind}})
        for name, kind in (("kind", "terms"), ("level", "integer"), ("share", "float"))
    ]
    api("PUT", f"{base}/publish")
    items = []
    for one in RECORDS:
        metadata = {name: one[name] for name in ("kind", "level", "share") if name in one}
        fields = {"text": one["text"], "other": one["other"]}
        items.append({"external_id": one["name"], "fields": fields, "metadata": metadata})
    created = api("PUT", f"{base}/records/bulk", {"items": items})["items"]
    ids = {item["external_id"]: item["id"] for item in created}
    for name, value, score, agent in (("r0", "accept", 0.9, "rule-a"), ("r1", "reject", 0.4, "rule-b")):
        suggestion = {"question_id": questions["verdict"], "value": value, "score": score, "agent": agent}
        api("PUT", f"records/{ids[name]}/suggestions", {**suggestion, "type": "model"})
    first, second = new_person(workspace["id"]), new_person(workspace["id"])

    def respond(person: Person, name: str, status: str, **values: Any) -> None:
        given = {question: {"value": value} for question, value in values.items()}
        person.api("POST", f"records/{ids[name]}/responses", {"status": status, "values": given})

    respond(first, "r0", "submitted", verdict="accept", grade=5)
    respond(first, "r1", "submitted", verdict="reject", wrong=["slot", "device"], grade=1)
    respond(first, "r2", "draft", verdict="accept")
    respond(first, "r3", "discarded", verdict="accept")
    respond(second, "r0", "submitted", verdict="correct", grade=2)
    yield Set(dataset["id"], api, first, second, ids, *properties)
    api("DELETE", base)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (words("kettle"), "r1 r2 r3"),
        (words("KETTLE"), "r1 r2 r3"),
        (words("kettle", "text"), "r1 r2"),
        (words("kettle", "other"), "r3"),
        (words("kettle noon"), "r2"),
        (words("noon kettle"), "r2"),
        (words('"kettle off"'), "r2"),
        (words('"off kettle"'), ""),
        (words("kettle -turn"), "r3"),
        (words("noon | shutters"), "r2 r3"),
        (words("走廊"), "r0"),
        (words("把走廊的灯"), "r0"),
        (words("quoted"), "r4"),
        (words("nowhere"), ""),
    ],
)
def test_text_is_found_by_words_and_phrases(found: Set, query: dict[str, Any], names: str) -> None:
    assert sorted(found.find(query=query)) == names.split()
    assert sorted(found.find(found.first.api, query=query)) == names.split()


@pytest.mark.parametrize(
    "query", ["%", "_", "'", '"', "\\", "(", "' OR 1=1 --", "*", "-", "|", "{}", "$.x", "\u202e", "a" * 5000]
)
def test_no_text_breaks_the_search(found: Set, query: str) -> None:
    assert set(found.find(query=words(query))) <= set(found.ids)


def test_a_field_that_is_not_there_is_refused(found: Set) -> None:
    found.owner("POST", f"datasets/{found.id}/records/search", {"query": words("x", "nowhere")}, expect=422)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (terms(meta("kind"), "sample"), "r1 r2 r4"),
        (terms(meta("kind"), "decline", "conflict"), "r0 r3 r4"),
        (terms(meta("kind"), "none of these"), ""),
        (terms(meta("level"), "5", "1"), "r0 r1"),
        (between(meta("level"), ge=3, le=7), "r0 r2 r4"),
        (between(meta("level"), ge=7), "r3 r4"),
        (between(meta("share"), le=0.3), "r1"),
        (between(meta("share"), ge=0.25, le=0.5), "r0 r1"),
        (terms(record("external_id"), "r1", "r5"), "r1 r5"),
        (terms(record("status"), "completed"), "r0"),
        (terms(record("status"), "pending"), "r1 r2 r3 r4 r5"),
        (between(record("inserted_at"), ge="2020-01-01T00:00:00"), "r0 r1 r2 r3 r4 r5"),
        (between(record("inserted_at"), le="2020-01-01T00:00:00"), ""),
        (terms(hint("verdict", "value"), "accept"), "r0"),
        (terms(hint("verdict", "agent"), "rule-b"), "r1"),
        (terms(hint("verdict", "type"), "model"), "r0 r1"),
        (between(hint("verdict", "score"), ge=0.5), "r0"),
        (terms(answer("verdict"), "accept"), "r0 r2 r3"),
        (terms(answer("verdict"), "correct", "reject"), "r0 r1"),
        (terms(answer("wrong"), "device"), "r1"),
        (terms(answer("grade"), "5"), "r0"),
        (between(answer("grade"), ge=2), "r0"),
        (terms(answer(), "submitted"), "r0 r1"),
        (terms(answer(), "draft", "discarded"), "r2 r3"),
        (terms(answer(), "pending"), "r4 r5"),
        (terms(answer(), "pending", "draft"), "r2 r4 r5"),
    ],
)
def test_the_owner_filters_over_all_responses(found: Set, filters: dict[str, Any], names: str) -> None:
    assert sorted(found.find(filters=filters)) == names.split()


@pytest.mark.parametrize(
    ("status", "first", "second"),
    [
        (["pending"], "r4 r5", "r1 r2 r3 r4 r5"),
        (["submitted"], "r0 r1", "r0"),
        (["draft"], "r2", ""),
        (["discarded"], "r3", ""),
        (["pending", "draft"], "r2 r4 r5", "r1 r2 r3 r4 r5"),
        (["submitted", "discarded"], "r0 r1 r3", "r0"),
    ],
)
def test_everybody_has_a_queue_of_their_own(found: Set, status: list[str], first: str, second: str) -> None:
    filters = terms(answer(), *status)
    assert sorted(found.find(found.first.api, filters=filters)) == first.split()
    assert sorted(found.find(found.second.api, filters=filters)) == second.split()


def test_somebody_filters_by_their_own_answers_only(found: Set) -> None:
    assert found.find(found.second.api, filters=terms(answer("verdict"), "accept")) == []
    assert found.find(found.second.api, filters=terms(answer("verdict"), "correct")) == ["r0"]


def test_all_filters_must_hold_and_go_with_text_and_sort(found: Set) -> None:
    filters = {"and": terms(meta("kind"), "sample", "conflict")["and"] + between(meta("level"), le=9)["and"]}
    assert found.find(filters=filters, query=words("turn"), sort=by(meta("level"), "desc")) == ["r2", "r1"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (by(meta("level")), "r1 r2 r0 r4 r3 r5"),
        (by(meta("level"), "desc"), "r3 r4 r0 r2 r1 r5"),
        (by(record("external_id"), "desc"), "r5 r4 r3 r2 r1 r0"),
        (by(record("status")) + by(record("external_id")), "r0 r1 r2 r3 r4 r5"),
        (by(record("status"), "desc") + by(record("external_id"), "desc"), "r5 r4 r3 r2 r1 r0"),
        (by(hint("verdict", "score")) + by(record("external_id")), "r1 r0 r2 r3 r4 r5"),
        (by(hint("verdict", "score"), "desc") + by(record("external_id")), "r0 r1 r2 r3 r4 r5"),
        (by(answer("grade")) + by(record("external_id")), "r1 r0 r2 r3 r4 r5"),
        (by(answer("grade"), "desc") + by(record("external_id")), "r0 r1 r2 r3 r4 r5"),
    ],
)
def test_sorting_puts_what_has_no_value_last(found: Set, sort: list[dict[str, Any]], names: str) -> None:
    assert found.find(sort=sort) == names.split()


def test_pages_of_a_sorted_search_join_without_gap_or_overlap(found: Set) -> None:
    sort = by(record("external_id"))
    pages = [found.find(sort=sort, offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    assert pages == [["r0", "r1"], ["r2", "r3"], ["r4", "r5"], []]


def test_the_total_counts_all_pages(found: Set) -> None:
    answer = found.owner("POST", f"datasets/{found.id}/records/search?limit=1", {})
    assert (answer["total"], len(answer["items"])) == (6, 1)


def test_metadata_metrics_say_which_values_there_are(found: Set) -> None:
    kinds = found.owner("GET", f"metadata-properties/{found.kind['id']}/metrics")
    counts = {"sample": 3, "conflict": 2, "decline": 1}
    assert kinds["type"] == "terms"
    assert kinds["total"] == 6
    assert {value["term"]: value["count"] for value in kinds["values"]} == counts
    assert [value["count"] for value in kinds["values"]] == [3, 2, 1]
    level = found.owner("GET", f"metadata-properties/{found.level['id']}/metrics")
    share = found.owner("GET", f"metadata-properties/{found.share['id']}/metrics")
    assert (level["min"], level["max"]) == (1, 10)
    assert (share["min"], share["max"]) == (0.25, 0.5)


def test_progress_counts_finished_records(found: Set) -> None:
    progress = found.owner("GET", f"datasets/{found.id}/progress")
    assert (progress["total"], progress["completed"], progress["pending"]) == (6, 1, 5)


def test_everybody_sees_their_own_progress(found: Set) -> None:
    if not found.owner.server.embedded:
        pytest.skip("Elasticsearch counts other people's responses to the same records too")
    mine = found.first.api("GET", f"me/datasets/{found.id}/metrics")["responses"]
    assert mine == {"total": 6, "submitted": 2, "draft": 1, "discarded": 1, "pending": 2}
    theirs = found.second.api("GET", f"me/datasets/{found.id}/metrics")["responses"]
    assert theirs == {"total": 6, "submitted": 1, "draft": 0, "discarded": 0, "pending": 5}


def test_an_answer_changes_what_is_found_at_once(found: Set) -> None:
    response = {"status": "submitted", "values": {"verdict": {"value": "reject"}}}
    given = found.second.api("POST", f"records/{found.ids['r5']}/responses", response)
    assert "r5" not in found.find(found.second.api, filters=terms(answer(), "pending"))
    found.second.api("DELETE", f"responses/{given['id']}")
    assert "r5" in found.find(found.second.api, filters=terms(answer(), "pending"))


def test_a_changed_or_deleted_record_is_found_as_it_is_now(found: Set) -> None:
    item = {"external_id": "extra", "fields": {"text": "a walrus", "other": "x"}, "metadata": {"kind": "all"}}
    bulk = f"datasets/{found.id}/records/bulk"
    made = found.owner("PUT", bulk, {"items": [item]})["items"][0]
    assert found.find(query=words("walrus")) == ["extra"]
    found.owner("PUT", bulk, {"items": [{**item, "fields": {"text": "a narwhal", "other": "x"}}]})
    assert found.find(query=words("walrus")) == []
    assert found.find(query=words("narwhal")) == ["extra"]
    found.owner("DELETE", f"datasets/{found.id}/records?ids={made['id']}")
    assert found.find(query=words("narwhal")) == []


def test_an_unknown_metadata_property_or_question_is_refused(found: Set) -> None:
    search = f"datasets/{found.id}/records/search"
    found.owner("POST", search, {"filters": terms(meta("nowhere"), "x")}, expect=422)
    found.owner("POST", search, {"sort": by(answer("nowhere"))}, expect=422)


def test_a_draft_dataset_has_no_progress_yet(api: Api) -> None:
    workspace = api("POST", "workspaces", {"name": f"w-{uuid.uuid4().hex[:8]}"})
    dataset = api("POST", "datasets", {"name": "draft", "workspace_id": workspace["id"]})
    assert api("GET", f"datasets/{dataset['id']}/progress")["total"] == 0
    api("DELETE", f"datasets/{dataset['id']}")


def test_vector_search_is_refused_with_the_reason(found: Set) -> None:
    if not found.owner.server.embedded:
        pytest.skip("Elasticsearch compares vectors")
    vectors = {"name": "v", "title": "v", "dimensions": 2}
    refused = found.owner("POST", f"datasets/{found.id}/vectors-settings", vectors, expect=422)
    assert "similarity search" in str(refused)


def test_search_text_is_found_as_an_annotator_sees_it(found: Set) -> None:
    if not found.owner.server.embedded:
        pytest.skip("Elasticsearch searches the words of the markup")
    marked = {"text": "<pre>open the <mark>cellar</mark>&#32;door &lt;b&gt;</pre>", "other": "x"}
    bulk = f"datasets/{found.id}/records/bulk"
    made = found.owner("PUT", bulk, {"items": [{"external_id": "marked", "fields": marked}]})["items"][0]
    assert found.find(query=words('"the cellar door <b>"')) == ["marked"]
    found.owner("DELETE", f"datasets/{found.id}/records?ids={made['id']}")
