"""What must come before an action: the triggers that a sentence states, and the parts of the text that state them.

Every trigger of the target format is found here. A condition that stands as one and is none of these is found too, with
the reason why no trigger can say it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from curation.lexicon import Lexicon
from curation.literals import sieve
from curation.text import Span
from rules.chinese.comparisons import Comparison
from rules.smart_home.conditions.comparison import find_comparisons, may_compare
from rules.smart_home.conditions.dated import find_dated
from rules.smart_home.conditions.days import WEEK
from rules.smart_home.conditions.state import find_events, find_states
from rules.smart_home.conditions.surroundings import (
    DELAYED_EVENT,
    JOINER,
    Condition,
    Surroundings,
    clocks_in,
    overlap,
)
from rules.smart_home.conditions.time import find_times
from rules.smart_home.conditions.unsayable import UNSAYABLE, find_unsayable

__all__ = ["Condition", "Surroundings", "clocks_in", "find_conditions", "join", "may_wait"]

_SPOKEN = re.compile(
    r"(?:当|如果|每当|每次|要是|只要|一旦|若)?(?:我|有人|你听到我|听到我|听见我)(?:一)?"  # 当我, 如果你听到我
    r"(?:对你)?(?:说|喊|讲|叫|(?<=[果是当次要旦若]我)话(?!我|你|俾|畀))(?:出)?"
    r"[^,。;]+?"  # the phrase that is spoken: 说晚安, 我話瞓覺
    r"(?:的时候|嘅时候|的时侯|时|的话|嘅话|,?就|,)(?:,?(?:就|请|便))*"
)
_MAY_WAIT = sieve([_SPOKEN, *UNSAYABLE, WEEK])
_OPENING = ("sensors", "events", "heads", "repeats")
"""Lexicons whose words may make a condition with no number and no time beside them."""
_OR = re.compile(r"或者?|或是|要么")


def may_wait(text: str, lexicons: Mapping[str, Lexicon], comparisons: Sequence[Comparison]) -> bool:
    """Tell whether a sentence without a time may state a condition; most do not, and need not be looked at closely."""
    return (
        _MAY_WAIT.search(text) is not None
        or any(lexicons[name].may_find(text) for name in _OPENING)
        or may_compare(text, comparisons)
    )


def find_conditions(around: Surroundings) -> list[Condition]:
    """Return the conditions of a sentence from left to right, not overlapping."""
    states, events = find_states(around), find_events(around)
    compared = find_comparisons(around, [*states, *events])
    waits = compared or states or events or around.clocks or around.durations or around.heads or around.days
    if not waits and _MAY_WAIT.search(around.text) is None:
        return []
    told = [*compared, *states, *events, *find_times(around)]
    found: list[Condition] = []
    for condition in (*_spoken(around), find_dated(around), *told):
        if condition and not condition.open:
            _add(found, condition)
    for condition in told:
        if condition.open and any(_joined(around, condition, other) for other in found):
            _add(found, condition)
    if not found:
        for condition in _joint(around, [one for one in told if one.open]):
            _add(found, condition)
    found = [condition for condition in found if not _inside_phrase(condition, found)]
    _add(found, _left_over(around, found))
    _add(found, find_unsayable(around, found))
    return _merge_regions(around, sorted(found, key=lambda condition: condition.span))


def _add(found: list[Condition], condition: Condition | None) -> None:
    """Add a condition, if there is one, and none that is found already has any of its words."""
    if condition and not any(overlap(one.span, condition.span) for one in found):
        found.append(condition)


def _spoken(around: Surroundings) -> list[Condition]:
    """Return the phrases that something waits for to be spoken, but those that somebody is told."""
    return [
        Condition.unsayable(Span(*match.span()), "a spoken phrase is no trigger", "phrase")
        for match in _SPOKEN.finditer(around.text)
        if not around.text.endswith(("提醒", "告诉", "通知"), 0, match.start())
    ]


_JOINED = re.compile(rf"(?:了|着|咗)?,?{JOINER}(?:家里|屋里|外面|室内|又|还)?")
_LISTED = re.compile(r"(?:了|着|咗)?[,、](?:家里|屋里|外面|室内|又|还)?")
"""Between a state and another, or a comparison: 家里没人，温度低于十度就."""
_BESIDE = re.compile(r"(?:了|着|咗)?(?:家里|屋里|外面|室内|又|还)?")
"""What stands between two conditions that nothing joins: 天黑了没人就."""
_EITHER = re.compile(r"(?:了|着|咗)?,?(?:或者?|或是)[^,。;]{1,12}?(?:的时候|嘅时候|时(?!间)|的话|,就?|就)")
"""Behind a state, another one that will do as well, up to what is to be done."""
_ONE_OR_ANOTHER = "one condition or another is no trigger"
_MORE = re.compile(rf"(?:了|着|咗)?,?{JOINER}(?P<rest>[^,。;]{{1,12}}?)(?:的时候|嘅时候|时(?!间)|的话|,?就|(?P<by>,))")
_AND = re.compile(r"(?:,|、|加上|但是?|不过|(?:的|嘅)?同时|并且|而且|且|并|又|和|或者|或是|或|与|的时候|时)*")
"""What stands between the regions of two conditions and belongs to no action."""
_BEFORE = re.compile(rf"(?P<rest>[^,。;]{{2,12}}?)(?:了|着)?,?{JOINER}[^,。;]{{0,3}}$")


def _joined(around: Surroundings, one: Condition, other: Condition) -> bool:
    """Tell whether nothing but a joining word stands between two conditions."""
    first, second = sorted((one.span, other.span))
    joined = _JOINED.match(around.text, first.end) or _BESIDE.match(around.text, first.end)
    if other.kind in {"comparison", "state"} and one.span < other.span:
        joined = _LISTED.match(around.text, first.end) or joined
    return joined is not None and first.end <= second.start <= joined.end()


def _joint(around: Surroundings, told: Sequence[Condition]) -> list[Condition]:
    """Return the states that make a condition because they are joined, or one because another will do as well."""
    both = [one for pair in pairwise(told) if _together(around, *pair) for one in pair]
    if both:
        return both  # 下雨并且窗户开着，提醒我关窗
    found = []
    for one in told:
        either = _EITHER.match(around.text, one.span.end)
        if either is not None and _is_stated(around, Span(*either.span())):  # 下雨或者刮大风，就
            whole, region = Span(one.span.start, either.end()), Span(one.region.start, either.end())
            found.append(Condition.unsayable(whole, _ONE_OR_ANOTHER, "other", region))
    return found


def _together(around: Surroundings, one: Condition, other: Condition) -> bool:
    """Tell whether two states are joined into one condition, which a comma ends before what is to be done."""
    joined = _JOINED.match(around.text, one.span.end)
    if joined is None or joined.end() != other.span.start:
        return False
    return around.text.startswith(",", other.span.end) and around.acts_behind(other.span.end)


def _is_stated(around: Surroundings, rest: Span) -> bool:
    """Tell whether the words behind a state state another, and what is to be done follows."""
    return not around.verb_in(*rest) and around.acts_behind(rest.end)


def _left_over(around: Surroundings, found: Sequence[Condition]) -> Condition | None:
    """Return a part of a joint condition that nothing else accounts for (电量低于20%并且没在充电时)."""
    for condition in found:
        start, end = condition.span
        before = _BEFORE.search(around.text, around.clause_start(start), start)
        for match in (_MORE.match(around.text, end), before):
            rest = Span(*match.span("rest")) if match else None
            if rest is None or around.verb_in(*rest) or any(overlap(one.span, rest) for one in found):
                continue
            if match and match is not before and match["by"] and around.head_before(start) is None:
                continue  # only behind a head does a comma close it: 如果天热或者孩子在家，打开空调
            return Condition.unsayable(rest, "a part of the condition that no trigger can say", "other")
    return None


def _inside_phrase(condition: Condition, found: Sequence[Condition]) -> bool:
    """Tell whether a condition begins within a phrase that is to be spoken."""
    return any(
        other.kind == "phrase" and other is not condition and other.span.start <= condition.span.start < other.span.end
        for other in found
    )


def _merge_regions(around: Surroundings, conditions: list[Condition]) -> list[Condition]:
    """Let a condition's region reach to the next one where only a joining word stands between."""
    merged: list[Condition] = []
    for one, following in zip(conditions, [*conditions[1:], None], strict=False):
        region = one.region
        if following and _AND.fullmatch(around.text, region.end, following.region.start):
            region = Span(region.start, following.region.start)
        merged.append(Condition(one.span, region, one.trigger, one.reason, one.kind, one.notes))
    return merged


def join(around: Surroundings, conditions: Sequence[Condition]) -> tuple[dict[str, Any] | None, str]:
    """Return the one trigger that all conditions together say, or None and the reason why none does."""
    trigger: dict[str, Any] = {}
    for index, one in enumerate(conditions):
        if one.trigger is None:
            return None, one.reason
        if index and _OR.search(around.text[conditions[index - 1].span.end : one.span.start + 2]):
            return None, _ONE_OR_ANOTHER
        for key, value in one.trigger.items():
            if key in trigger and trigger[key] != value:
                return None, "two conditions on one measure are no trigger"
            trigger[key] = value
    if "time" in trigger and "time_after" in trigger:
        return None, "a delay and a clock time together are no trigger"
    if "time_after" in trigger and len(trigger) > 1:
        return None, DELAYED_EVENT  # 我出门后过十分钟
    return trigger, ""
