"""Times that no clock says, delays without an amount, and intervals: what stands for a time and is no trigger."""

from __future__ import annotations

import re

from curation.text import Span
from rules.smart_home.conditions.surroundings import Condition, Surroundings
from rules.smart_home.conditions.time import find_times

_VAGUE_TIME = re.compile(
    r"(?:晚|迟|早)(?:一)?点(?:儿)?(?=再|把|关|开|打|提醒|叫|播|启|锁|拉)"  # 晚点再关
    r"|(?:等|过|待)(?:一会儿?|一阵儿?|会儿?|阵儿?|一下|下|一等)"  # 等一会儿再, 过一阵把
    r"(?:再|后|之后|以后|就|,|把|帮|关|开|打|熄|闩|停)"
    r"|(?:稍后|晚点|晚些时候|迟啲|一会儿?后|一阵间|迟点|过一会儿?|待会儿?|等会儿?|过会儿?"
    r"|(?<![了着过完])一会儿?(?=[把帮关打熄闩停锁]))"  # 稍后
    r"(?!儿?(?:要|有人|有客|会|得))"  # 待会儿有客人 tells of what comes
)
_SOME_TIME = re.compile(
    r"(?:再?过|等|再)?[十百]?几个?(?:秒|分钟|小时|钟头|天)(?:(?:之|以|过)?后|(?=[就再关开打把将提叫通锁熄停播启])|,)"
)
_UNSAYABLE_TIME = re.compile(
    r"(?:日落|日出|太阳下山|太阳落山|日头落山|太阳升起|黄昏|黎明|傍晚时分)"  # where the sun stands: 日落时
    r"(?:(?=[开关打把将拉亮熄])|的时候|嘅时候|[𠮶个那]阵时?|那[会刻]|时|之后|以后|后|前|之前|就)"
    r"|(?:元旦|除夕|春节|过年|国庆|中秋|端午|圣诞|情人节|生日|放假|节日)"  # a feast: 春节那天
    r"(?:那天|当天|晚上|早上|节|的时候|时|前夜|零点|中午|下午)"
    r"|(?:(?<![然之以随最])后天|每个?月|每年|下(?:周|星期|礼拜|个月)"  # a date: 后天, 这周六, 十月一日
    r"|[这本]个?(?:周|星期|礼拜)[一二三四五六日天末]|\d+月\d+[日号]|[一二三四五六七八九十]+月[一二三四五六七八九十]+[日号])"
    r"|(?<![到为成至量度])(?:一两|两三|三四|四五|五六|六七|七八|八九|九十|十一二)点(?:钟|左右|多)*"  # 七八点
    r"(?![零一二两三四五六七八九十])"
    r"|(?<![要没别])提前(?:大约|大概|约)?[0-9一二两三四五六七八九十半]+个?半?(?:秒|分钟|刻钟|小时|钟头?)"  # 提前十分钟
    r"|差(?:半个?|一个?)(?:小时|钟头)(?:到)?(?=[0-9一二两三四五六七八九十]+点)"  # 差半小时八点
    r"|点(?:[6-9][0-9]|[六七八九]十[一二三四五六七八九]?)分(?![钟之])"
)
_NO_HOUR = re.compile(
    r"(?:(?<=[早晚午夜晨上黑间里])|^|(?<=[,。;□请烦]))(?:2[5-9]|[3-9][0-9]|二十[五六七八九]|[三四五六七八九]十[一二三四五六七八九]?)点"
    r"(?![0-9零一二两三四五六七八九十]+[度档%])"
)
"""An hour that no clock shows: 晚上26点, 三十点."""
_BY_THE_HOUR = re.compile(r"点(?:钟|整)?[把将帮给让请关开打拉熄停锁叫提播自]")
"""What such an hour needs behind it that stands without a part of the day."""
_NO_DAY = re.compile(r"(?:周|星期|礼拜)[八九](?=[早晚上下中凌傍夜把将帮开关打拉点])")
"""A day that no week has: 周八."""
_OFTEN = re.compile(
    r"每(?:隔)?(?:一|1|半|几|两|\d+)?个?(?:小时|钟头|分钟)|每(?:隔|过)|(?<!每)隔一?[天日周晚]"  # 每两小时, 隔天
    r"|隔[0-9一二两三四五六七八九十半几]*个?半?(?:小时|钟头|分钟)(?=[^,。;后再就]*一[次回遍])"  # 隔半小时…一次
)
_NO_AMOUNT = "a delay without an amount"
TIMES = (_UNSAYABLE_TIME, _VAGUE_TIME, _SOME_TIME, _OFTEN, _BY_THE_HOUR, _NO_DAY)
"""What is found here needs a match of one of these, but for an hour that a part of the day stands before."""


def find_dated(around: Surroundings) -> Condition | None:
    """Return a time that no clock says (sunset, a date, 25 o'clock), with the clock time that belongs to it."""
    told = (times.search(around.text) for times in (_UNSAYABLE_TIME, _NO_HOUR, _NO_DAY))
    dated = next(filter(None, told), None)
    if dated is None or not around.action_starts or around.is_attribute(dated.end()):
        return None
    times = [c for c in find_times(around) if c.span.start >= dated.start()]
    whole = Span(dated.start(), max([dated.end(), *(c.region.end for c in times)]))
    return Condition.unsayable(whole, "a time that no clock says", "time")


def find_vague(around: Surroundings) -> Condition | None:
    """Return the delay that is said without an amount (晚点再关), or the interval at which something comes back."""
    if not around.action_starts:
        return None
    for pattern, reason in (
        (_VAGUE_TIME, _NO_AMOUNT),
        (_SOME_TIME, _NO_AMOUNT),
        (_OFTEN, "a repeated interval is no trigger"),
    ):
        match = pattern.search(around.text)
        if match and not around.is_attribute(match.end()):
            acts = pattern is _VAGUE_TIME and match.group()[-1] in "把帮关开打熄闩停"
            return Condition.unsayable(Span(match.start(), match.end() - acts), reason, "time")
    return None
