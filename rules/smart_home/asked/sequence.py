"""The clauses of a sentence one after the other: each with what those before it leave open, or name for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.text import Span
from rules.smart_home.asked.change import is_complaint
from rules.smart_home.asked.clause import Clauses, Unit, cut, only_switches
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
from rules.smart_home.asked.model import ANYWHERE, JOBS, POWER, Action, Mention, can_have
from rules.smart_home.asked.predicate import REASON, power_command, read_clause

_ALSO = re.compile(r"[^,。;!?]{1,6}(?:的|嘅)?(?:也|亦)(?:是|一样|要|系|如此|照办)[吧啦呀]*$")
"""A room or a device of which the same is asked: 主卧的窗户关上，次卧的也是."""
_IS_SO = re.compile(r"[^把将帮请给让先再]*[关锁拉闩]好了")
"""May say how it is: 门关好了，打开空调."""
_MARKS = (",", "。", ";", "!", "?")
_LEADS = re.compile(r"[先请就,。;□]*")
"""What may stand before a verb that shares what the next one is done to."""
_ELSEWHERE = re.compile(r"去|到|回|进|离开|走|出|除")


def read_all(clauses: Clauses) -> list[Action]:
    """Return the actions of clauses in which every value is for all that it is said of."""
    reading = _Reading(clauses)
    for unit in cut(clauses):
        reading.take(unit)
    return reading.end()


class _Reading:
    """The actions read so far, and what the clauses so far leave to the next."""

    __slots__ = (
        "actions",
        "clauses",
        "each_room",
        "listed",
        "others",
        "room_only",
        "shares",
        "switches",
        "topic",
        "waiting",
    )

    def __init__(self, clauses: Clauses) -> None:
        self.clauses = clauses
        self.actions: list[Action] = []
        self.waiting: list[Unit] = []
        """Clauses without a predicate that stand before one."""
        self.topic: Mention | None = None
        """The device that such a clause names last."""
        self.room_only: str | None = None
        """The room that the last request names where it names no device."""
        self.listed = False
        """Whether several devices have been named since the last request, or by it."""
        self.switches = False
        """Whether the last request says of each device by its own word that it is switched."""
        self.each_room = False
        """Whether the last request was said of a list of rooms."""
        self.shares = False
        """Whether the last request is but a verb, and what it is done to may be named by the next."""
        self.others = OTHER.search(clauses.text) is not None

    def take(self, unit: Unit) -> None:
        """Read the next clause."""
        mentions = mentions_of(unit, self.clauses)
        unknown = None if mentions or "verbs" not in unit.of else stranger(unit, self.clauses)
        device = mentions[-1] if mentions else (unknown or self._spoken_of(unit))
        read = read_clause(unit, self.clauses, device)
        if not read:
            self._take_names(unit, mentions)
            return
        if unknown is not None and read[0].device is unknown:
            mentions = [unknown]
        text = self.clauses.text
        if (
            (mentions == [unknown] and mentions[0].type is None)
            or REASON.match(text, unit.start, unit.end)  # 怕孩子开窗, or 怕黑打开夜灯
            or (unit.end < len(text) and _IS_SO.fullmatch(text, unit.start, unit.end))  # 门关好了，打开空调: is it?
            or self._means_the_others(unit)  # 打开客厅空调，关掉其他空调
        ):
            read = [action._replace(certain=False) for action in read]
        if mentions and self.shares and (unit.joiner in {"and", "then", "pause"} or unit.tokens[0].text == "再"):
            read = self._share(mentions, read, settled=unit.joiner not in {"and", "pause"})
        self._take_request(unit, mentions, read)
        self.shares = self.actions[-1].device is None and only_switches(unit) and self._says_only_verb(unit)

    def end(self) -> list[Action]:
        """Return all actions, when no clause follows."""
        actions = self.actions
        if actions and any(one.joiner in {"and", "pause", "then"} and self._is_name(one) for one in self.waiting):
            actions[-1] = actions[-1]._replace(certain=False)  # 打开客厅的灯和卧室: what in there?
        if len(actions) > 1 and any(action.command == "activate_scene" for action in actions):
            # What is planned is what the scene is for.
            return [action for action in actions if action.certain or action.command != "play_media"]
        return actions

    def _is_name(self, unit: Unit) -> bool:
        """Tell whether a clause names something that nothing was done to yet."""
        names = only_names(unit, self.clauses) or "devices" in unit.of
        return names and not is_complaint(unit, self.clauses)

    def _spoken_of(self, unit: Unit) -> Mention | None:
        """Return the device that a clause is about which names none."""
        if not self.actions:
            return self.topic
        if self._names_first_room(unit):
            return None  # 打开厨房的灯，打开客厅、卧室的空调
        about = _property_of(unit)
        if about is None:
            return self.topic or self.actions[-1].device
        known = (self.topic, *(action.device for action in reversed(self.actions)))
        return next((one for one in known if one is not None and can_have(one.type, about)), None)

    def _names_first_room(self, unit: Unit) -> bool:
        """Tell whether a clause ends with the first room of a list, behind which the device is named."""
        verbs, rooms = unit.all("verbs"), unit.all("rooms")
        return (
            bool(verbs and rooms)
            and verbs[0].start < rooms[0].start
            and self.clauses.text.startswith(("、", "和", "跟", "与"), rooms[-1].end)
        )

    def _asks_the_same(self, unit: Unit) -> bool:
        return _ALSO.fullmatch(self.clauses.text[unit.start : unit.end].lstrip(",;、")) is not None

    def _means_the_others(self, unit: Unit) -> bool:
        return self.others and OTHER.search(self.clauses.text, unit.start, unit.end) is not None

    def _take_names(self, unit: Unit, mentions: list[Mention]) -> None:
        """Take up a clause without a predicate: more of what the last request was about, or what the next is about."""
        last = self.actions[-1] if self.actions else None
        if mentions:
            self.listed = True
            if last is not None and self._ends_list_of_rooms(unit, last):
                self._name_lights_of_rooms(unit, mentions, last)
                return
            if last is not None and last.named and (self._goes_on_with_list(unit) or self._asks_the_same(unit)):
                self._name_more(unit, mentions, last)
                return
            self.topic = mentions[-1]
        elif (
            (rooms := unit.all("rooms")) and last is not None and last.device is not None and self._asks_the_same(unit)
        ):
            device = last.device._replace(room=rooms[-1].values["rooms"], span=Span(unit.start, unit.end))
            self.actions.append(last._replace(device=device, span=Span(unit.start, unit.end), named=True))
            return
        if mentions or unit.all("rooms"):
            self.waiting.append(unit)

    def _ends_list_of_rooms(self, unit: Unit, last: Action) -> bool:
        """Tell whether the device is named now of which the request before named but the room (打开客厅、书房的灯)."""
        if last.device is not None or last.named or not self.room_only:
            return False
        return unit.joiner in {"and", "pause"} or (unit.joiner == "comma" and only_names(unit, self.clauses))

    def _goes_on_with_list(self, unit: Unit) -> bool:
        """Tell whether a clause names more of what the request before is done to (打开客厅的灯和空调)."""
        return (
            unit.joiner in {"and", "pause", "then"}
            and only_names(unit, self.clauses)
            and all(not one.first("devices") and only_names(one, self.clauses) for one in self.waiting)
            and not is_complaint(unit, self.clauses)
        )

    def _between(self, mention: Mention) -> list[Mention]:
        """Return the same device in the rooms that wait for their device (卧室 in 客厅、卧室和厨房的灯)."""
        return [
            mention._replace(room=room.values["rooms"]) for earlier in self.waiting for room in earlier.all("rooms")
        ]

    def _name_lights_of_rooms(self, unit: Unit, mentions: list[Mention], last: Action) -> None:
        # 打开客厅、书房和餐厅的灯: the verb stands beside a room, and the light behind the last of them.
        first = _done_to(mentions[0]._replace(room=self.room_only), last, self.switches)._replace(named=True)
        certain = last.certain and not any(earlier.first("devices") for earlier in self.waiting)
        self.actions[-1] = first._replace(certain=certain)
        span = Span(unit.start, unit.end)
        for mention in (*self._between(mentions[0]), *mentions):
            action = _done_to(mention, last, self.switches)
            self.actions.append(action._replace(span=span, named=True, certain=certain))
        self.each_room = True
        self.waiting.clear()

    def _name_more(self, unit: Unit, mentions: list[Mention], last: Action) -> None:
        # 1号灯和2号灯, 客厅餐厅的灯和空调: no catalogue tells the ones, and no word in which of the rooms.
        numbered = any(unit.start <= n.span.start < unit.end for n in self.clauses.numbers)
        several = self.each_room or (len(self.actions) > 1 and self.actions[-2].span == last.span)
        certain = last.certain and not (numbered or self._means_the_others(unit))
        span = Span(unit.start, unit.end)
        for mention in (*self._between(mentions[0]), *mentions):
            action = _done_to(lend(mention, last.device), last, self.switches)
            settled = certain and not (several and mention.room is None)
            self.actions.append(action._replace(span=span, certain=settled))
        self.waiting.clear()

    def _take_request(self, unit: Unit, mentions: list[Mention], read: list[Action]) -> None:
        """Take up what a clause asks for, of all that is named in it and in the list before it."""
        self.each_room = False
        self.switches = not any(verb.values["verbs"] in {"lock", "unlock"} for verb in unit.all("verbs"))
        shared = _list_before(unit, self.waiting, self.clauses) if mentions else []
        names: list[tuple[Mention, Unit]] = []
        for earlier in reversed(shared):
            here = mentions_of(earlier, self.clauses)
            if not here:
                following = names[0][0] if names else mentions[0]
                here = self._placed_in(earlier, following)
                if following.room and not mentions[-1].room:
                    # 客厅和卧室的灯和空调都关了: in which of the rooms?
                    read = [action._replace(certain=False) for action in read]
            names[:0] = [(mention, earlier) for mention in here]
        if len(names) + len(mentions) > 1:
            whole = [*(mention for mention, _ in names), *mentions]
            start = shared[0].start if shared else unit.start
            summed_up = after_all(unit, self.clauses, mentions[-1].span.end)
            whole = of_a_list(whole, start, summed_up, self.clauses)
            names, mentions = list(zip(whole, (u for _, u in names), strict=False)), whole[len(names) :]
        begin = len(self.actions)
        about = _room_spoken_of([earlier for earlier in self.waiting if earlier not in shared], self.clauses)
        for mention, earlier in names:
            action = _done_to(_placed(mention, about), read[0], self.switches)
            self.actions.append(action._replace(span=Span(earlier.start, earlier.end)))
        self.waiting.clear()
        if read[0].relative is not None and not read[0].relative.asked:
            self.waiting.append(unit)  # 主卧好干，加湿器开一下: the room is what the request is about
        self._add(unit, mentions, read, about)
        if mentions:
            before, behind = strangers_beside([*(mention for mention, _ in names), *mentions], self.clauses)
            if before is not None:
                self.actions.insert(begin, read[0]._replace(device=before, certain=False))
            if behind is not None:
                self.actions.append(read[0]._replace(device=behind, certain=False))
        rooms = unit.all("rooms")
        self.room_only = rooms[-1].values["rooms"] if rooms and not mentions else None
        self.topic = None
        self.listed = len(names) + len(mentions) > 1

    def _says_only_verb(self, unit: Unit) -> bool:
        """Tell whether nothing stands beside the verb of a clause, nor a mark behind it (not 把它关了，再打开台灯)."""
        text, verb = self.clauses.text, unit.of["verbs"][0]
        behind = text[verb.end : unit.end + 1]
        return _LEADS.fullmatch(text, unit.start, verb.start) is not None and not behind.startswith(_MARKS)

    def _share(self, mentions: list[Mention], read: list[Action], *, settled: bool) -> list[Action]:
        """Give the verb before what the next one is done to (先关闭再打开窗帘); opposites at once are not settled."""
        first = _done_to(mentions[0], self.actions[-1], switches=True)
        settled = (settled or first.command not in POWER or read[0].command not in POWER) and len(mentions) == 1
        self.actions[-1] = first._replace(named=True, certain=first.certain and settled)
        return read if settled else [action._replace(certain=False) for action in read]

    def _placed_in(self, unit: Unit, following: Mention) -> list[Mention]:
        """Return what is meant of a list by a clause that names but rooms: the device that is named behind it."""
        rooms = unit.all("rooms")
        other = stranger(unit, self.clauses)
        if other is not None:
            return [other]
        return in_each_room(following._replace(room=rooms[-1].values["rooms"]), rooms, self.clauses)

    def _add(self, unit: Unit, mentions: list[Mention], read: list[Action], about: str | None) -> None:
        """Add the actions of a clause, the first of them for each device that it names."""
        rooms = unit.all("rooms")
        if not mentions and (rooms or about) and read[0].device is None:
            read = [action._replace(room=_room_of(unit, about, self.clauses.text)) for action in read]
        for index, action in enumerate(read):
            device = _placed(mentions[-1], about) if mentions and action.device is not None else action.device
            named = bool(mentions)
            if rooms and action.certain and device is not None and not mentions and action.command not in JOBS:
                # 客厅的灯关了，卧室的也关了: the same thing in another room; of a list, who knows which.
                device, named = device._replace(room=rooms[-1].values["rooms"]), True
                action = action._replace(certain=not self.listed)
            if index == 0 and len(mentions) > 1 and action.command not in ANYWHERE:
                self.actions.extend(
                    _done_to(_placed(mention, about), action, self.switches) for mention in mentions[:-1]
                )
            same = action.device is device and action.named == named
            self.actions.append(action if same else action._replace(device=device, named=named))


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


def _room_of(unit: Unit, about: str | None, text: str) -> str | None:
    """Return the one room that a clause without a device names, else the one that is spoken of; not where one goes."""
    rooms = unit.all("rooms")
    if not rooms:
        return about
    named = {token.values["rooms"] for token in rooms}
    listed = len(named) > 1 or unit.joiner in {"and", "pause"}  # 客厅和卧室调到26度
    goes = _ELSEWHERE.search(text, unit.start, rooms[0].start) is not None
    return None if listed or goes or "home" in named else named.pop()


def _placed(mention: Mention, room: str | None) -> Mention:
    """Return a mention with the room that is spoken of, where it names none itself."""
    return mention if mention.room or mention.place or room is None else mention._replace(room=room, lent=True)


def _done_to(mention: Mention, action: Action, switches: bool) -> Action:
    """Return the same action on another device; what switches says for each by its own word (打开窗帘和灯)."""
    if switches and action.command in {*POWER, "lock", "unlock"}:
        opens = action.command in {"turn_on", "open", "unlock"}
        action = action._replace(command=power_command("turn_on" if opens else "turn_off", mention))
    return action._replace(device=mention, room=None, certain=action.certain and mention.type is not None)
