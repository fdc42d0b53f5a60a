"""Occasions right before what is to be done, with no clock time and no word that closes them: 明天打开, 洗完澡关掉."""

from __future__ import annotations

import re

from curation.literals import sieve
from curation.text import Span
from rules.smart_home.conditions.surroundings import BARE_DAYPART, NO_TRIGGER, ORDERS, Condition, Surroundings

_PART = r"(?:清晨|大?清早|早晨|早上|朝早|上午|中午|下午|傍晚|晚上|夜晚|夜里|夜间|晚间|半夜|深夜|凌晨|白天)"
_SOME_DAY = re.compile(
    rf"(?<!昨天)(?<!昨日)(?<!前天)(?P<when>(?P<day>(?:明天|明日|听日){_PART}?|明[早晚]|今[晚夜]|听[晚朝])|{_PART})"
    r"(?:(?<!早晨),|□|[再就请都也你您]|自动|记得|帮我|给我)*"
)
"""A day, or a part of one, right before what is to be done: 明天打开, 半夜自动关; 早晨, alone is a greeting, too."""
_UNTIL = re.compile(rf"[开关亮响播放吹]到(?:(?:今天|明天)?{_PART}|明[早晚]|今晚)$")
"""How long something is to be so: 空调开到晚上."""
_ELSEWHERE = re.compile(r"[,。;!?]")
_AT_LEISURE = re.compile(
    r"(?:(?:洗漱|梳洗|健身|运动|锻炼|化妆|[吃喝看写玩聊练跑忙读做听播放]|[洗刷泡冲](?=完[澡头脸手脚牙凉]))完[^,。;!?了咗把将刚再就后]{0,4}"
    r"|(?P<job>[扫拖洗烘煮炒烧])完[^,。;!?了咗把将刚再就后]{1,4})$"
)
"""What somebody or something is at until then, right before what is to be done: 吃完饭打开, 扫完地关掉."""
_AT_ITS_TIME = re.compile(
    r"(?:入夜|[下放收][班学课工]|午[休睡]|起夜|[饭餐][前后]|[月年][底初]|[春夏秋冬][天季]|雾霾天|[雪阴晴]天"
    r"|(?<=[^,。;!?]{2})(?:超标|没电|异常|响|摔倒)|(?:电影|会议|节目|比赛|音乐|直播|课程|派对|活动|播放)结束)$"
)
"""A time or an incident right before what is to be done, with no word that closes it: 下班打开, 门铃响打开."""
_JUST = re.compile(r"[刚已让把将]")
OCCASIONS = (_SOME_DAY, _AT_LEISURE, _AT_ITS_TIME)
"""What is found here needs a match of one of these."""
_MAY_BE_AT = sieve([_AT_LEISURE, _AT_ITS_TIME])


def find_day(around: Surroundings) -> Condition | None:
    """Return the day, or the part of a day, at which something is to be done with no clock time (明天打开电视)."""
    for said in _SOME_DAY.finditer(around.text):
        if around.action_starts and _UNTIL.search(around.text, 0, said.end("when")):
            reason = "a time until which something holds is no trigger"
            return Condition.unsayable(Span(*said.span("when")), reason, "until")
        start = next((start for start in around.action_starts if said.end("when") <= start <= said.end()), None)
        if start is None or _ELSEWHERE.search(around.text, start, around.verb_from(start)):
            continue  # 早晨客厅冷，打开空调
        if said.group() == "夜间" and not around.acts_at(start):
            continue  # 夜间照明打开
        if _says_which(around, said.start()):
            continue  # 把半夜开的灯关了
        reason = "a time that no clock says" if said["day"] else BARE_DAYPART
        return Condition.unsayable(Span(*said.span()), reason, "time")
    return None


def _says_which(around: Surroundings, at: int) -> bool:
    """Tell whether a time stands within what an order is done to, and not behind the order (把灯打开早上关掉)."""
    begin = around.clause_start(at)
    behind = max((verb for verb in around.verb_starts if begin <= verb < at), default=begin)
    handled = ORDERS.search(around.text, begin, behind) is not None
    return ORDERS.search(around.text, behind, at) is not None or (at in around.verb_ends and not handled)


def find_occasion(around: Surroundings) -> Condition | None:
    """Return the condition that somebody is done with something (洗完澡关掉热水器); 刚洗完澡 is said of now."""
    text = around.text
    for start in filter(around.acts_at, around.action_starts if _MAY_BE_AT.search(text) else ()):
        done = _AT_LEISURE.search(text, 0, start)
        if done is not None and done["job"] and text.startswith(done["job"], start):
            continue  # 扫完书房扫厨房 is two orders
        if done is None and not any(span.end == start for span in around.device_spans):  # 音响打开
            done = _AT_ITS_TIME.search(text, 0, start)
        if done is None:
            continue
        whole = around.with_clause(done)
        if not around.verb_in(whole.start, done.start()) and not _JUST.search(text, whole.start, done.start()):
            return Condition.unsayable(whole, NO_TRIGGER, "other")
    return None
