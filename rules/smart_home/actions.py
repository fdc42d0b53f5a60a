"""What a sentence asks for: its actions in order, each with the device it names and what is to be done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from curation.text import Span
from rules.chinese.numbers import Number
from rules.smart_home.vocabulary import Token

STEPS: Mapping[str, float] = {"temperature": 1, "brightness": 10, "volume": 10, "level": 1, "humidity": 5, "position": 10, "color_temperature": 500, "channel": 1}
"""The step of a property where no catalogue gives one (target format, Fuzzy)."""
SETTERS: Mapping[str, str] = {
    "temperature": "set_temperature", "humidity": "set_humidity", "brightness": "set_brightness", "volume": "set_volume",
    "level": "set_fan_speed", "position": "set_position", "color": "set_color", "color_temperature": "set_color_temperature",
    "mode": "set_mode", "channel": "set_channel",
}
LEAVES = frozenset({"curtain", "blind", "window", "gas_valve", "water_valve", "garage_door", "screen"})
"""Types that open and close instead of switching power."""
_POWER = {"turn_on", "turn_off", "open", "close"}
_JOBS = {"start", "pause", "resume", "stop", "return_to_base", "clean", "wash"}
_MAIN = {
    "temperature": {"ac", "heater", "thermostat", "water_heater", "oven", "fridge", "floor_heating", "kettle"},
    "brightness": {"light", "spotlight", "bedside_lamp", "lamp", "floor_lamp", "night_light"},
    "volume": {"tv", "speaker"},
    "level": {"fan", "purifier", "range_hood", "robot_vacuum", "fresh_air", "electric_blanket", "exhaust_fan"},
    "humidity": {"humidifier", "dehumidifier"},
    "position": {"curtain", "blind", "window", "water_valve"},
}
_STRENGTH = {"humidifier": "level", "dehumidifier": "level"}
"""What 大 and 强 mean on devices whose main property is a target, not an effort."""
_AMOUNT_UNITS = r"(?:个)?(?:百分点|摄氏度|度|°c|℃|%|趴|格|档|挡|级|个点|点|k)"
_TO = re.compile(r"(?:到|至|为|成|去到)")
_EXTREME = re.compile(r"(?:到)?最(大|高|亮|强|快|响|热|小|低|暗|弱|慢|轻|冷)")


@dataclass(frozen=True)
class Mention:
    """How a sentence names a device: its type, its room, whether all of them are meant, and the words."""

    type: str | None
    room: str | None
    words: str
    span: Span
    every: bool = False


@dataclass(frozen=True)
class Relative:
    """A change that is said relative to now."""

    property: str | None
    sign: int | None
    amount: float | None = None
    """How far, in the property's unit, where it is said."""
    steps: int = 1
    """How far in steps of the property, where only words such as 一点 or 很多 say it."""
    main: bool = False
    """The property was not named: it is taken from the device."""
    asked: bool = True
    """False for a complaint (太热了), which names no action."""

    @property
    def delta(self) -> float | None:
        """Return the change in the property's unit with the default step, or None where no direction is said."""
        if self.sign is None or (self.amount is None and self.property is None):
            return None
        size = self.amount if self.amount is not None else self.steps * STEPS.get(self.property or "", 1)
        return self.sign * (int(size) if float(size).is_integer() else size)


@dataclass(frozen=True)
class Action:
    """One thing to do."""

    span: Span
    device: Mention | None
    command: str
    arg: Mapping[str, Any] = field(default_factory=dict)
    relative: Relative | None = None
    named: bool = True
    """False where the device was taken over from the words before."""
    certain: bool = True
    """False where the words do not settle what is asked."""

    def as_json(self) -> dict[str, Any]:
        """Return the action as `rules analyse` shows it."""
        device = None if self.device is None else {"type": self.device.type, "room": self.device.room, "words": self.device.words}
        return {"device": device, "command": self.command, "arg": dict(self.arg), "span": list(self.span)}


@dataclass
class _Unit:
    """The tokens of one clause, gathered before they are read."""

    start: int
    end: int
    tokens: list[Token] = field(default_factory=list)
    joiner: str = ""
    """What stands before it: and, then, comma, pause, ba or nothing."""

    def first(self, lexicon: str) -> Token | None:
        """Return the first token of a lexicon."""
        return next((token for token in self.tokens if lexicon in token), None)

    def all(self, lexicon: str) -> list[Token]:
        """Return the tokens of a lexicon."""
        return [token for token in self.tokens if lexicon in token]


@dataclass(frozen=True)
class Clauses:
    """What `read_actions` needs: the masked text, its tokens, the numbers in it and the parts that are no action."""

    text: str
    tokens: Sequence[Token]
    numbers: Sequence[Number]
    durations: Sequence[Span]
    removed: Sequence[Span]
    contents: Mapping[int, str]
    """Quoted content by where its verb ends: media titles and messages, as folded."""


def read_actions(clauses: Clauses) -> list[Action]:
    """Return the actions in the order in which they are said."""
    actions: list[Action] = []
    waiting: list[_Unit] = []
    topic: Mention | None = None
    room_only: str | None = None
    for unit in _units(clauses):
        mentions = _mentions(unit, clauses)
        read = _read(unit, clauses, mentions[-1] if mentions else (topic or (actions[-1].device if actions else None)))
        if read is None:
            last = actions[-1] if actions else None
            if mentions and unit.joiner in {"and", "pause"} and last is not None and last.device is None and not last.named and room_only:
                actions[-1:] = [replace(last, device=replace(mentions[0], room=room_only), named=True)]
                actions.extend(replace(last, device=mention, span=Span(unit.start, unit.end), named=True) for mention in mentions)
            elif mentions and unit.joiner in {"and", "pause"} and last is not None and last.named and _only_names(unit, clauses) and not waiting and not _complaint(unit, clauses):
                actions.extend(replace(last, device=_lend(mention, last.device), span=Span(unit.start, unit.end)) for mention in mentions)
            elif mentions or unit.all("rooms"):
                waiting.append(unit)
                topic = mentions[-1] if mentions else topic
            continue
        for earlier in waiting:
            borrowed = _mentions(earlier, clauses)
            coordinated = unit.joiner in {"and", "pause"} and not any(t.text in {"也", "也要", "并", "并且", "同时"} for t in unit.tokens if "connectives" in t)
            if coordinated and mentions and not borrowed and earlier.all("rooms"):
                room = earlier.all("rooms")[-1]
                borrowed = [replace(mentions[0], room=room.values["rooms"])]
            if coordinated and mentions:
                actions.extend(replace(read[0], device=mention, span=Span(earlier.start, earlier.end)) for mention in borrowed)
        waiting.clear()
        for index, action in enumerate(read):
            device = action.device
            named = bool(mentions)
            if index == 0 and len(mentions) > 1 and action.command not in {"notify", "play_media", "activate_scene"}:
                actions.extend(replace(action, device=mention) for mention in mentions[:-1])
                device = mentions[-1]
            actions.append(replace(action, device=device, named=named))
        rooms = unit.all("rooms")
        room_only = rooms[-1].values["rooms"] if rooms and not mentions else None
        topic = None
    return actions


def _only_names(unit: _Unit, clauses: Clauses) -> bool:
    """Tell whether a clause holds nothing but names, so that it may share the verb before it."""
    rest = clauses.text[unit.start : unit.end]
    for token in sorted(unit.tokens, key=lambda t: -len(t.text)):
        rest = rest.replace(token.text, "", 1)
    return re.fullmatch(r"[的嘅所有全部那这个都,、。;!?]*", rest) is not None


def _lend(mention: Mention, other: Mention | None) -> Mention:
    """Return the mention with the room of the one it stands beside, where it names none."""
    return mention if mention.room or other is None else replace(mention, room=other.room)


def _units(clauses: Clauses) -> list[_Unit]:
    """Cut the text into clauses: at punctuation, at joining words, before 把, and before a verb when the clause is complete."""
    units: list[_Unit] = []
    current = _Unit(0, 0)
    text = clauses.text
    removed = sorted(clauses.removed)
    tokens = [token for token in clauses.tokens if not any(r.start < token.end and token.start < r.end for r in removed)]
    marks = [(m.start(), m.end(), "pause" if m.group() == "、" else "comma") for m in re.finditer(r"[,。;!?、:]", text)]
    marks += [(m.start(), m.end(), "ba") for m in re.finditer(r"把|将|帮|张(?=.{0,6}[灯门锁窗])", text)]
    marks += [(r.start, r.end, "cut") for r in removed]
    numbers = {n.span.start: n for n in clauses.numbers}
    marks = [m for m in marks if m[2] == "cut" or not any(r.start <= m[0] < r.end for r in removed)]
    marks = [m for m in marks if not any(n.span.start < m[0] < n.span.end for n in clauses.numbers)]
    events: list[tuple[int, int, Any]] = sorted([*marks, *((t.start, t.end, t) for t in tokens)], key=lambda e: (e[0], e[1]))

    def close(at: int, joiner: str) -> None:
        nonlocal current
        current.end = at
        if current.tokens:
            units.append(current)
            current = _Unit(at, at, joiner=joiner)
        else:
            current = _Unit(at, at, joiner=joiner if joiner != "ba" or not current.joiner else current.joiner)

    for start, end, event in events:
        if isinstance(event, str):
            if event == "ba":
                if _complete(current, numbers) or current.first("adjectives"):
                    close(start, "ba")
            elif event == "cut" and not _complete(current, numbers):
                current.start = current.start if current.tokens else end
            else:
                close(start, event if event != "cut" else "")
                current.start = end
            continue
        token: Token = event
        if "connectives" in token and len(token.values) == 1:
            if token.text in {"先", "再", "改", "也", "还", "又", "既", "也要", "既要"} and not _complete(current, numbers):
                current.tokens.append(token)
                continue
            if token.text in {"和", "与", "跟"} and not (current.first("devices") or current.first("rooms")):
                continue
            joiner = token.values["connectives"]
            close(start, joiner)
            current.start = end
            current.tokens.append(token)
            current.joiner = joiner
            continue
        if ("verbs" in token and _begins_clause(current, token, text, numbers)) or _new_topic(current, token):
            close(start, "serial")
        current.tokens.append(token)
        current.end = end
    close(len(text), "")
    return [unit for unit in units if any("connectives" not in token or len(token.values) > 1 for token in unit.tokens)]


def _complete(unit: _Unit, numbers: Mapping[int, Number]) -> bool:
    """Tell whether a clause has its verb and what the verb is done to."""
    verb = unit.first("verbs")
    if verb is None:
        return unit.first("changes") is not None and unit.first("devices") is not None
    value = any(start >= verb.end for start in numbers if start >= unit.start and start < unit.end + 12)
    objects = any(kind in t for t in unit.tokens for kind in ("devices", "modes", "colors", "properties"))
    return objects or value or verb.values["verbs"] in {*_JOBS, "notify", "play_media", "next", "previous", "mute", "lock", "unlock"}


def _begins_clause(unit: _Unit, token: Token, text: str, numbers: Mapping[int, Number]) -> bool:
    """Tell whether a verb opens a new clause rather than belonging to the one before it."""
    verb = unit.first("verbs")
    if verb is None or not _complete(unit, numbers):
        return False
    kinds = [t.values["verbs"] for t in unit.tokens if "verbs" in t]
    new = token.values["verbs"]
    last = unit.tokens[-1]
    if kinds[-1] == "set" and new in {"set", *_POWER}:
        after = [t for t in unit.tokens if t.start >= verb.end and ("modes" in t or "colors" in t)]
        return bool(after) or any(verb.end <= start < token.start for start in numbers)
    if kinds[-1] in {"start", "stop", "pause", "resume"} and new in {"clean", "wash"}:
        return False
    if kinds[-1] in {"turn_on", "start"} and new in {"clean", "wash"} and "verbs" not in last:
        return new == "clean" and kinds[-1] == "clean"
    if new in {"return_to_base"} and kinds[-1] in {"start"}:
        return False
    if new in {"clean", "wash"} and "verbs" in last:
        return False
    # 把灯打开: the object came first, so another verb right behind belongs to the same clause only if nothing parts them.
    return not (last.end == token.start and "verbs" in last and new == kinds[-1])


def _new_topic(unit: _Unit, token: Token) -> bool:
    """Tell whether a device, room or property behind 把灯关了 opens the next clause."""
    verb, device = unit.first("verbs"), unit.first("devices")
    if verb is None or device is None or device.start > verb.start or "verbs" in token:
        return False
    if verb.values["verbs"] in {"set", "activate_scene", "notify", "play_media", "start", "stop"}:
        return False
    return "devices" in token or "rooms" in token or "properties" in token


def _mentions(unit: _Unit, clauses: Clauses) -> list[Mention]:
    """Return the devices a clause names; several names run together (前门的锁) are one device."""
    rooms = unit.all("rooms")
    devices = [t for t in unit.tokens if "devices" in t and not _only_verb(t, unit)]
    found: list[Mention] = []
    for token in devices:
        if found and re.fullmatch(r"(?:的|嘅)?", clauses.text[found[-1].span.end : token.start]):
            previous = found.pop()
            keep = previous.type if token.text in {"锁", "灯", "门"} and previous.type in {"lock", "light", "garage_door"} else token.values["devices"]
            found.append(Mention(keep, previous.room, clauses.text[previous.span.start : token.end], Span(previous.span.start, token.end), previous.every))
            continue
        if found and clauses.text[found[-1].span.end : token.start] and not re.search(r"[和与跟及、,]", clauses.text[found[-1].span.end : token.start]):
            # A second name later in the clause is what the verb is done to; the first one was its topic.
            found.pop()
        room = next((r for r in reversed(rooms) if r.end <= token.start), None) or next(iter(rooms), None)
        head = clauses.text[unit.start : token.start]
        tail = clauses.text[token.end : unit.end]
        if re.search(r"其他|其它|其余|别的", head):
            room = None
        every = re.search(r"所有|全部|其他|其它|其余|全屋|每个|每盏|整个|一切|各个", head) is not None or re.match(r"(?:全部|全都|都|统统|全)", tail) is not None
        found.append(Mention(token.values["devices"], room.values["rooms"] if room else None, token.text, Span(token.start, token.end), every))
    return found


def _only_verb(token: Token, unit: _Unit) -> bool:
    """Tell whether a word that is also a verb stands as one here (大门上锁 has no second device)."""
    return "verbs" in token and any(t is not token and "devices" in t for t in unit.tokens)


def _complaint(unit: _Unit, clauses: Clauses) -> bool:
    return re.search(r"太|有点|有些|过于|好热|好冻", clauses.text[unit.start : unit.end]) is not None


def main_property(device: str | None) -> str | None:
    """Return the property that 高一点 means on a device of this type, or None."""
    return next((name for name, types in _MAIN.items() if device in types), None)


def _read(unit: _Unit, clauses: Clauses, device: Mention | None) -> list[Action] | None:
    """Return what one clause asks for, or None when it has no predicate."""
    text = clauses.text
    span = Span(unit.start, unit.end)
    verbs = unit.all("verbs")
    kinds = [t.values["verbs"] for t in verbs]
    phrase = text[unit.start : unit.end]

    def one(command: str, arg: Mapping[str, Any] | None = None, relative: Relative | None = None, on: Mention | None = device) -> list[Action]:
        return [Action(span, on, command, arg or {}, relative)]

    for kind in ("notify", "play_media"):
        token = next((t for t in verbs if t.values["verbs"] == kind), None)
        if token is not None and not ({"pause", "stop", "resume"} & set(kinds)):
            content = clauses.contents.get(token.end, "")
            name = "message" if kind == "notify" else "content"
            return one(kind, {name: content} if content else {}, on=device if kind == "play_media" and device is not None and device.type in {"tv", "speaker"} else None)
    if re.search(r"除了|除去|除.{1,4}(?:以外|之外|外)", text[: unit.end]) and (kinds and device is not None):
        return [Action(span, device, kinds[-1] if kinds[-1] in _POWER else "adjust", certain=False)]
    relative = read_relative(unit, clauses, device)
    if relative is not None and (relative.asked or not verbs):
        setter = SETTERS.get(relative.property or "", "adjust")
        return one(setter, {"delta": relative.delta} if relative.delta is not None else {}, relative)
    scene = re.search(r"([^\s,。把将的]{1,8}?)(?:模式|场景|情景)", _without(phrase, unit, verbs))
    modes = unit.all("modes")
    if scene and not (device and modes) and (not device or not modes) and not (device and device.type in {"ac", "fan", "purifier"} and "模式" in phrase):
        return one("activate_scene", {"scene": scene[1]}, on=None)
    for simple in ("next", "previous", "mute", "lock", "unlock", "return_to_base"):
        if simple in kinds:
            return one(simple)
    timers = device is not None and device.type in {"timer", "alarm_clock"}
    values = [n for n in clauses.numbers if unit.start <= n.span.start < unit.end and not any(d.start <= n.span.start < d.end for d in clauses.durations)]
    lasting = any(unit.start <= d.start < unit.end for d in clauses.durations)
    if (timers or re.search(r"计时|倒计时|番茄钟", phrase)) and (lasting or kinds or re.search(r"计时", phrase)):
        if "delete" in kinds or "stop" in kinds or "pause" in kinds or "resume" in kinds:
            return one(next(k for k in kinds if k in {"delete", "stop", "pause", "resume"}))
        if lasting or ({"set", "start"} & set(kinds)) or not ({"turn_on", "turn_off"} & set(kinds)):
            return one("set_timer")
    if "delete" in kinds:
        return one("delete")
    absolute = _absolute(unit, clauses, device, values, kinds)
    if absolute is not None:
        name, value = absolute
        return one(SETTERS[name], {name: value})
    for job in ("pause", "resume", "stop", "start"):
        if job in kinds:
            return one(job)
    if "clean" in kinds or "wash" in kinds:
        return one("start")
    if "unclear" in kinds:
        return [Action(span, device, "adjust", certain=False)] if device else None
    power = [k for k in kinds if k in _POWER]
    if power:
        return one(_power_word(power[-1], device), {})
    if "activate_scene" in kinds or "set" in kinds:
        return one("set") if device or unit.first("properties") or unit.first("colors") else None
    return None


def _without(phrase: str, unit: _Unit, verbs: Sequence[Token]) -> str:
    """Return the clause with its verbs blanked, so that a scene's name does not begin with one."""
    for token in verbs:
        at = token.start - unit.start
        if at >= 0:
            phrase = phrase[:at] + "," * len(token.text) + phrase[at + len(token.text) :]
    return phrase


def _power_word(word: str, device: Mention | None) -> str:
    """Return the command for opening or closing this type of device."""
    opens = word in {"turn_on", "open"}
    kind = device.type if device else None
    if kind == "lock":
        return "unlock" if opens else "lock"
    if kind in LEAVES:
        return "open" if opens else "close"
    return "turn_on" if opens else "turn_off"


def _absolute(unit: _Unit, clauses: Clauses, device: Mention | None, values: Sequence[Number], kinds: Sequence[str]) -> tuple[str, Any] | None:
    """Return the property that the clause sets and its value."""
    named = unit.all("properties")
    name = named[-1].values["properties"] if named else None
    phrase = clauses.text[unit.start : unit.end]
    extreme = _EXTREME.search(phrase)
    kind = device.type if device else None
    color = unit.first("colors")
    mode = unit.first("modes")
    if values and (name or "set" in kinds or "turn_on" in kinds or "turn_off" in kinds or "open" in kinds or not kinds):
        number = values[-1]
        around = clauses.text[number.span.end : number.span.end + 3]
        if clauses.text[: number.span.start].endswith("第") and name != "channel" and "频道" not in around and "台" not in around:
            return None
        inferred = name or _by_unit(number, around, kind)
        if inferred and inferred not in {"color"} and not re.match(r"号|个(?!百)|盏|台(?!$)|楼|层|路|点|的(?!亮度|音量|温度|湿度)", around):
            return inferred, number.value
    if name in {"channel"} and "set" in kinds:
        return "channel", phrase.rpartition("到")[2] or None
    if extreme and (name or main_property(kind)):
        return name or main_property(kind) or "", "max" if extreme[1] in "大高亮强快响热" else "min"
    if color is not None and (kind is None or kind in _MAIN["brightness"]):
        value = color.values["colors"]
        return ("color_temperature", value) if value in {"warm", "cool"} else ("color", value)
    if mode is not None and (device is not None or "set" in kinds or name):
        return ("level", "auto") if name == "level" else ("mode", mode.values["modes"])
    return None


def _by_unit(number: Number, around: str, kind: str | None) -> str | None:
    """Return the property that a value's unit means on a type of device."""
    if re.match(r"摄氏度|度|°c|℃", around) or number.unit in {"c", "degree"}:
        return "temperature"
    if re.match(r"档|挡|级|格", around):
        return "level" if kind not in {"tv", "speaker"} else "volume"
    if re.match(r"k", around) or number.unit == "k":
        return "color_temperature"
    if re.match(r"台|频道", around):
        return "channel"
    return main_property(kind)


def read_relative(unit: _Unit, clauses: Clauses, device: Mention | None) -> Relative | None:
    """Return the change that a clause states relative to now, or None."""
    text = clauses.text
    tokens = [t for t in unit.tokens if t.end <= unit.end]
    named = unit.all("properties")
    kind = device.type if device else None
    if kind in {"timer", "alarm_clock"} or re.search(r"最[大高亮强快响热小低暗弱慢轻冷]", text[unit.start : unit.end]):
        return None
    soft = next((t for t in tokens if "softeners" in t and not _inside_number(t, clauses)), None)
    adverb = unit.first("adverbs")
    more = adverb is not None or re.search(r"再|更", text[unit.start : unit.end]) is not None
    change = next((t for t in tokens if "changes" in t), None)
    adjective = _adjective(tokens, change, soft, text)
    too = re.search(r"(?:太|有点儿?|有些|过于)(?=(.{1,3}))", text[unit.start : unit.end])
    amount, amount_at = _amount(unit, clauses)
    anchor = next((t for t in (change, adjective) if t is not None), None)
    aimless = adjective is not None and adjective.values["adjectives"].endswith("0")
    if anchor is not None and amount_at is not None and _TO.search(text[anchor.start : amount_at]):
        return None
    if not aimless and any(unit.start < n.span.start < unit.end and _TO.search(text[max(unit.start, n.span.start - 2) : n.span.start]) for n in clauses.numbers):
        return None
    if adjective is not None and soft is not None and adjective.values["adjectives"].startswith("level") and any("verbs" in t and t.start == soft.end for t in tokens):
        return None  # 快点开灯 asks for haste
    if anchor is not None and (_TO.match(text, (adjective or anchor).end) or text.startswith("于", (adjective or anchor).end)):
        return None
    prop: str | None = named[-1].values["properties"] if named else None
    sign: int | None = None
    asked = True
    if adjective is not None:
        value = adjective.values["adjectives"]
        own, sign = value[:-1], {"+": 1, "-": -1}.get(value[-1])
        if own != "*" and (prop is None or prop == "level" and own not in {"level"}) or (own == "volume" and prop == "volume"):
            prop = own
        complaint = too is not None and 0 <= adjective.start - (unit.start + too.end()) <= 1
        directed = change is not None and change.end <= adjective.start
        if complaint and not directed:
            sign, asked = None if sign is None else -sign, False
        elif not (soft or more or amount is not None or directed or aimless or _opened(tokens, adjective)):
            return None
        if prop is None and own == "*" and adjective.text in {"大", "小", "强", "弱"}:
            prop = _STRENGTH.get(kind or "", prop)
        if own == "temperature" and (prop == "color_temperature" or kind in _MAIN["brightness"]):
            # Warm light is light of a low colour temperature in kelvin.
            prop, sign = "color_temperature", None if sign is None else -sign
    elif change is not None and change.values["changes"] != "0":
        sign = 1 if change.values["changes"] == "+" else -1
        if len(change.text) == 1 and not (amount is not None or soft or named):
            return None
    elif (soft or amount is not None and more) and (verb := _last_power(tokens)) is not None:
        if kind not in _MAIN["position"] and kind is not None and amount is None:
            return None
        sign, prop = (1 if verb.values["verbs"] in {"turn_on", "open"} else -1), prop or main_property(kind) or "position"
    else:
        return None
    steps = 2 if soft is not None and soft.values["softeners"] == "2" or (too and "太多" in text[unit.start : unit.end]) else 1
    main = prop is None
    if kind == "ac" and main and adjective is not None and adjective.text in {"大", "小", "强", "弱"}:
        return Relative(None, sign, amount, steps, main, asked)  # the breeze or the cold: only the record knows
    return Relative(prop or main_property(kind), sign, amount, steps, main, asked)


def _inside_number(token: Token, clauses: Clauses) -> bool:
    return any(n.span.start <= token.start < n.span.end for n in clauses.numbers) or (
        token.text == "点" and any(n.span.end == token.start for n in clauses.numbers)
    )


def _adjective(tokens: Sequence[Token], change: Token | None, soft: Token | None, text: str) -> Token | None:
    """Return the adjective that gives a change its direction: 调高, 小一点, 再亮些, 大点声."""
    found = [t for t in tokens if "adjectives" in t]
    if soft is not None and text.startswith("声", soft.end) and found:
        return found[-1]._replace(values={"adjectives": "volume" + found[-1].values["adjectives"][-1]})
    return found[-1] if found else None


def _opened(tokens: Sequence[Token], adjective: Token) -> bool:
    """Tell whether a verb of opening or setting stands right before the adjective (开大, 设低; not 打开热水阀)."""
    if any(t.start == adjective.end and ("devices" in t or "properties" in t) for t in tokens):
        return False
    return any("verbs" in t and t.end == adjective.start and t.values["verbs"] in {"turn_on", "turn_off", "open", "close", "set"} for t in tokens)


def _last_power(tokens: Sequence[Token]) -> Token | None:
    powers = [t for t in tokens if "verbs" in t and t.values["verbs"] in _POWER]
    return powers[-1] if powers else None


def _amount(unit: _Unit, clauses: Clauses) -> tuple[float | None, int | None]:
    """Return a spoken amount with its unit, and where it stands."""
    for number in clauses.numbers:
        if not unit.start <= number.span.start < unit.end:
            continue
        if any(d.start <= number.span.start < d.end for d in clauses.durations):
            continue
        change = next((t for t in unit.tokens if "changes" in t and t.end == number.span.start), None)
        bare = change is not None and unit.first("properties") is not None and not clauses.text[number.span.end : unit.end].strip(",。了吧")
        if bare or number.unit is not None or re.compile(_AMOUNT_UNITS).match(clauses.text, number.span.end):
            return number.value, number.span.start
    return None, None
