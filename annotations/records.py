"""Questions as the records of an Argilla data set, and its responses as answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotations import markup
from annotations.question import Answer, Question, Verdict
from annotations.queue import script_of

FILTERS = ("rule", "phase", "reason", "script", "kind", "version", "digest")
"""Metadata that people filter by; `confidence` is a number beside them."""

_TERM = 200  # characters; a filter shows no longer ones


def record_of(question: Question, version: str, order: int, text: str) -> dict[str, Any]:
    """Return a question as Argilla's API takes it; `text` is the id of the question for a corrected output.

    The output to correct stands there already, to be edited: only with the verdict `correct`, and only where it was
    edited, is it read again.
    """
    terms = {
        "rule": question.rule or "(none)",
        "phase": question.phase or "(none)",
        "reason": question.reason or "(none)",
        "script": script_of(question.instruction),
        "kind": question.kind,
        "version": version,
        "digest": question.rule_digest or "(none)",
    }
    metadata: dict[str, Any] = {
        **{name: markup.plain(value, _TERM) for name, value in terms.items()},
        "order": order,
        "key": question.key,
    }
    if question.confidence is not None:
        metadata["confidence"] = question.confidence
    fields = {
        "instruction": markup.instruction(question),
        "change": markup.change(question),
        "reasons": markup.reasons(question),
        "proposals": markup.proposals(question),
    }
    shown = {name: field for name, field in fields.items() if field is not None}
    start = markup.editable(question.after if question.after is not None else question.before)
    suggestions = [{"question_id": text, "value": start, "agent": "rewright"}] if start else []
    return {"external_id": question.id, "fields": shown, "metadata": metadata, "suggestions": suggestions}


def shown_by(item: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what of a record a push may change; its place in the queue is not worth sending it again."""
    metadata = {name: value for name, value in item["metadata"].items() if name != "order"}
    return {name: text for name, text in item["fields"].items() if text is not None}, metadata


def answer_of(record: Mapping[str, Any], response: Mapping[str, Any], people: Mapping[str, str]) -> Answer | None:
    """Return a response as an answer, None where it is not submitted."""
    if response["status"] != "submitted":
        return None
    values = {name: value["value"] for name, value in (response["values"] or {}).items()}
    verdict: Verdict = values["verdict"]
    metadata = record["metadata"] or {}
    start = {suggestion["value"] for suggestion in record["suggestions"]}
    corrected = values.get("corrected") if verdict == "correct" and values.get("corrected") not in start else None
    return Answer(
        question_id=record["external_id"],
        annotator=people.get(response["user_id"], response["user_id"]),
        verdict=verdict,
        corrected=corrected or None,
        wrong=tuple(values.get("wrong") or ()),
        comment=values.get("comment") or "",
        answered_at=f"{response['updated_at']}Z" if response.get("updated_at") else None,
        key=metadata.get("key", ""),
        rule=_known(metadata.get("rule")),
        rule_digest=_known(metadata.get("digest")),
        kind=metadata.get("kind", ""),
        version=metadata.get("version", ""),
    )


def _known(value: str | None) -> str:
    return "" if value in (None, "(none)") else str(value)
