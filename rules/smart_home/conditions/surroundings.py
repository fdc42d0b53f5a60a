"""What stands around the words of a condition: heads, tails, readings, and where actions may begin."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Self

from curation.lexicon import Lexicon
from curation.text import Span
from rules.chinese.clocks import Clock, find_clocks
from rules.chinese.comparisons import Comparison
from rules.chinese.durations import Duration
from rules.smart_home.conditions.days import Days, find_days

_CLAUSE_END = frozenset(",。;!?、:□")
_NOT_ATTRIBUTE = re.compile(r"的(?:时候|时侯|话|时间|情况|同时)|嘅(?:时候|话|同时)")
_LATER = re.compile(r"[晚早迟]一?点(?![钟整半零过一二三四五十\d])")
_TAIL_JOIN = re.compile(r"(?:了|着|咗|住)?(?:,|;)?")
PART_OF_DAY = re.compile(
    r"晚上|夜里|夜间|夜晚|白天|半夜|深夜|早上|上午|下午|凌晨|周末|平时|[今每][早晚]|工作日|平日|节?假日|休息日"
)

ORDERS = re.compile(r"[把将先]")
"""Before what may be a state, that it is asked for: 先把窗户打开."""

JOINER = r"(?:并且|而且|而|且|并|又|(?:的|嘅)?同时|加上|和|同埋|或者|或是|或)"
"""What joins two conditions."""

NO_TRIGGER = "a condition that no trigger can say"
OTHER_DEVICE = "the state of another device is no trigger"
DELAYED_EVENT = "a delay after an event is no trigger"
BARE_DAYPART = "a part of the day without a time is no trigger"
"""The reasons that more than one reader gives; any other stands where it is given."""


TIME_KINDS = frozenset({"time", "time_after"})
"""Kinds of conditions that are a time."""


class Condition(NamedTuple):
    """One stated condition: where it stands, and the trigger it says, or why none can say it."""

    span: Span
    """The words that state it: the evidence."""
    region: Span
    """All that belongs to it and not to an action: its head, subject and tail."""
    trigger: Mapping[str, Any] | None
    reason: str = ""
    kind: str = ""
    notes: tuple[str, ...] = ()
    open: bool = False
    """True where only another condition that it is joined to (天黑了并且没人就) makes it one."""

    @classmethod
    def unsayable(cls, span: Span, reason: str, kind: str, region: Span | None = None, *, open: bool = False) -> Self:
        """Return a condition that no trigger can say, and why; nothing but its words belongs to it without a region."""
        return cls(span, region or span, None, reason, kind, open=open)


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two spans have characters in common."""
    return one.start < other.end and other.start < one.end


def clocks_in(text: str) -> list[Clock]:
    """Return the clock times in a folded text; 晚一点 is none."""
    return [c for c in find_clocks(text) if not _LATER.match(text, c.span.start)]


@dataclass
class Surroundings:
    """A folded text whose quoted parts are blanked, with what the readers found in it."""

    text: str
    lexicons: Mapping[str, Lexicon]
    clocks: Sequence[Clock]
    durations: Sequence[Duration]
    comparisons: Sequence[Comparison]
    action_starts: tuple[int, ...] = ()
    """Where words that may begin an action stand."""
    verb_starts: tuple[int, ...] = ()
    """Those of them that are verbs."""
    verb_ends: tuple[int, ...] = ()
    """Where verbs end that a time cannot follow: 打开三点水灯 names a lamp."""
    room_spans: tuple[Span, ...] = ()
    device_spans: tuple[Span, ...] = ()
    days: Sequence[Days] = field(init=False)
    """The days on which something comes back."""
    heads: Sequence[Span] = field(init=False)
    """The words that open a condition and stand as one."""

    def __post_init__(self) -> None:
        """Find what every reader of conditions asks for."""
        self.days = find_days(self.text, self.lexicons["repeats"], self.clocks)
        self.heads = [span for span, _ in self.lexicons["heads"].find(self.text) if self._opens(span)]

    def _opens(self, head: Span) -> bool:
        """Tell whether a head stands as one, and not in a longer word or for waiting a little."""
        word = self.text[head.start : head.end]
        return (
            not self.inert_at(*head)
            and not (word == "只要" and self.text.endswith(("不", "不光", "不单"), 0, head.start))
            and (
                word not in {"当", "等", "若", "待"}
                or self.text[head.end : head.end + 1] not in {"下", "会", "一", "着", "了"}
            )
            and not (word in {"等", "待"} and self.text.endswith(("唔使", "不用", "不必", "别"), 0, head.start))
        )

    def clause_start(self, at: int) -> int:
        """Return where the clause around `at` begins."""
        for place in range(at - 1, -1, -1):
            if self.text[place] in _CLAUSE_END:
                return place + 1
        return 0

    def with_clause(self, match: re.Match[str]) -> Span:
        """Return where a match stands, with all that its clause says before it."""
        return Span(self.clause_start(match.start()), match.end())

    def head_before(self, at: int) -> Span | None:
        """Return the last head before `at` that no action separates from it."""
        heads = [head for head in self.heads if head.end <= at]
        if not heads:
            return None
        head = heads[-1]
        between = self.text[head.end : at]
        if re.search(r"[。;!?]", between) or between.count(",") > 1:
            return None
        return head

    def tail_at(self, at: int) -> tuple[int, str]:
        """Return the end of the tail at `at`, and what its first word is: then, when, after, comma or nothing."""
        end, said = at, ""
        skipped = _TAIL_JOIN.match(self.text, at)
        place = skipped.end() if skipped else at
        found_comma = "," in self.text[at:place]
        while True:
            hit = self.lexicons["tails"].at(self.text, place)
            if hit is None or self.inert_at(place, hit[0].end):
                break
            said = said or hit[1]
            end = hit[0].end
            comma = self.text[end : end + 1] in {",", ";"}
            found_comma = found_comma or comma
            place = end + 1 if comma else end
            end = place
        if not said and found_comma:
            return at + len(self.text[at:]) - len(self.text[at:].lstrip("了着咗住的")) + 1, "comma"
        return end, said

    def has_bare_daypart(self, start: int, end: int) -> bool:
        """Tell whether a part of the day is said here that belongs to no clock time (晚上有人经过)."""
        parts = [match.start() for match in PART_OF_DAY.finditer(self.text, start, end)]
        if not parts:
            return False
        timed = [clock.span for clock in self.clocks]
        timed += [days.span for days in self.days if any(days.span.end == clock.span.start for clock in self.clocks)]
        return not all(any(span.start <= part < span.end for span in timed) for part in parts)

    def inert_at(self, start: int, end: int) -> bool:
        """Tell whether these characters are part of a longer word that means nothing of the kind (小时, 最后一个)."""
        return any(
            span.start <= start and end <= span.end and span.end - span.start > end - start for span in self._inert
        )

    @cached_property
    def _inert(self) -> list[Span]:
        return [span for span, _ in self.lexicons["inert"].find(self.text)]

    def room_note(self, start: int, end: int) -> tuple[str, ...]:
        """Return the note that a room is lost, if a condition names one between two places."""
        named = any(start <= room.start < end for room in self.room_spans)
        return ("the room of the condition is not kept",) if named else ()

    def is_attribute(self, end: int) -> bool:
        """Tell whether what ends at `end` only qualifies a noun (十点半的定时)."""
        return self.text.startswith(("的", "嘅"), end) and not _NOT_ATTRIBUTE.match(self.text, end)

    def verb_in(self, start: int, end: int) -> bool:
        """Tell whether a verb begins between two places."""
        return any(start <= verb < end for verb in self.verb_starts)

    def verb_from(self, at: int) -> int:
        """Return where the first verb stands that begins at a place or behind it, or the place."""
        return next((verb for verb in self.verb_starts if verb >= at), at)

    def acts_at(self, at: int) -> bool:
        """Tell whether a verb, or a word that begins an order, stands at `at`."""
        return at in self.verb_starts or (at in self.action_starts and self.text[at] in "把将帮")

    def acts_behind(self, at: int) -> bool:
        """Tell whether anything is to be done at a place or behind it."""
        return max(self.action_starts, default=-1) >= at

    def blocks(self, end: int) -> bool:
        """Tell whether an action may begin right after `end`."""
        return any(end <= start <= end + 2 for start in self.action_starts)
