"""The devices that a clause names."""

from __future__ import annotations

import re
from dataclasses import replace

from curation.text import Span
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import Mention
from rules.smart_home.vocabulary import Token

_WITH_PARTS = frozenset({"lock", "light", "garage_door", "window", "timer"})
"""Types whose name before another (前门的锁, 定时开关) only says which one is meant."""
_OF = re.compile(r"(?:的|嘅)?")
_OTHER = re.compile(r"其他|其它|其余|别的")
_EVERY = re.compile(r"所有|全部|其他|其它|其余|全屋|每个|每盏|整个|一切|各个")
_ALL = re.compile(r"(?:全部|全都|都|统统|全)")


def mentions_of(unit: Unit, clauses: Clauses) -> list[Mention]:
    """Return the devices a clause names; several names run together (前门的锁) are one device."""
    rooms = unit.all("rooms")
    devices = [t for t in unit.tokens if "devices" in t and not _only_verb(t, unit)]
    found: list[Mention] = []
    for token in devices:
        if found and _OF.fullmatch(clauses.text[found[-1].span.end : token.start]):
            previous = found.pop()
            kind = token.values["devices"]
            if kind != previous.type and previous.type not in _WITH_PARTS:
                # 鱼缸的灯: what one device is called together with a part of it is settled by no catalogue.
                whole = Span(previous.span.start, token.end)
                found.append(Mention(None, previous.room, clauses.text[whole.start : whole.end], whole, previous.every))
                continue
            keep = (
                previous.type
                if token.text in {"锁", "灯", "门"} and previous.type in {"lock", "light", "garage_door"}
                else token.values["devices"]
            )
            found.append(
                Mention(
                    keep,
                    previous.room,
                    clauses.text[previous.span.start : token.end],
                    Span(previous.span.start, token.end),
                    previous.every,
                )
            )
            continue
        if (
            found
            and clauses.text[found[-1].span.end : token.start]
            and not re.search(r"[和与跟及、,]", clauses.text[found[-1].span.end : token.start])
        ):
            # A second name later in the clause is what the verb is done to; the first one was its topic.
            found.pop()
        room = next((r for r in reversed(rooms) if r.end <= token.start), None) or next(iter(rooms), None)
        head = clauses.text[unit.start : token.start]
        tail = clauses.text[token.end : unit.end]
        if _OTHER.search(head):
            room = None
        every = _EVERY.search(head) is not None or _ALL.match(tail) is not None
        found.append(
            Mention(
                token.values["devices"],
                room.values["rooms"] if room else None,
                token.text,
                Span(token.start, token.end),
                every,
            )
        )
    return found


def _only_verb(token: Token, unit: Unit) -> bool:
    """Tell whether a word that is also a verb stands as one here (大门上锁 has no second device)."""
    return "verbs" in token and any(t is not token and "devices" in t for t in unit.tokens)


def lend(mention: Mention, other: Mention | None) -> Mention:
    """Return the mention with the room of the one it stands beside, where it names none."""
    return mention if mention.room or other is None else replace(mention, room=other.room)


def only_names(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a clause holds nothing but names, so that it may share the verb before it."""
    rest = clauses.text[unit.start : unit.end]
    for token in sorted(unit.tokens, key=lambda t: -len(t.text)):
        rest = rest.replace(token.text, "", 1)
    return re.fullmatch(r"[的嘅所有全部那这个都吧啦呀哦啊嘛,、。;!?]*", rest) is not None
