"""Times of day in folded Chinese text, as 24-hour clock values.

Rules take a clock time for a trigger, so what only looks like one is not read: ``调高一点``, ``三点式开关``,
``五点一声道``, ``两点一线``, ``十点钟方向``, ``26点5度``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from curation.literals import sieve
from curation.rewriting import Reading, reader
from curation.text import Span
from rules.chinese.numbers import AT_HAND, DIGITS, UNITS, read_number

# Part of the day -> words; how an hour from 1 to 12 is taken there is in `_hour`.
_DAYPARTS = {
    "dawn": "凌晨 拂晓 黎明 破晓 清晨 清早 大清早",
    "morning": "早上 早晨 早间 上午 上昼 朝早 朝头早 今早 明早 今朝 听朝 早 朝",
    "noon": "中午 正午 晌午 午间",
    "afternoon": "下午 下昼 午后 晏昼 傍晚 黄昏",
    "evening": "晚上 晚间 晚黑 下黑 夜晚 夜晚黑 今晚 明晚 昨晚 当晚 每晚 听晚 晚",
    "night": "夜里 夜间 深夜 半夜 三更半夜 午夜 子夜 今夜 夜",
}
_DAYPART_OF = {word: name for name, words in _DAYPARTS.items() for word in words.split()}
_WORDS = "|".join(sorted(_DAYPART_OF, key=lambda word: (-len(word), word)))

_NUMERAL = f"0-9{DIGITS}{UNITS}"
_HOUR = (
    r"(?:[01]?[0-9]|2[0-4]|二十[一二三四]?|廿[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九]|二[零〇])"
)
_TENS = r"[二两三四五]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|卅[一二三四五六七八九]?"
_MINUTE = rf"(?:[0-5]?[0-9]|{_TENS}|[零〇][一二三四五六七八九]|[一二两三四五六七八九])"
_TWO_FIGURES = rf"(?:[0-5][0-9]|{_TENS}|[零〇][一二三四五六七八九])"
_FIVES = r"(?:十[一]?|[一二两三四五六七八九]|1[01]|[1-9])"
# Behind a bare figure: what would make it a number of its own (八点26度, 七点两盏灯, 八点二十分钟后).
_OTHER = r"(?![0-9.%度个档级台盏层楼号扇路条只间次]|分[钟之]|摄氏|百分|点)"
_SHORT = "[差争欠缺]"
_LESS = rf"{_SHORT}(?P<{{0}}>{_MINUTE})(?P<{{0}}_unit>分钟?|刻钟?|个[字骨])"
_APPROXIMATE = r"大约|大概|差不多|将近|接近|约"
_DUST = r"(?!2\.?5(?![0-9度])|10(?![0-9度]))"
"""Not the PM of PM2.5 and PM10."""
_LATIN = rf"(?:a\.?m\.?|p\.?m\.?{_DUST}|[ap])(?![a-z])"

_ORDER = "[关开打熄闩着响叫提]"
# What may stand between the part of the day and the hour: 晚上到了十点, 夜晚如果过咗十点, 傍晚时分六点.
_TOWARDS = r"的|,|时分|[都就]?在?|(?:如果|要是|若果?|当|等|只要|一旦)?(?:[一等]?到了?|一?过[了咗]?)"
_FIND = re.compile(
    rf"""(?=[0-9{DIGITS}{UNITS}早朝晚夜上中下正午晌晏傍黄今明昨当每听凌拂黎破清大深半三子差约将接争欠缺ap])
    (?:(?<![太很])(?<!(?<![记觉])得)(?P<daypart>{_WORDS})(?:{_TOWARDS})?)?
    (?P<about>{_APPROXIMATE})?
    (?:{_LESS.format("before")}(?:到|就)?(?P<late_daypart>{_WORDS})?)?
    (?:(?<![a-z])(?P<ahead>[ap]\.?m\.?)(?=[0-9]{{1,2}}:|(?![2二]点[5五]){_HOUR}点))?
    (?:(?<![{_NUMERAL}.:第几])|(?<=m\.)|(?<=周[一二三四五六日天])|(?<=星期[一二三四五六日天])|(?<=礼拜[一二三四五六日天]))
    (?<!周)(?<!星期)(?<!礼拜)(?<!百分)
    (?:
      (?P<colon_hour>[01]?[0-9]|2[0-4]):(?P<colon_minute>[0-5][0-9])(?::[0-5][0-9])?(?![0-9:]|个?小时)(?P<colon_latin>{_LATIN})?
    | (?P<latin_hour>1[0-2]|0?[0-9])(?P<latin>(?:a\.?m|p\.?m{_DUST})\.?)(?![a-z])
    | (?P<hour>{_HOUR})(?P<sign>点|时(?![候间段刻常辰区]))(?P<bell>钟)?+(?!方向)
      (?:
          (?P<sharp>[整正](?!常|确|好|在))
        | [过零踏搭又]?(?P<half>半(?!个|小|钟头|分|天))钟?
        | [过零踏搭又]?(?P<quarters>[一二两三1-3])(?:刻钟?|个骨)
        | [过零踏搭又]?(?P<words>{_FIVES})个字
        | [踏搭](?P<stepped>{_FIVES})
        | {_SHORT}(?P<after>{_MINUTE})(?P<after_unit>分(?!钟?后)钟?|刻钟?|个[字骨])
        | [过又]?(?P<minute>{_MINUTE})分(?![钟之贝区])
        | [过又]?(?P<bare_minute>{_TWO_FIGURES})(?![{_NUMERAL}])(?={_LATIN}|{_OTHER})
        | (?P<fives>[一二三四五六七八九1-9])(?=$|[,。!?;、的]|{_ORDER})
      )?
      (?:(?P<seconds>{_MINUTE})秒(?!后))?
      (?P<spoken_latin>{_LATIN})?
    )(?P<rough>多钟?(?!个))?""",
    re.VERBOSE,
)
_ALONE = re.compile(r"(?P<noon>正午)|(?P<midnight>午夜|子夜)(?!模式|场景|蓝|剧场|电影|情)")
_MAY_BE = sieve([_FIND, _ALONE])
_LEFT = re.compile(rf"还?(?:有|差|剩)(?:下)?(?P<left>半|{_MINUTE})(?P<unit>分钟?|刻钟?|个?(?:小时|钟头))")
"""So long before a time behind 离 or 距离: 离八点还有五分钟."""
_A_BIT = re.compile(r".一点")
_ROUGHLY = re.compile(r"钟?(?:左右|上下|前后)")
# What `两点` is part of when no part of the day says that it is a time.
_NOT_A_TIME = re.compile(
    rf"播(?![放报])|[式线阵名评单菜赞火歌心击数位差儿钱滴]|[0-9{DIGITS}](?![0-9十]*[号盏个楼台路档])|一线|都|也|建议|要求|意见"
)
_WHEN = re.compile(
    r"(?:[在到于从至天日号晚早晨每约]|今|明|周[一二三四五六日天末]|星期.|礼拜.|定时|定|时间|设[为成到])$"
)
_DUE = re.compile(r"(?:^|[,。;!]|[天日号灯扇帘机视在喺请烦]|等到|(?:周|星期|礼拜)[一二三四五六日天])$")
_ORDERED = re.compile(_ORDER)
_TO = re.compile(r"[到至~—–-]{1,2}|[和与跟及同、]|或者?|或是")
_COUNTS_POINTS = re.compile(r"(?:[大小高低强弱慢亮暗]|音量(?:[调设开]?[到为成])?|亮度(?:[调设开]?[到为成])?)$")
"""Before `三点`: points of a scale, and no time (音量大三点)."""


class Clock(NamedTuple):
    """A time of day and the folded characters it was read from, the part of the day included."""

    span: Span
    value: str
    """`HH:MM`, 24 hours."""
    hour: int
    minute: int
    daypart: str | None
    """`dawn`, `morning`, `noon`, `afternoon`, `evening`, `night`, or None: then the hour is as spoken."""
    exact: bool
    """False where it was said roughly (大约十点, 五点多) or only as a word (正午)."""


def find_clocks(text: str) -> list[Clock]:
    """Return the times of day in a folded text, from left to right, not overlapping."""
    return list(_read(text))


@lru_cache(maxsize=AT_HAND)
def _read(text: str) -> tuple[Clock, ...]:
    return tuple(_clocks(text))


@reader("clock")
def clock_readings(text: str) -> list[Reading]:
    """Return the times of day in a folded text as readings; the value is `HH:MM`."""
    return [Reading(found.span, found.value) for found in _read(text)]


def _clocks(text: str) -> Iterator[Clock]:
    if _MAY_BE.search(text) is None:
        return
    position, last = 0, None
    while True:
        clock = _next(text, position, last)
        if clock is None:
            return
        yield clock
        position, last = clock.span.end, clock


def _next(text: str, position: int, last: Clock | None) -> Clock | None:
    """Return the next time of day from `position` on; a range hands its part of the day on (晚上八点到九点)."""
    word = _ALONE.search(text, position)
    for found in _FIND.finditer(text, position):
        if word and word.start() < found.start():
            break
        if not found["daypart"] and found["hour"] and not _is_time(found, text):
            continue
        daypart = _DAYPART_OF.get(found["late_daypart"] or found["daypart"] or "")
        if found["daypart"] in {"早", "晚"} and _A_BIT.fullmatch(found[0]):
            continue
        if daypart is None and last and last.daypart and _TO.fullmatch(text, last.span.end, found.start()):
            clock = _clock(found, last.daypart, text)
            if (clock.hour, clock.minute) > (last.hour, last.minute):
                return clock
        return _clock(found, daypart, text)
    if word:
        hour, daypart = (12, "noon") if word["noon"] else (0, "night")
        return Clock(Span(word.start(), word.end()), f"{hour:02}:00", hour, 0, daypart, False)
    return None


def _is_time(found: re.Match[str], text: str) -> bool:
    """Tell whether `N点…` without a part of the day is a time and no decimal, score, shape or "a bit"."""
    said = ("sharp", "half", "quarters", "words", "stepped", "after", "minute", "bare_minute", "before", "bell")
    if any(found[name] for name in said) or found["spoken_latin"]:
        return True
    before = text[max(0, found.start() - 6) : found.start()]
    if found["fives"]:  # 三点三 is a decimal, unless the part of the day was said or a time is due before an order
        early = int(read_number(found["hour"]) or 0) <= 12
        return early and _DUE.search(before) is not None and _ORDERED.match(text, found.end()) is not None
    if _COUNTS_POINTS.search(before):
        return False
    if found["hour"] in {"一", "1"} and found["sign"] == "点" and not (_WHEN.search(before) and found["hour"] == "一"):
        return found["hour"] == "1" and not _NOT_A_TIME.match(text, found.end())
    if found["hour"] == "一" and found["sign"] == "时":
        return False
    if found["sign"] == "时" and before.endswith("度"):  # 38度5时
        return False
    return not before.endswith(("这", "那", "如下", "以下", "第")) and not _NOT_A_TIME.match(text, found.end())


def _clock(found: re.Match[str], daypart: str | None, text: str) -> Clock:
    latin = (found["ahead"] or found["colon_latin"] or found["latin"] or found["spoken_latin"] or "")[:1]
    spoken = int(read_number(found["colon_hour"] or found["latin_hour"] or found["hour"]) or 0)
    hour = _hour(spoken, latin or daypart)
    minute = hour * 60 + _minutes(found)
    for name in ("before", "after"):
        if found[name]:
            minute -= _amount(found[name], found[f"{name}_unit"])
    start, end = found.span()
    if text.endswith(("离", "距"), 0, start) and (left := _LEFT.match(text, end)):
        half = left["left"] == "半"
        minute -= 30 if half else _amount(left["left"], left["unit"]) * (60 if left["unit"][-1] in "时头" else 1)
        start, end = start - (2 if text.endswith("距离", 0, start) else 1), left.end()
    hour, minute = divmod(minute % (24 * 60), 60)
    roughly = _ROUGHLY.match(text, end)
    exact = not (roughly or found["about"] or found["rough"])
    return Clock(Span(start, end), f"{hour:02}:{minute:02}", hour, minute, daypart, exact)


def _minutes(found: re.Match[str]) -> int:
    """Return the minutes said behind the hour."""
    if found["half"]:
        return 30
    if found["quarters"]:
        return _amount(found["quarters"], "刻")
    for name in ("words", "stepped", "fives"):
        if found[name]:
            return _amount(found[name], "个字")
    said = found["colon_minute"] or found["minute"] or found["bare_minute"]
    return _amount(said, "分") if said else 0


def _amount(numeral: str, unit: str) -> int:
    """Return minutes."""
    each = 15 if unit.startswith("刻") or unit == "个骨" else 5 if unit == "个字" else 1
    return int(read_number(numeral) or 0) * each


def _hour(hour: int, part: str | None) -> int:
    """Return the hour of the day for an hour as spoken in a part of the day, or with a (am) or p (pm)."""
    if hour >= 24:
        return 0
    if hour > 12 or part is None:
        return hour
    if hour == 12:
        return 0 if part in {"dawn", "evening", "night", "a"} else 12
    if part in {"afternoon", "p"} and hour:
        return hour + 12
    if part == "noon":
        return hour + 12 if 1 <= hour <= 4 else hour
    if (part == "evening" and hour >= 5) or (part == "night" and hour >= 6):
        return hour + 12
    return hour
