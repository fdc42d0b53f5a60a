"""The devices that a clause names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.text import Span
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import POWER, Mention
from rules.smart_home.vocabulary import Token

_SWITCHES = frozenset({*POWER, "lock", "unlock", "set"})
_WITH_PARTS = frozenset({"lock", "light", "garage_door", "window", "timer"})
"""Types whose name before another (前门的锁, 定时开关) only says which one is meant."""
_PART_OF = {"lock": ("锁", "门"), "garage_door": ("锁", "门"), "light": ("锁", "灯", "门")}
"""What is named behind these and leaves them what they are; 门灯 is a light."""
_PART = re.compile(r"[的嘅](?![所其][有他它余])[^,。;把将的嘅开关调设停]{1,3}[机器泵棒阀键]")
"""Behind a name, a part of what it names that is no device by itself."""
_OF = re.compile(r"(?:的|嘅)?")
_LISTED = re.compile(r"[和与跟及、,]")
"""Between two names of which both are meant."""
_WHOLES = frozenset({"basement", "attic", "office", "yard"})
"""Rooms that have others in them."""
_PARTS = frozenset({"bathroom", "balcony", "cloakroom", "hallway", "entrance", "yard", "laundry"})
"""Rooms that others have."""
_BEDROOMS = frozenset({"kids", "elder", "bedroom2"})
_BETWEEN = re.compile(r"的?(?:中间|之间|交界|连接)")
OTHER = re.compile(r"其他|其它|其余|(?<![特分级区性类个])别的|[剩余]下的|剩余的|另外的")
"""What is left when something else is taken away, which the words themselves do not name."""
_FLOOR = re.compile(
    r"(?:负|地下)?[0-9一二两三四五六七八九十顶][楼层](?!道)|楼[上下]|[主客公次]卫"
    r"|[0-9]{2,}号?(?:房间?|教室|会议室|办公室|室)|(?:活动|会议|休息|健身|棋牌|影音|储物|茶水|接待|培训|实验)[室间房]|教室"
    r"|楼(?:[上下](?!梯)|梯间?)|(?:(?<![帮给替让])[我你他她]|儿子|女儿|孩子|[大二三小]宝|宝宝|爸爸|妈妈|爸妈|父母|爷爷|奶奶|外公|外婆|哥哥?|姐姐?|弟弟|妹妹|客人|阿姨|保姆|老[公婆人])的?(?:房间?|屋)"
    r"|(?:细|工人|佣人|保姆|杂物|储物)房间?|[大小]房(?!间|[屋子型])|房(?=[的嘅]?$)"
)
"""A room of no catalogue, unless one names it: 二楼的灯 are not all lights."""
_ALL = re.compile(r"所有|全部|其他|其它|其余|全屋|每个|每盏|整个|一切|各个|(?<=[开关熄闩锁])晒")
_WHERE = re.compile(
    r"[,。;!?、□请]*+[把将给帮让]?+(?P<place>(?!所有|全部|其[他它余]|剩|[这那]|家里|房间|屋|室内|[现刚]|[我你他她它咱]|睡前)"
    r"[^\W一二两三四五六七八九十半0-9a-z]{2,4}?)[里中]?[的嘅]"
)
"""Words that say which one is meant: 天台的灯."""
_NO_NAME = re.compile(
    r"(?:[那这]么|咁|太[大小高低]).*|[那这哪](?:一?[个盏台扇部架间只张些边里])?|[你我您它他她其佢]们?|一下|全部|全都|所有|一切|都|也|就|再|先|还|来|去|把|将"
    r"|请|给|帮[忙我手]?|现在|马上|立刻|立即|赶紧|同时|自动|麻烦|谢谢|多谢|唔该|拜托|[好行可]以?[吗么不]?|即|试试|快点?"
    r"|直接|重新|刚才|刚刚|之前|顺便|顺手|顺带|一起|一并|一同|记得|务必|最后|最好|需要|稍后|等一?下|完|掉|到|了|吧|啦|呀|哦|喔|啊|嘛|呢"
    r"|的|嘅|埋|晒|返|番|起来|下来|上去|分钟|小时|钟头|秒|时候|电源|功能|([^□a-z])\1.|(?:别|不|免得|省得|以免).*"
)
"""What stands beside a verb and names nothing."""
_GAS = frozenset({"燃气", "煤气", "天然气", "瓦斯"})
"""What is switched by its valve; beside another name (燃气热水器) it only says of which kind that is."""
_NAME = re.compile(r"(?!([^a-z])\1)[a-z\u4e00-\u9fff]{2,}")
"""A name of two characters and more; 透透气 is none."""
_BEFORE = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,8})[和与及、]$")
_BEHIND = re.compile(r"(?:[和与及、]|以及)(?![我你他她它])(?P<name>[\u4e00-\u9fff]{2,8}?)(?=$|[,。;!?、和与及])")
_NAMED = frozenset(
    [
        "devices",
        "rooms",
        "properties",
        "modes",
        "scenes",
        "verbs",
        "changes",
        "connectives",
        "softeners",
        "nouns",
        "done",
    ]
)
"""Lexicons whose words are no part of a name that is not known."""
_ALL_BEHIND = re.compile(r"(?:给我|帮我|现在|请)*(?:全部|全都|都|统统|通通|一律|全)")
_ONLY_NAMES = re.compile(
    r"(?:第?[0-9一二三四五六七八九十]+[号个盏])?[的嘅所有全部其他它余别剩下另外那这个盏台架部𠮶呢啲佢都吧啦呀哦啊嘛,、。:;!?]*"
)


def mentions_of(unit: Unit, clauses: Clauses) -> list[Mention]:
    """Return the devices a clause names; several names run together (前门的锁) are one device."""
    if "devices" not in unit.of:
        return []
    rooms = unit.all("rooms")
    found: list[Mention] = []
    for token in unit.of["devices"]:
        if _only_verb(token, unit):
            continue
        if found:
            between = clauses.text[found[-1].span.end : token.start]
            if _OF.fullmatch(between):
                found[-1:] = _run_together(found[-1], token, unit, clauses)
                continue
            if not _LISTED.search(between):
                # A second name later in the clause is what the verb is done to; the first one was its topic.
                topic = found.pop()
                if clauses.text.endswith(("给", "帮"), 0, topic.span.start):
                    found.append(_unknown(topic.span.start, token.end, clauses, topic.room))  # 给鱼缸开灯
                    continue
        found.append(_mention(token, rooms, unit, clauses))
    if len(rooms) > 1:
        return [one for mention in found for one in in_each_room(mention, rooms, clauses)]
    if not rooms and any(mention.room for mention in found):
        return [one for mention in found for one in _on_each_floor(mention, unit, clauses)]
    return found


def _run_together(previous: Mention, token: Token, unit: Unit, clauses: Clauses) -> list[Mention]:
    """Return what a name means together with the one right before it: one device (前门的锁), or two of a list."""
    kind: str | None = token.values["devices"]
    if (part := _PART.match(clauses.text, token.end, unit.end)) is not None:
        return [_unknown(previous.span.start, part.end(), clauses)]  # 鱼缸灯的控制阀
    whole = Span(previous.span.start, token.end)
    if kind != previous.type and previous.type not in _WITH_PARTS:
        if previous.span.end == token.start and after_all(unit, clauses, token.end):
            apart = Mention(kind, previous.room, token.text, Span(token.start, token.end))
            return [previous, apart]  # 窗帘窗户都关上
        kind = None  # 鱼缸的灯: what one device is called together with a part of it is settled by no catalogue
    elif token.text in _PART_OF.get(previous.type or "", ()):
        kind = previous.type
    return [previous._replace(type=kind, words=clauses.text[whole.start : whole.end], span=whole)]


def _mention(token: Token, rooms: Sequence[Token], unit: Unit, clauses: Clauses) -> Mention:
    """Return what a name that stands by itself means, with its room and whether all of them are meant."""
    text, start, end = clauses.text, token.start, token.end
    if (part := _PART.match(text, end, unit.end)) is not None:
        return _unknown(start, part.end(), clauses)  # 鱼缸的打气机
    if text.endswith(("它的", "佢的", "佢嘅"), 0, start):
        return _unknown(start - 2, end, clauses)  # 加湿器打开，它的灯关掉
    head = text[unit.start : start]
    room, place = None, ""
    if rooms and not OTHER.search(head):
        room = next((r for r in reversed(rooms) if r.end <= start), rooms[0]).values["rooms"]
    elif (floor := _FLOOR.search(text, unit.start, start)) is not None:
        room = floor[0]
    else:
        place = _place(token, unit, clauses)
    every = _ALL.search(head) is not None or after_all(unit, clauses, end)
    return Mention(token.values["devices"], room, token.text, Span(start, end), every, place=place)


def _unknown(start: int, end: int, clauses: Clauses, room: str | None = None) -> Mention:
    """Return a mention of what no catalogue knows by these words."""
    return Mention(None, room, clauses.text[start:end], Span(start, end))


def _place(device: Token, unit: Unit, clauses: Clauses) -> str:
    """Return the words right before a name that say which one it is and are no known room (天台的灯), or nothing."""
    start = max([unit.start, *(t.end for t in unit.tokens if t.end <= device.start)])
    place = _WHERE.fullmatch(clauses.text, start, device.start)
    counted = any(start <= number.span.start < device.start for number in clauses.numbers)  # 二十六度的空调
    return "" if place is None or counted else place["place"]


def _on_each_floor(mention: Mention, unit: Unit, clauses: Clauses) -> list[Mention]:
    """Return a mention for each of the floors that are said before it (一楼和二楼的灯)."""
    floors = list(dict.fromkeys(_FLOOR.findall(clauses.text, unit.start, mention.span.start)))
    if len(floors) < 2 or not all(floor[-1] in "楼层上下" for floor in floors):
        return [mention]
    return [mention._replace(room=floor) for floor in floors]


def in_each_room(mention: Mention, rooms: Sequence[Token], clauses: Clauses) -> list[Mention]:
    """Return a mention for each of the rooms that stand side by side before it (客厅餐厅的灯).

    Of two, the second may be a part of the first, or lie within it (主卧卫生间, 阁楼卧室): that is one room.
    """
    run: list[Token] = []
    for room in reversed([r for r in rooms if r.end <= mention.span.start]):
        if run and room.end != run[0].start:
            break
        run.insert(0, room)
    names = list(dict.fromkeys(room.values["rooms"] for room in run))
    one = len(names) == 2 and (
        names[0] in _WHOLES
        or names[1] in _PARTS
        or (names[0] in _BEDROOMS and run[-1].text in {"卧室", "睡房"})
        or _BETWEEN.match(clauses.text, run[-1].end) is not None
    )
    if len(names) < 2 or one or names[-1] != mention.room or "home" in names:
        return [mention]
    return [mention._replace(room=name) for name in names]


def stranger(unit: Unit, clauses: Clauses) -> Mention | None:
    """Return what a clause switches that is no known device (打开安防 behind 锁门), or None where it names nothing."""
    verbs = unit.all("verbs")
    if not {verb.values["verbs"] for verb in verbs} <= _SWITCHES:
        return None
    soft = "softeners" in unit.of
    taken = [
        Span(t.start, t.end)
        for t in unit.tokens
        if t.start >= unit.start
        and (not _NAMED.isdisjoint(t.values) or (soft and "adjectives" in t.values))  # 关小声一点; but 打开暖桌
    ]
    if sum(end - start for start, end in taken) + 1 >= unit.end - unit.start:
        return None  # hardly anything but known words
    text = list(clauses.text[unit.start : unit.end])
    for start, end in (*taken, *(n.span for n in clauses.numbers), *clauses.durations, *clauses.removed):
        for at in range(max(start, unit.start), min(end, unit.end)):
            text[at - unit.start] = "□"
    said = "".join(text)
    parts = [(0, verbs[0].start - unit.start if verbs else len(said))]
    if verbs and verbs[-1].values["verbs"] != "set":
        parts.append((verbs[-1].end - unit.start, len(said)))
    for start, end in parts:
        name = _NAME.search(_NO_NAME.sub(lambda no: "□" * len(no.group()), said[start:end]))
        if name is not None:
            at = unit.start + start + name.start()
            room = unit.first("rooms")
            span = Span(at, at + len(name.group()))
            kind = "gas_valve" if name.group() in _GAS else None
            return Mention(kind, room.values["rooms"] if room else None, name.group(), span)
    return None


def strangers_beside(mentions: Sequence[Mention], clauses: Clauses) -> tuple[Mention | None, Mention | None]:
    """Return what a list begins and ends with that is no known device (打开电视和体感仪)."""
    text, last = clauses.text, mentions[-1].span.end
    first = _begin(mentions[0], clauses)
    before = behind = None
    if first and text[first - 1] in "和与及、" and (joined := _BEFORE.search(text, 0, first)):
        known = [t.end for t in clauses.tokens if t.end < first and "connectives" not in t]
        before = _strange(Span(max([joined.start("name"), *known]), joined.end("name")), clauses)
    if text.startswith(("和", "与", "及", "、", "以及"), last) and (joined := _BEHIND.match(text, last)):
        behind = _strange(Span(*joined.span("name")), clauses)
    return before, behind


def _begin(mention: Mention, clauses: Clauses) -> int:
    """Return where the words of a mention begin, with its room right before it (走廊的 in 大堂和走廊的灯)."""
    first = mention.span.start
    for token in reversed([t for t in clauses.tokens if t.end <= first]):
        if first - token.end > 1:
            break
        if "rooms" in token and clauses.text[token.end : first] in {"", "的", "嘅"}:
            first = token.start
    return first


def _strange(span: Span, clauses: Clauses) -> Mention | None:
    """Return a mention of what stands in a part of the text, unless a known word does."""
    if any(span.start <= t.start < span.end for t in clauses.tokens):
        return None
    name = _NAME.fullmatch(_NO_NAME.sub("", clauses.text[span.start : span.end]))
    return None if name is None else Mention(None, None, name.group(), span)


def after_all(unit: Unit, clauses: Clauses, end: int) -> bool:
    """Tell whether a word behind a name takes in all that was named (灯都关了)."""
    return _ALL_BEHIND.match(clauses.text, end, unit.end) is not None


def of_a_list(mentions: Sequence[Mention], start: int, summed_up: bool, clauses: Clauses) -> list[Mention]:
    """Return the mentions of a list that begins at `start` as the words of the whole list mean them.

    都 and 全 behind a list (空调和电视都关了) sum it up, and are not about all devices of its last type; 所有 before it
    (所有的灯和空调) and a room that is the whole home hold for the members behind, too.
    """
    found: list[Mention] = []
    for mention in mentions:
        last = found[-1] if found else None
        said = _ALL.search(clauses.text, last.span.end if last else start, mention.span.start) is not None
        goes_on = last is not None and (mention.room is None or mention.span == last.span)
        listed = last is not None and last.every and goes_on
        every = said or listed
        room = (
            last.room if last is not None and mention.room is None and (listed or last.room == "home") else mention.room
        )
        found.append(mention._replace(every=every or (summed_up and room == "home"), room=room))
    return found


def _only_verb(token: Token, unit: Unit) -> bool:
    """Tell whether a word that is also a verb stands as one here (大门上锁 has no second device)."""
    return "verbs" in token.values and any(t is not token for t in unit.all("devices"))


def lend(mention: Mention, other: Mention | None) -> Mention:
    """Return the mention with the room of the one it stands beside, where it names none and does not mean all."""
    if mention.room or mention.place or other is None or other.room is None or (mention.every and not other.every):
        return mention
    return mention._replace(room=other.room, lent=True)


def only_names(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a clause holds nothing but names, so that it may share the verb before it."""
    rest = clauses.text[unit.start : unit.end]
    for token in sorted(unit.tokens, key=lambda t: -len(t.text)):
        rest = rest.replace(token.text, "", 1)
    return _ONLY_NAMES.fullmatch(rest) is not None or ("devices" in unit.of and _WHERE.fullmatch(rest) is not None)
