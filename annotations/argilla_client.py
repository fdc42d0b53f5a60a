"""Questions to an Argilla server and answers from it; the only module that knows Argilla's client library.

The library is imported when a server is first talked to. It makes the data set; records go and come over its
authenticated connection, because its own record types lose the time of an answer.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from annotations.question import VERDICTS, Answer, Question
from annotations.records import FILTERS, answer_of, record_of, shown_by
from annotations.server.address import Address
from annotations.server.environment import ServerError
from curation.problems import without_login

if TYPE_CHECKING:
    import argilla as rg

BATCH = 256
_PAGE = 200
_ASKED = 250  # values that one filter may hold
WRONG: Mapping[str, str] = {
    "device": "设备 · device",
    "slot": "参数 · slot",
    "trigger": "触发条件 · trigger",
    "missing_action": "缺少动作 · missing action",
    "meaning_lost": "语义丢失 · meaning lost",
    "other": "其他 · other",
}
_VERDICT_TITLES = ("接受 · accept", "拒绝 · reject", "更正 · correct")
_OLDEST_FIRST = [{"scope": {"entity": "record", "property": "inserted_at"}, "order": "asc"}]


class Pushed(NamedTuple):
    """What a push did: questions that were new, that were there but shown differently, that were there as they are."""

    added: int
    updated: int
    kept: int


class Counts(NamedTuple):
    """The answers of a data set by state, and its questions."""

    questions: int
    completed: int
    submitted: int
    drafts: int
    discarded: int
    by_annotator: Mapping[str, Mapping[str, int]]
    """For each name how many are `submitted`, `draft` and `discarded`."""


def push(
    server: Address,
    dataset: str,
    questions: Iterable[Question],
    *,
    version: str,
    guidelines: str = "",
    answers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Pushed:
    """Put questions into a data set, which is made where it does not exist, and return what that did.

    A question that is there keeps its answers; nothing is there twice. After a cut, the same call goes on: what is
    there already is only looked at. `version` is the id of the version that asks, `answers` is how many people are to
    answer each question, `progress` gets the number of questions done so far after each batch. Raises `ServerError`.
    """
    with _talking(server) as client:
        target = _dataset(client, server.workspace, dataset, guidelines, answers)
        text = _question_id(client, target, "corrected")
        added = updated = kept = done = 0
        waiting = iter({question.id: question for question in questions}.values())
        while batch := list(islice(waiting, BATCH)):
            there = _records(client, target, [question.id for question in batch])
            items = [record_of(question, version, done + place, text) for place, question in enumerate(batch)]
            new = [item for item in items if item["external_id"] not in there]
            changed = [
                item for item in items if item["external_id"] in there and there[item["external_id"]] != shown_by(item)
            ]
            if new or changed:
                _request(client, "PUT", f"datasets/{target.id}/records/bulk", json={"items": new + changed})
            added, updated = added + len(new), updated + len(changed)
            done += len(batch)
            kept = done - added - updated
            if progress:
                progress(done)
        return Pushed(added, updated, kept)


def pull(server: Address, dataset: str) -> Iterator[Answer]:
    """Yield every answer that was submitted to a data set, each once, the oldest question first.

    Drafts and discarded answers are no answers; `counts` tells how many there are. Raises `ServerError`, also in the
    middle: answers are only read, so the next call starts again and loses nothing.
    """
    with _talking(server) as client:
        target = _existing(client, server.workspace, dataset)
        people = {str(user.id): user.username for user in client.users}
        seen: set[tuple[str, str]] = set()
        scope = {"entity": "response", "property": "status"}
        query = {
            "filters": {"and": [{"type": "terms", "scope": scope, "values": ["submitted"]}]},
            "sort": _OLDEST_FIRST,
        }
        for record in _search(client, target, query, include="responses,suggestions"):
            for response in record["responses"]:
                answer = answer_of(record, response, people)
                if answer and (answer.question_id, answer.annotator) not in seen:
                    seen.add((answer.question_id, answer.annotator))
                    yield answer


def counts(server: Address, dataset: str) -> Counts:
    """Return how far a data set is: its questions, the finished ones, answers by state and by annotator."""
    with _talking(server) as client:
        progress = _existing(client, server.workspace, dataset).progress(with_users_distribution=True)
        people: dict[str, dict[str, int]] = {}
        for name, states in sorted(progress.get("users", {}).items()):
            people[name] = {
                state: states["completed"][state] + states["pending"][state]
                for state in ("submitted", "draft", "discarded")
            }
        total = {state: sum(one[state] for one in people.values()) for state in ("submitted", "draft", "discarded")}
        return Counts(
            progress["total"], progress["completed"], total["submitted"], total["draft"], total["discarded"], people
        )


# -- the data set ---------------------------------------------------------------------------------------------------


def _settings(guidelines: str, answers: int) -> rg.Settings:
    import argilla as rg

    return rg.Settings(
        guidelines=guidelines or None,
        fields=[
            rg.TextField("instruction", title="指令 · Instruction", use_markdown=True),
            rg.TextField("change", title="改动 · Change", use_markdown=True),
            rg.TextField("reasons", title="规则与理由 · Rule and reason", use_markdown=True),
            rg.TextField("proposals", title="其他提议 · Also proposed", use_markdown=True, required=False),
        ],
        questions=[
            rg.LabelQuestion("verdict", dict(zip(VERDICTS, _VERDICT_TITLES, strict=True)), title="判断 · Verdict"),
            rg.MultiLabelQuestion("wrong", dict(WRONG), title="哪里不对 · What is wrong", required=False),
            rg.TextQuestion("corrected", title="正确输出 · Corrected output (JSON)", required=False),
            rg.TextQuestion("comment", title="备注 · Comment", required=False),
        ],
        metadata=[
            *(rg.TermsMetadataProperty(name) for name in FILTERS),
            rg.FloatMetadataProperty("confidence"),
            rg.IntegerMetadataProperty("order"),
            rg.TermsMetadataProperty("key", visible_for_annotators=False),
        ],
        distribution=rg.TaskDistribution(min_submitted=answers),
    )


def _dataset(client: rg.Argilla, workspace: str, name: str, guidelines: str, answers: int) -> rg.Dataset:
    """Return the data set, made or brought up to date."""
    import argilla as rg

    with _quiet():
        if client.workspaces(workspace) is None:
            client.workspaces.add(rg.Workspace(name=workspace))
        found = client.datasets(name, workspace=workspace)
    if found is not None and str(found.api_model().status) == "draft":
        found.delete()  # the making of it was cut: nobody has seen it
        found = None
    if found is None:
        settings = _settings(guidelines, answers)
        with _quiet():
            return rg.Dataset(name=name, workspace=workspace, settings=settings, client=client).create()
    found.get()
    missing = {"verdict", "corrected", "wrong", "comment"} - {question.name for question in found.questions}
    if missing:
        raise ServerError(f"the data set {name!r} of {without_login(client.api_url)} is no review; choose another name")
    if guidelines and found.guidelines != guidelines:
        _request(client, "PATCH", f"datasets/{found.id}", json={"guidelines": guidelines})
    return found


def _existing(client: rg.Argilla, workspace: str, name: str) -> rg.Dataset:
    with _quiet():
        found = client.datasets(name, workspace=workspace)
    if found is None:
        there = f"workspace {workspace!r} of {without_login(client.api_url)}"
        raise ServerError(f"no data set {name!r} in {there}; push one first")
    return found


# -- records --------------------------------------------------------------------------------------------------------


def _question_id(client: rg.Argilla, dataset: rg.Dataset, name: str) -> str:
    found = _request(client, "GET", f"datasets/{dataset.id}/questions")["items"]
    return next(str(question["id"]) for question in found if question["name"] == name)


def _records(client: rg.Argilla, dataset: rg.Dataset, ids: list[str]) -> dict[str, tuple[Any, Any]]:
    """Return those of the records that are on the server."""
    found: dict[str, tuple[Any, Any]] = {}
    scope = {"entity": "record", "property": "external_id"}
    for start in range(0, len(ids), _ASKED):
        values = ids[start : start + _ASKED]
        query = {"filters": {"and": [{"type": "terms", "scope": scope, "values": values}]}, "sort": _OLDEST_FIRST}
        for record in _search(client, dataset, query):
            found[record["external_id"]] = shown_by({**record, "metadata": record["metadata"] or {}})
    return found


def _search(
    client: rg.Argilla, dataset: rg.Dataset, query: Mapping[str, Any], include: str | None = None
) -> Iterator[dict[str, Any]]:
    offset = 0
    while True:
        params = {"offset": offset, "limit": _PAGE, **({"include": include} if include else {})}
        page = _request(client, "POST", f"datasets/{dataset.id}/records/search", json=query, params=params)
        yield from (item["record"] for item in page["items"])
        offset += len(page["items"])
        if not page["items"] or offset >= page["total"]:
            return


# -- the connection -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _talking(server: Address) -> Iterator[rg.Argilla]:
    """Yield a client; whatever goes wrong on the way is a `ServerError` that says what to do."""
    try:
        with _quiet():
            import argilla as rg
            import httpx
    except ImportError as error:
        raise ServerError(f"review needs more packages ({error.name} is missing): install rewright[review]") from None
    from argilla._exceptions import ArgillaError

    try:
        # Before the library does: its client would be lost open where the server or the key is wrong.
        httpx.get(
            f"{server.url}/api/v1/me", headers={"X-Argilla-Api-Key": server.api_key}, timeout=60
        ).raise_for_status()
        client = rg.Argilla(api_url=server.url, api_key=server.api_key, timeout=120)
        with contextlib.closing(client.http_client):
            yield client
    except httpx.HTTPStatusError as error:
        answer = error.response.text[:500]
        raise ServerError(f"{server} refused ({error.response.status_code}): {answer}") from None
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise ServerError(f"{server} does not answer ({reason}); start it, and run this again to go on") from None
    except ArgillaError as error:
        raise ServerError(f"{server}: {error.__cause__ or error}") from None


def _quiet() -> warnings.catch_warnings[None]:
    """Return a context in which the library's own old ways, and what it finds missing, are no warnings."""
    return warnings.catch_warnings(action="ignore")


def _request(client: rg.Argilla, method: str, path: str, **named: Any) -> Any:
    answer = client.http_client.request(method, f"/api/v1/{path}", **named)
    answer.raise_for_status()
    return answer.json()
