"""What a sentence asks for: its actions in order, each with the device it names and what is to be done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curation.literals import sieve
from curation.text import Span
from rules.chinese.numbers import Number
from rules.smart_home.asked.change import LESS_OF, is_complaint, read_relative, says_more
from rules.smart_home.asked.clause import Clauses, Unit, cut
from rules.smart_home.asked.each import one_value_each
from rules.smart_home.asked.left import goes_on, left_in, only_tells, still_to_be, without
from rules.smart_home.asked.mention import (
    OTHER,
    after_all,
    in_each_room,
    lend,
    mentions_of,
    of_a_list,
    only_names,
    stranger,
    strangers_beside,
)
from rules.smart_home.asked.model import (
    ANYWHERE,
    BEYOND,
    EITHER_WAY,
    JOBS,
    LEAVES,
    POWER,
    SETTERS,
    WORKERS,
    Action,
    Mention,
    Relative,
    can_have,
)
from rules.smart_home.asked.setting import (
    is_measured,
    is_shut_by,
    named_level,
    names_which,
    read_setting,
    values_beside,
)
from rules.smart_home.vocabulary import Token

__all__ = ["EXCEPT", "Clauses", "leaves_out", "read_actions"]


_INTENTION = re.compile(r"(?:我们?|咱们?|等下|[等待一]会儿?|阵间)(?:要|想|准备|在|正|刚|快(?![热冷冻])|得|去)")
"""What somebody is about to do: 浴霸打开，我要洗澡."""
EXCEPT = re.compile(
    r"除(?:了|去|咗|开).{1,10}?(?:以外|之外|外|都|全|其他|其它|其余|别的|一律|所有)|(?<!删)除(?![湿霜菌螨味]).{1,8}?(?:以外|之外|外(?!面|头))|除了|除去|除外"
    r"|[^,。;把将关开熄]{1,6}(?:以外|之外)的|[只净单](?:留|剩(?![下余返]?(?:百分|[0-9零一二两三四五六七八九十])))"
)
"""What is left out; besides (除了开灯，还要拉窗帘) it names one more thing."""
_BESIDES = re.compile(r"除(?:了|咗|去).{1,12}(?:还|也|亦|再)")
_SCENE = re.compile(r"([^\s,。把将的]{1,8}?)(?:模式|场景|情景|脚本)")
_STATION = re.compile(
    r"(?:[换转切调校较拨]台?[到去至成]|[换转切]台)(?P<name>(?![上下第别其那这])[^,。;0-9]{1,8}?(?:卫视|新闻|频道|台|电影|体育))(?=[吧啦呀]|$)"
)
"""A channel by its name: 转到新闻台."""
_LEAVING = ("退出", "结束", "解除", "取消")
_ANOTHER = re.compile(r"[换转](?:一?首歌?|歌|一?个.+)")
_ANY_SONG = re.compile(r"$|[,。;!?吧啦呀啊呢谢唔听□]|[可好行][以吗么不唔]")
"""Behind 换一首, that no song is named."""
_SOUNDS = frozenset({"tv", "speaker", "projector", "set_top_box"})
"""Types that can be heard."""
_NO_SCENES = frozenset({"cool", "heat", "dry", "fan", "strong", "natural"})
"""Modes that only a device can have (制热模式)."""
_MAY_NAME = sieve([_SCENE])
_MAY_LEVEL = re.compile(r"[档挡速风力]|[到成为至][高中低强弱大小安静标]")
_TIMES = re.compile(r"计时|倒计时|番茄钟")
_ALARM_SET = re.compile(
    r"^[^不别没]*?(?:预?[定订]|设定?|[较校调拨加]|新增|添加)(?!了|好|时|[高低大小])(?:一?个|[到为在去成])?[^,。;]*闹钟"
)
"""定个七点的闹钟; of an alarm clock no other verb need be said."""
_ALARM_ALONE = re.compile(r"[^,。;!?不别没取关删了]{1,12}[点分半刻0-9]钟?[的嘅]闹钟[吧啦]?[,。!]*(?:谢谢)?")
_REASON = re.compile(
    r"[,。;、]*(?:我|他|她)?(?:有点|真)?(?:(?:免得|以免|省得|免至)|(?P<fear>怕|惊|担心|防止|避免|小心))"
)
"""Why something is asked for: 风扇关了，怕着凉."""
_PLAN = re.compile(r"(?:要|准备|打算|正在|快|想)$")
"""Before a verb, what is going to happen anyhow: 客厅要放电影，打开影院模式."""
_ELSEWHERE = re.compile(r"去|到|回|进|离开|走|出|除")
_SET_SO = re.compile(r"得?(?:太|过于|[那这][么样]|咁)")
"""Behind a verb that says how a thing is, and asks for nothing: 窗帘开太大了."""
_ODD = sieve([_INTENTION, EXCEPT, _REASON, _TIMES])
"""What hardly any sentence has."""


def leaves_out(text: str) -> bool:
    """Tell whether a sentence makes an exception (除了书房，灯都关了), which no action says."""
    return EXCEPT.search(text) is not None and _BESIDES.search(text) is None


def read_actions(clauses: Clauses) -> list[Action]:
    """Return the actions in the order in which they are said."""
    if clauses.numbers and ("从" in clauses.text or "由" in clauses.text):
        clauses = still_to_be(clauses)
    if ("分别" in clauses.text or "各自" in clauses.text) and (each := one_value_each(clauses)):
        return _dealt_out([_read_all(one) for one in each])
    return _read_all(clauses)


def _dealt_out(readings: Sequence[list[Action]]) -> list[Action]:
    """Return each action with its own of the values that every reading sets everywhere (分别调到26度和24度)."""
    actions = list(readings[0])
    if all(len(reading) == len(actions) for reading in readings):
        said = [[(one.command, one.arg) for one in at] for at in zip(*readings, strict=True)]
        places = [place for place, here in enumerate(said) if any(one != here[0] for one in here)]
        if not places:
            return actions
        own = [reading[place] for reading, place in zip(readings, places, strict=False)]
        alike = len({one.relative is None for one in own}) == 1 and all(one.command != "set" for one in own)
        if len(places) == len(readings) and alike:
            for place, one in zip(places, own, strict=True):
                actions[place] = one
            return actions
    return [action._replace(certain=False) for action in actions]  # more devices than values, or less


def _read_all(clauses: Clauses) -> list[Action]:
    """Return the actions of clauses in which every value is for all that it is said of."""
    actions: list[Action] = []
    waiting: list[Unit] = []
    topic: Mention | None = None
    room_only: str | None = None
    listed = switches = each_room = False
    others = OTHER.search(clauses.text) is not None
    for unit in cut(clauses):
        mentions = mentions_of(unit, clauses)
        spoken_of = topic or (actions[-1].device if actions else None)
        if actions and not mentions and (about := _property_of(unit)) is not None:
            known = (topic, *(action.device for action in reversed(actions)))
            spoken_of = next((one for one in known if one is not None and can_have(one.type, about)), None)
        unknown = None if mentions or "verbs" not in unit.of else stranger(unit, clauses)
        read = _read(unit, clauses, mentions[-1] if mentions else (unknown or spoken_of))
        if read is None:
            last = actions[-1] if actions else None
            listed = listed or bool(mentions)
            # 卧室 in 客厅、卧室和厨房的灯
            between = [
                mentions[0]._replace(room=room.values["rooms"])
                for earlier in (waiting if mentions else ())
                for room in earlier.all("rooms")
            ]
            if (
                mentions
                and (unit.joiner in {"and", "pause"} or (unit.joiner == "comma" and only_names(unit, clauses)))
                and last is not None
                and last.device is None
                and not last.named
                and room_only
            ):
                # 打开客厅、书房和餐厅的灯: the verb stands beside a room, and the light behind the last of them.
                first = _done_to(mentions[0]._replace(room=room_only), last, switches)._replace(named=True)
                settled = last.certain and not any(earlier.first("devices") for earlier in waiting)
                actions[-1:] = [first._replace(certain=settled)]
                actions.extend(
                    _done_to(mention, last, switches)._replace(
                        span=Span(unit.start, unit.end), named=True, certain=settled
                    )
                    for mention in (*between, *mentions)
                )
                each_room = True
                waiting.clear()
            elif (
                mentions
                and unit.joiner in {"and", "pause"}
                and last is not None
                and last.named
                and only_names(unit, clauses)
                and all(not one.first("devices") and only_names(one, clauses) for one in waiting)
                and not is_complaint(unit, clauses)
            ):
                # 1号灯和2号灯, 客厅餐厅的灯和空调: no catalogue tells the ones, and no word in which of the rooms.
                numbered = any(unit.start <= n.span.start < unit.end for n in clauses.numbers)
                several = each_room or (len(actions) > 1 and actions[-2].span == last.span)
                rest = others and OTHER.search(clauses.text, unit.start, unit.end) is not None
                actions.extend(
                    _done_to(lend(mention, last.device), last, switches)._replace(
                        span=Span(unit.start, unit.end),
                        certain=last.certain and not (numbered or rest) and not (several and mention.room is None),
                    )
                    for mention in (*between, *mentions)
                )
                waiting.clear()
            elif mentions or unit.all("rooms"):
                waiting.append(unit)
                topic = mentions[-1] if mentions else topic
            continue
        if unknown is not None and read[0].device is unknown:
            mentions = [unknown]
        if (mentions == [unknown] and mentions[0].type is None) or _REASON.match(clauses.text, unit.start, unit.end):
            read = [action._replace(certain=False) for action in read]  # 怕孩子开窗, or 怕黑打开夜灯
        elif others and OTHER.search(clauses.text, unit.start, unit.end):
            read = [action._replace(certain=False) for action in read]  # 打开客厅空调，关掉其他空调
        each_room = False
        switches = not any(verb.values["verbs"] in {"lock", "unlock"} for verb in unit.all("verbs"))
        shared = _list_before(unit, waiting, clauses) if mentions else []
        names: list[tuple[Mention, Unit]] = []
        for earlier in reversed(shared):
            here = mentions_of(earlier, clauses)
            if not here:
                following = names[0][0] if names else mentions[0]
                there = earlier.all("rooms")[-1].values["rooms"]
                other = stranger(earlier, clauses)
                placed = following._replace(room=there)
                here = [other] if other else in_each_room(placed, earlier.all("rooms"), clauses)
                if following.room and not mentions[-1].room:
                    # 客厅和卧室的灯和空调都关了: in which of the rooms?
                    read = [action._replace(certain=False) for action in read]
            names[:0] = [(mention, earlier) for mention in here]
        if len(names) + len(mentions) > 1:
            whole = [*(mention for mention, _ in names), *mentions]
            start = shared[0].start if shared else unit.start
            whole = of_a_list(whole, start, after_all(unit, clauses, mentions[-1].span.end), clauses)
            names, mentions = list(zip(whole, (u for _, u in names), strict=False)), whole[len(names) :]
        begin = len(actions)
        about = _room_spoken_of([earlier for earlier in waiting if earlier not in shared], clauses)
        actions.extend(
            _done_to(_placed(mention, about), read[0], switches)._replace(span=Span(earlier.start, earlier.end))
            for mention, earlier in names
        )
        waiting.clear()
        if read[0].relative is not None and not read[0].relative.asked:
            waiting.append(unit)  # 主卧好干，加湿器开一下: the room is what the request is about
        rooms = unit.all("rooms")
        for index, action in enumerate(read):
            device = _placed(mentions[-1], about) if mentions and action.device is not None else action.device
            named = bool(mentions)
            if rooms and action.certain and device is not None and not mentions and action.command not in JOBS:
                # 客厅的灯关了，卧室的也关了: the same thing in another room; of a list, who knows which.
                device, named = device._replace(room=rooms[-1].values["rooms"]), True
                action = action._replace(certain=action.certain and not listed)
            if index == 0 and len(mentions) > 1 and action.command not in ANYWHERE:
                actions.extend(_done_to(_placed(mention, about), action, switches) for mention in mentions[:-1])
            same = action.device is device and action.named == named
            actions.append(action if same else action._replace(device=device, named=named))
        if mentions:
            before, behind = strangers_beside([*(mention for mention, _ in names), *mentions], clauses)
            if before is not None:
                actions.insert(begin, read[0]._replace(device=before, certain=False))
            if behind is not None:
                actions.append(read[0]._replace(device=behind, certain=False))
        room_only = rooms[-1].values["rooms"] if rooms and not mentions else None
        topic = None
        listed = len(names) + len(mentions) > 1
    if actions and any(one.joiner in {"and", "pause"} and only_names(one, clauses) for one in waiting):
        actions[-1] = actions[-1]._replace(certain=False)  # 打开客厅的灯和卧室: what in there?
    if len(actions) > 1 and any(action.command == "activate_scene" for action in actions):
        # What is planned is what the scene is for.
        return [action for action in actions if action.certain or action.command != "play_media"]
    return actions


def _property_of(unit: Unit) -> str | None:
    """Return the property that a clause is about, where it says so."""
    if (named := unit.first("properties")) is not None:
        return named.values["properties"]
    said = (t.values["adjectives"][:-1] for t in unit.all("adjectives"))
    return "volume" if "volume" in said else None  # 关灯，小声一点


def _list_before(unit: Unit, waiting: Sequence[Unit], clauses: Clauses) -> list[Unit]:
    """Return the clauses before a verb's own that name what the verb is done to as well (台灯、风扇、空调全关)."""
    if unit.tokens[0].text in {"也", "也要", "并", "并且", "同时"}:
        return []
    named = unit.all("devices")
    members: list[Unit] = []
    following = unit
    for earlier in reversed(waiting):
        joined = following.joiner in {"and", "pause"}
        listed = members or (named and after_all(unit, clauses, named[-1].end))
        if is_complaint(earlier, clauses) or (
            not joined and not (following.joiner == "comma" and listed and _only_devices(earlier, clauses))
        ):
            break
        members.insert(0, earlier)
        following = earlier
    return members


def _only_devices(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a clause names devices and says nothing else."""
    return unit.first("devices") is not None and only_names(unit, clauses)


def _room_spoken_of(waiting: Sequence[Unit], clauses: Clauses) -> str | None:
    """Return the room that a clause before the request is about (书房不待了，…), unless somebody only goes there."""
    for unit in reversed(waiting):
        room = unit.first("rooms")
        if room is not None and unit.first("devices") is None:
            named = room.values["rooms"]
            return None if named == "home" or _ELSEWHERE.search(clauses.text, unit.start, unit.end) else named
    return None


def _placed(mention: Mention, room: str | None) -> Mention:
    """Return a mention with the room that is spoken of, where it names none itself."""
    return mention if mention.room or room is None else mention._replace(room=room, lent=True)


def _read(unit: Unit, clauses: Clauses, device: Mention | None) -> list[Action] | None:
    """Return what one clause asks for, or None when it has no predicate."""
    if ("modes" in unit.of or "colors" in unit.of) and (left_behind := left_in(unit, clauses)):
        return _read_without(left_behind, unit, clauses, device)
    text = clauses.text
    span = Span(unit.start, unit.end)
    verbs = unit.all("verbs")
    kinds = [t.values["verbs"] for t in verbs]
    phrase = text[unit.start : unit.end]
    if device is not None and ("clean" in kinds or "wash" in kinds) and "devices" not in unit.of:
        device = device if device.type in WORKERS else None  # 关灯，扫地 starts no light

    odd = _ODD.search(text, 0, unit.end) is not None
    if odd:
        if _INTENTION.match(phrase.lstrip(",。;、")) and "devices" not in unit.of and "play_media" not in kinds:
            return None
        if (reason := _REASON.match(phrase)) and not (reason["fear"] and "devices" in unit.of):
            return None

    def one(
        command: str,
        arg: Mapping[str, Any] | None = None,
        relative: Relative | None = None,
        on: Mention | None = device,
    ) -> list[Action]:
        return [Action(span, on, command, arg or {}, relative)]

    for kind in ("notify", "play_media"):
        token = verbs[kinds.index(kind)] if kind in kinds else None
        if token is not None and not ({"pause", "stop", "resume"} & set(kinds)):
            if token.text.endswith("响警报"):
                siren = Mention("alarm", None, "警报", Span(token.end - 2, token.end))
                return one("turn_on", on=siren)
            content = clauses.contents.get(token.end, "")
            name = "message" if kind == "notify" else "content"
            on = device if kind == "play_media" and device is not None and device.type in {"tv", "speaker"} else None
            planned = kind == "play_media" and _PLAN.search(text, unit.start, token.start) is not None
            action = Action(span, on, kind, {name: content} if content else {}, certain=not planned)
            if content and (rest := _behind(unit, token.end)) is not None:
                return [action, *(_read(rest, clauses, on) or ())]  # 播放轻音乐音量20
            return [action]
    if odd and kinds and device is not None and (left := EXCEPT.search(text, 0, unit.end)):
        if (device.room or left.start() <= device.span.start < left.end()) and not _BESIDES.search(text):
            device = None  # the room, or the device, is what is left out
        return [Action(span, device, kinds[-1] if kinds[-1] in POWER else "adjust", certain=False)]
    if _MAY_LEVEL.search(phrase) and (level := named_level(unit, clauses, device, kinds)) is not None:
        if kinds[-1:] == ["turn_off"]:
            return [Action(span, device, "adjust", certain=False)]  # 关掉强风: what then?
        return [Action(span, device, "set_fan_speed", {"level": level}, certain=False)]  # which number is it?
    if "倍" in phrase and not {"changes", "adjectives", "properties"}.isdisjoint(unit.of):
        return [Action(span, device, "adjust", certain=False)]  # twice as loud as what?
    values = [n for n in clauses.numbers if unit.start <= n.span.start < unit.end] if clauses.numbers else []
    relative = read_relative(unit, clauses, device)
    if relative is not None and (relative.asked or all(_SET_SO.match(text, verb.end) for verb in verbs)):
        setter = SETTERS.get(relative.prop or "", "adjust")
        sets = relative.asked and relative.amount is None and any(_may_be_value(n, unit, text) for n in values)
        arg = {"delta": relative.delta} if relative.delta is not None else {}
        return [Action(span, device, setter, arg, relative, certain=not sets)]  # 空调26度再低一点: which of both?
    scene = _SCENE.search(_without(phrase, unit, verbs)) if _MAY_NAME.search(phrase) else None
    modes = unit.all("modes")
    if (
        scene
        and not (device and modes)
        and (not device or not modes)
        and not (device and device.type in {"ac", "fan", "purifier"} and "模式" in phrase)
    ):
        if "turn_off" in kinds or scene[1].startswith(_LEAVING):
            return [Action(span, None, "deactivate_scene", certain=False)]  # no command of the target format
        mode = modes[0].values["modes"] if modes and modes[0].text == scene[1] else None
        if mode in _NO_SCENES:
            return one("set_mode", {"mode": mode}, on=None)
        return one("activate_scene", {"scene": scene[1]}, on=None)
    if not values and ("set" in kinds or "next" in kinds) and (station := _STATION.search(phrase)):
        on = device if device is not None and device.type in {"tv", "set_top_box", "projector"} else None
        return [Action(span, on, "set_channel", {"channel": station["name"]}, certain=False)]  # which number it has
    if not BEYOND.isdisjoint(kinds):
        off = not {"turn_off", "stop"}.isdisjoint(kinds)  # 关闭摇头
        return [Action(span, device, "adjust" if off else next(k for k in kinds if k in BEYOND), certain=False)]
    for simple in ("next", "previous", "mute", "lock", "unlock", "return_to_base"):
        if simple in kinds:
            asked = verbs[kinds.index(simple)]
            if _ANOTHER.fullmatch(asked.text) and _ANY_SONG.match(text, asked.end) is None:
                # 换首轻音乐 names what is to be played, 换歌单 and 换个台灯 ask for something else.
                named = asked.text.endswith("首")
                return [Action(span, device, "play_media", certain=False)] if named else None
            return one(simple)
    timers = device is not None and device.type in {"timer", "alarm_clock"}
    lasting = False
    for length in clauses.durations:
        values = [n for n in values if not length.start <= n.span.start < length.end]
        lasting = lasting or unit.start <= length.start < unit.end
    rings = device is not None and device.type == "alarm_clock" and not kinds
    if rings and (_ALARM_SET.search(phrase) or _ALARM_ALONE.fullmatch(phrase.lstrip(","))):
        return one("set_timer")
    counted = "计时" in phrase or "倒数" in phrase
    if (timers or (odd and _TIMES.search(phrase))) and (lasting or kinds or counted):
        if "delete" in kinds or "stop" in kinds or "pause" in kinds or "resume" in kinds:
            return one(next(k for k in kinds if k in {"delete", "stop", "pause", "resume"}))
        if lasting or ({"set", "start"} & set(kinds)) or not ({"turn_on", "turn_off"} & set(kinds)):
            return one("set_timer")
    if "delete" in kinds:
        return one("delete")
    absolute = read_setting(unit, clauses, device, values, kinds)
    if absolute is not None:
        name, value = absolute
        if name in {"mode", "color", "color_temperature"} and not values and kinds[-1:] in (["turn_off"], ["stop"]):
            return [Action(span, device, "adjust", certain=False)]  # 关闭空调除湿: which mode then?
        # No command of the target format sets several.
        more = {} if value == "auto" else _mode_beside(unit, name, kinds) | values_beside(name, values, clauses, device)
        # The devices count in Celsius: 80 degrees Fahrenheit are none that they can be set to.
        celsius = not values or values[-1].unit != "f"
        shut = bool(values) and is_shut_by(name, value, values[-1], kinds[-1] if kinds else None, text)
        from_here = device.span.end if device is not None and device.span.start >= unit.start else unit.start
        also = bool(values) and "adjectives" in unit.of and says_more(unit, text, from_here)
        settled = (
            celsius and not more and not shut and not also and len([n for n in values if is_measured(n, text)]) < 2
        )
        return [Action(span, device, SETTERS[name], {name: value} | more, certain=settled)]
    if values and clauses.removed and "set" in kinds and device is None:
        return [Action(span, None, "set", certain=False)]  # 音量超过50就调到30: what is compared, perhaps
    for job in ("pause", "resume", "stop", "start"):
        if job in kinds:
            return one(job)
    if "clean" in kinds or "wash" in kinds:
        # No command of the target format says which room is to be swept.
        work = next(verb for verb in verbs if verb.values["verbs"] in {"clean", "wash"})
        job = "stop" if text.endswith("结束", unit.start, work.start) else "start"
        return [Action(span, device, job, certain=not ("clean" in kinds and unit.first("rooms")))]
    if "unclear" in kinds:
        return [Action(span, device, "adjust", certain=False)] if device else None
    power = [k for k in kinds if k in POWER]
    if power and "devices" not in unit.of and any(t.values["properties"] == "volume" for t in unit.all("properties")):
        # 关掉声音; the other way round it has no command of the target format.
        heard = device if device is not None and device.type in _SOUNDS else None
        off = power[-1] in {"turn_off", "close"}
        return [Action(span, heard, "mute" if off else "unmute", certain=off)]
    if power:
        either = device is not None and device.type in EITHER_WAY - LEAVES and power[-1] in {"open", "close"}
        if either:
            return [Action(span, device, power[-1], certain=False)]
        wished = relative is not None and LESS_OF.search(phrase)  # 打开空调不要太冷
        settled = not wished and not (values and names_which(values, text))  # no catalogue knows 灯1 from 灯2
        return [Action(span, device, _power_word(power[-1], device), certain=settled)]
    moved = unit.first("changes")
    if (
        moved is not None
        and device is not None
        and device.type in LEAVES | EITHER_WAY
        and moved.values["changes"] != "0"
    ):
        return one("open" if moved.values["changes"] == "+" else "close")
    if "activate_scene" in kinds or "set" in kinds:
        return one("set") if (device and device.type) or unit.first("properties") or unit.first("colors") else None
    return None


def _behind(unit: Unit, place: int) -> Unit | None:
    """Return the part of a clause behind a place that is about a property, or None."""
    about = next((t for t in unit.all("properties") if t.start >= place), None)
    if about is None:
        return None
    rest = Unit(about.start, unit.end)
    for token in unit.tokens:
        if token.start >= about.start:
            rest.add(token)
    return rest


def _read_without(left: Sequence[Token], unit: Unit, clauses: Clauses, device: Mention | None) -> list[Action] | None:
    """Return what a clause asks for that says which mode or colour there shall be no more (空调别制热了)."""
    rest, others = without(unit, left, clauses)
    if not {"modes", "colors"}.isdisjoint(rest.of):
        return _read(rest, others, device)
    if only_tells(unit, left, clauses) or goes_on(unit, left, clauses):
        return None
    return [Action(Span(unit.start, unit.end), device, "adjust", certain=False)]  # what then?


def _may_be_value(number: Number, unit: Unit, text: str) -> bool:
    """Tell whether a number beside a change says what is to be set, or how far (调低5)."""
    return is_measured(number, text) or any(t.end == number.span.start and "softeners" not in t for t in unit.tokens)


def _mode_beside(unit: Unit, name: str, kinds: Sequence[str]) -> dict[str, Any]:
    """Return the mode or colour that a clause sets beside a value, unless it only says which value (制冷温度)."""
    color = unit.first("colors") if name == "brightness" else None
    said = color or unit.first("modes")
    if said is None or name in {"mode", "color"} or said.text in {"加热", "吹风", "送风"} or "start" in kinds:
        return {}
    if any(said.end <= t.start <= said.end + 1 and ("properties" in t or "devices" in t) for t in unit.tokens):
        return {}
    if color is None:
        return {"mode": said.values["modes"]}
    value = color.values["colors"]
    return {"color_temperature" if value in {"warm", "cool"} else "color": value}


def _without(phrase: str, unit: Unit, verbs: Sequence[Token]) -> str:
    """Return the clause with its verbs blanked, so that a scene's name does not begin with one."""
    for token in verbs:
        at = token.start - unit.start
        if at >= 0:
            phrase = phrase[:at] + "," * len(token.text) + phrase[at + len(token.text) :]
    return phrase


def _done_to(mention: Mention, action: Action, switches: bool) -> Action:
    """Return the same action on another device; what switches says for each by its own word (打开窗帘和灯)."""
    if switches and action.command in {*POWER, "lock", "unlock"}:
        opens = action.command in {"turn_on", "open", "unlock"}
        action = action._replace(command=_power_word("turn_on" if opens else "turn_off", mention))
    return action._replace(device=mention, certain=action.certain and mention.type is not None)


def _power_word(word: str, device: Mention | None) -> str:
    """Return the command for opening or closing this type of device."""
    opens = word in {"turn_on", "open"}
    kind = device.type if device else None
    if kind == "lock":
        return "unlock" if opens else "lock"
    if kind in LEAVES:
        return "open" if opens else "close"
    return "turn_on" if opens else "turn_off"
