"""SQL for what Argilla asks of its search engine: text queries, filters and orders over one record `r`.

Every place that can be filtered or sorted by is a source of JSON values named `e` (columns of SQLite's `json_each`), so
that one way of comparing serves all. Everything that came from outside is bound, never written into the SQL.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from argilla_server.search_engine.base import (
    AndFilter,
    MetadataFilterScope,
    RangeFilter,
    RecordFilterScope,
    ResponseFilterScope,
    SuggestionFilterScope,
    TermsFilter,
)

_TERM = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s|"]+))|(?P<bar>\|)')
_TIMES = ("inserted_at", "updated_at")
_RECORD = ("id", "external_id", "status", *_TIMES)
_NUMBER = "e.type IN ('integer', 'real')"


class Binds(dict[str, Any]):
    """Values of a statement by the name they are bound to."""

    def __call__(self, value: object) -> str:
        """Bind a value and return how the statement names it."""
        name = f"v{len(self)}"
        self[name] = value
        return f":{name}"


def path(*names: str) -> str:
    """Return the JSON path to a value below named keys."""
    return "$" + "".join(f".{json.dumps(name, ensure_ascii=False)}" for name in names)


def text_query(query: Any, binds: Binds) -> list[str]:
    """Return the condition for a text query, as Argilla's users know it.

    Words and "phrases" must all stand in some field, `-word` in none, `|` parts alternatives. Words are found anywhere
    in a text, so that Chinese needs no word boundaries.
    """
    if query is None:
        return []
    wanted, field = (query, None) if isinstance(query, str) else (query.q, query.field)
    tree = f"json_tree(r.fields, {binds(path(field))})" if field else "json_tree(r.fields)"
    alternatives: list[list[str]] = [[]]
    for term in _TERM.finditer(wanted):
        if term["bar"]:
            alternatives.append([])
            continue
        words = (term["phrase"] or term["word"] or "").removesuffix("*").casefold()
        if words.strip():
            found = f"EXISTS (SELECT 1 FROM {tree} t WHERE t.atom IS NOT NULL AND shows(t.atom, {binds(words)}))"
            alternatives[-1].append(f"NOT {found}" if term["no"] else found)
    conjunctions = [" AND ".join(terms) for terms in alternatives if terms]
    return [f"({' OR '.join(f'({terms})' for terms in conjunctions)})"] if conjunctions else []


def conditions(found: Any, binds: Binds) -> list[str]:
    """Return the conditions of a filter; all must hold."""
    if found is None:
        return []
    if isinstance(found, AndFilter):
        return [condition for part in found.filters for condition in conditions(part, binds)]
    scope = found.scope
    if isinstance(scope, ResponseFilterScope) and not scope.question and isinstance(found, TermsFilter):
        return [_response_status(found, binds)]
    source = _source(scope, binds)
    return [f"EXISTS (SELECT 1 FROM {source} AND ({_matches(found, scope, binds)}))"]


def orders(sort: list[Any], binds: Binds) -> list[str]:
    """Return what to sort by; records without a value come last in either direction."""
    result = []
    for order in sort:
        descending = str(getattr(order.order, "value", order.order)) == "desc"
        pick = f"{'max' if descending else 'min'}(e.atom)"
        if isinstance(order.scope, ResponseFilterScope):  # several people's: numbers by their mean
            pick = f"coalesce(avg(e.atom) FILTER (WHERE {_NUMBER}), {pick})"
        value = f"(SELECT {pick} FROM {_source(order.scope, binds)} AND e.atom IS NOT NULL)"
        result.append(f"{value} {'DESC' if descending else 'ASC'} NULLS LAST")
    return result


def _source(scope: Any, binds: Binds) -> str:
    """Return `tables WHERE condition` that yield, as `e`, the values of a scope for the record `r`."""
    if isinstance(scope, MetadataFilterScope):
        return f"json_each(r.metadata, {binds(path(scope.metadata_property))}) e WHERE true"
    if isinstance(scope, RecordFilterScope):
        return f"json_each(json_quote(r.{_named(scope.property, _RECORD)})) e WHERE true"
    if isinstance(scope, SuggestionFilterScope):
        name = _named(scope.property, ("value", "score", "agent", "type"))
        value = f"s.{name}" if name in ("value", "score") else f"json_quote(s.{name})"
        return (
            f"suggestions s JOIN questions q ON q.id = s.question_id, json_each({value}) e "
            f"WHERE s.record_id = r.id AND q.dataset_id = r.dataset_id AND q.name = {binds(scope.question)}"
        )
    if isinstance(scope, ResponseFilterScope):
        value = (
            f'a."values", {binds(path(scope.question, "value"))}'
            if scope.question
            else f"json_quote(a.{_named(scope.property, ('status',))})"
        )
        user = f" AND a.user_id = {binds(scope.user.id.hex)}" if scope.user else ""
        return f"responses a, json_each({value}) e WHERE a.record_id = r.id{user}"
    raise ValueError(f"Cannot search by {scope!r}")


def _named(name: Any, known: tuple[str, ...]) -> str:
    """Return the name of a column that stands in the list; it is written into the SQL."""
    text = str(getattr(name, "value", name))
    if text not in known:
        raise ValueError(f"Cannot search by {text!r}: known are {', '.join(known)}")
    return text


def _response_status(found: TermsFilter, binds: Binds) -> str:
    """Return the condition for responses of a status; `pending` means that there is no response yet."""
    wanted = [str(getattr(value, "value", value)) for value in found.values]
    user = f" AND a.user_id = {binds(found.scope.user.id.hex)}" if found.scope.user else ""
    responses = f"SELECT 1 FROM responses a WHERE a.record_id = r.id{user}"
    parts = [f"NOT EXISTS ({responses})"] if "pending" in wanted else []
    if given := [status for status in wanted if status != "pending"]:
        parts.append(f"EXISTS ({responses} AND a.status IN (SELECT value FROM json_each({binds(json.dumps(given))})))")
    return f"({' OR '.join(parts)})"


def _matches(found: Any, scope: Any, binds: Binds) -> str:
    """Return the comparison of `e` with what is wanted: numbers with numbers, texts with texts."""
    if isinstance(found, TermsFilter):
        texts = [_stored(value, scope) for value in found.values]
        numbers = [number for value in found.values if (number := _number(value)) is not None]
        return (
            f"e.type = 'text' AND e.atom IN (SELECT value FROM json_each({binds(json.dumps(texts))})) "
            f"OR {_NUMBER} AND e.atom IN (SELECT value FROM json_each({binds(json.dumps(numbers))})) "
            f"OR e.type IN ('true', 'false') AND e.type IN (SELECT value FROM json_each({binds(json.dumps(texts))}))"
        )
    if isinstance(found, RangeFilter):
        limits = [(sign, limit) for sign, limit in ((">=", found.ge), ("<=", found.le)) if limit is not None]
        texts = [f"e.atom {sign} {binds(_stored(limit, scope))}" for sign, limit in limits]
        counts = [f"e.atom {sign} {binds(n)}" for sign, limit in limits if (n := _number(limit)) is not None]
        parts = [f"e.type = 'text' AND {' AND '.join(texts)}"]
        if len(counts) == len(limits):
            parts.append(f"{_NUMBER} AND {' AND '.join(counts)}")
        return " OR ".join(parts)
    raise ValueError(f"Cannot filter by {found!r}")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number - number == 0 else None  # neither infinite nor NaN, which JSON cannot say


def _stored(value: Any, scope: Any) -> str:
    """Return a wanted value in the spelling of the database: ids without hyphens, times in UTC."""
    text = str(getattr(value, "value", value))
    if not isinstance(scope, RecordFilterScope):
        return text
    name = _named(scope.property, _RECORD)
    try:
        if name == "id":
            return UUID(text).hex
        if name in _TIMES:
            number = _number(value)
            moment = datetime.fromisoformat(text) if number is None else datetime.fromtimestamp(number / 1000, UTC)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment
            return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    except (ValueError, OverflowError, OSError):
        return text
    return text
