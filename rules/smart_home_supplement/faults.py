"""What keeps an instruction from being a command that some device of the home can run; one fault each, or none.

Only what is plain is a fault. A sentence that the analyser does not understand has none: refusing it would teach a
model to refuse what the rules are too simple for. That a home has several air conditioners and no room is said is no
fault either: people speak like that, and their logs answer with the one in the room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from curation.text import Span, is_han
from rules.smart_home.asked.model import Action, Mention
from rules.smart_home.catalogue import Device
from rules.smart_home.home import Home
from rules.smart_home.old_values import is_number
from rules.smart_home.rewriters.limits import limits
from rules.smart_home.sentence import Analysis
from rules.smart_home.vocabulary import Token

Kind = Literal["no-command", "unknown-device", "no-device", "out-of-range", "fragment"]

_HOME = frozenset(
    {"devices", "rooms", "properties", "verbs", "modes", "changes", "adjectives", "softeners", "scenes", "colors"}
)
"""Lexicons whose words may be part of a command, even of one that nobody understands."""
_DOING = frozenset({"verbs", "changes", "adjectives", "softeners", "adverbs"})
_POWER = frozenset({"turn_on", "turn_off", "open", "close"})
_UNFINISHED = re.compile(r"(?:到|为|成|至|在)[,。!?]*$")
_TAKES_OBJECT = re.compile(r"^(?:请|麻烦你?|帮我|给我)*(?:把|将)")
_OBJECT = re.compile(r"^(?:请|麻烦你?|帮我|给我)*(?:把|将)?(?:那个|这个|那台|这台|一下|下|它|他|她|那|这|其|一)*$")
_NO_THING = re.compile(
    r"音乐|歌|曲|模式|场景|情景|新闻|视频|节目|电影|频道|网|软件|应用|东西|它|他|她|这|那|哪|一下|煤气|燃气|[a-z0-9]"
)
"""What can be opened or closed and is no device, or only points at one."""
_CLAUSE = re.compile(r"[,。;!?、]|然后|并且|再")


@dataclass(frozen=True)
class Fault:
    """What is wrong with an instruction, and the words that a message about it may use."""

    kind: Kind
    words: Mapping[str, str] = field(default_factory=dict)
    """`device`, `property`, `low`, `high`: as spoken, or as the catalogue says."""


def fault_of(sentence: Analysis, home: Home) -> Fault | None:
    """Return what is plainly wrong with an instruction, the first of several; None for a command, question or doubt."""
    if sentence.type == "query" or sentence.edits_scene:
        return None
    text = sentence.text.text
    if not any(map(str.isalnum, text)):
        return Fault("fragment")
    tokens = home.vocabulary.tokens(text)
    if _unfinished(sentence, tokens):
        return Fault("fragment")
    if sentence.type == "non-command":
        return Fault("no-command") if _small_talk(text, tokens, home) else None
    for found in (_unknown_device, _no_device, _out_of_range):
        fault = found(sentence, tokens, home)
        if fault is not None:
            return fault
    return None


def _unfinished(sentence: Analysis, tokens: Sequence[Token]) -> bool:
    """Tell whether the sentence stops before it says what is to be done, or to which value."""
    text = sentence.text.text
    last = tokens[-1] if tokens else None
    if last is not None and last.values.get("verbs") == "set" and _UNFINISHED.search(text):
        return text.rstrip(",。!?")[-1:] == last.text[-1:]
    named = last is not None and bool({"devices", "rooms", "properties"} & set(last.values))
    done = any({"verbs", "changes", "adjectives", "modes"} & set(token.values) for token in tokens)
    ends = last is not None and not text[last.end :].strip("的嘅,。!?")
    return not sentence.actions and named and ends and not done and _TAKES_OBJECT.match(text) is not None


def _small_talk(text: str, tokens: Sequence[Token], home: Home) -> bool:
    """Tell whether nothing in the sentence speaks of the home."""
    if any(_HOME & set(token.values) for token in tokens):
        return False
    if any(True for name in ("sensors", "events") for _ in home.lexicons[name].find(text)):
        return False
    han = sum(map(is_han, text))
    return han >= 2 and not any(character.isascii() and character.isalpha() for character in text)


def _unknown_device(sentence: Analysis, tokens: Sequence[Token], home: Home) -> Fault | None:
    for action in sentence.actions:
        if action.device is not None and action.device.type is not None:
            if action.named and not _possible(action.device, home):
                return Fault("unknown-device", {"device": _spoken(action.device, sentence, tokens)})
        elif action.command in _POWER and len(sentence.actions) == 1:
            thing = _thing(sentence, tokens)
            if thing:
                return Fault("unknown-device", {"device": thing})
    return None


def _possible(mention: Mention, home: Home) -> bool:
    """Tell whether some device of the catalogue may be meant, one of a near kind included."""
    if not home.catalogue.devices:
        return True
    return any(home.catalogue.fits(mention, identity) for identity in home.catalogue.devices)


def _spoken(mention: Mention, sentence: Analysis, tokens: Sequence[Token]) -> str:
    """Return the device as spoken, with its room where that stands right before it."""
    start, end = mention.span
    before = next((t for t in reversed(tokens) if "rooms" in t and t.end <= start), None)
    if before is not None and sentence.text.text[before.end : start] in {"", "的", "嘅"}:
        start = before.start
    return _source(sentence, start, end)


def _thing(sentence: Analysis, tokens: Sequence[Token]) -> str:
    """Return what is to be switched where it is no device that anybody knows; empty where it may be one."""
    text = sentence.text.text
    verb = next((token for token in reversed(tokens) if token.values.get("verbs") in _POWER), None)
    if verb is None or sentence.conditions:
        return ""
    lead = _TAKES_OBJECT.match(text)
    if lead is not None and lead.end() < verb.start:
        start, end = lead.end(), verb.start
    else:
        stop = _CLAUSE.search(text, verb.end)
        start, end = verb.end, stop.start() if stop else len(text)
    end -= len(text[start:end]) - len(text[start:end].rstrip("吧啦呀哦喔了"))
    words = text[start:end]
    if not 3 <= len(words) <= 8 or not all(map(is_han, words)) or _NO_THING.search(words):
        return ""
    if any(token.start < end and token.end > start for token in tokens):
        return ""
    return _source(sentence, start, end)


def _no_device(sentence: Analysis, tokens: Sequence[Token], home: Home) -> Fault | None:  # noqa: ARG001
    """Find a sentence that says what to do and not to what."""
    if len(sentence.actions) != 1 or any("devices" in t or "rooms" in t or "properties" in t for t in tokens):
        return None
    action = sentence.actions[0]
    vague = action.relative is not None and action.relative.prop is None
    if action.device is not None or not (action.command in _POWER or vague):
        return None
    said = [Span(t.start, t.end) for t in tokens if _DOING & set(t.values)] + [c.region for c in sentence.conditions]
    text = sentence.text.text
    rest = "".join(sign for at, sign in enumerate(text) if not any(start <= at < end for start, end in said))
    return Fault("no-device") if _OBJECT.match(rest.strip(",。!?吧啦呀")) else None


def _out_of_range(sentence: Analysis, tokens: Sequence[Token], home: Home) -> Fault | None:  # noqa: ARG001
    for action in sentence.actions:
        for name, value in action.arg.items():
            able = [limits(device, name) for device in _meant(action, name, home)]
            known = [one for one in able if one is not None]
            if not is_number(value) or not known or len(known) < len(able):
                continue
            if all(not low <= value <= high for low, high in known):
                low, high = min(one[0] for one in known), max(one[1] for one in known)
                spoken = home.lexicons["properties"].entries.get(name, (name,))[0]
                return Fault("out-of-range", {"property": spoken, "low": f"{low:g}", "high": f"{high:g}"})
    return None


def _meant(action: Action, name: str, home: Home) -> Iterator[Device]:
    """Yield the devices that an action may be about; without one, all that have the property."""
    mention = action.device
    if mention is None or mention.type is None:
        yield from (d for d in home.catalogue.devices.values() if name in d.properties)
        return
    fitting = home.catalogue.fitting(mention)
    yield from [d for d in fitting if mention.room in {None, "home", d.room}] or fitting


def _source(sentence: Analysis, start: int, end: int) -> str:
    span = sentence.text.to_source(start, end)
    return sentence.text.source[span.start : span.end]
