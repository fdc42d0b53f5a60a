"""What a sentence only quotes: titles, what is to be played, what is to be said; no condition, no action."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from curation.literals import sieve
from curation.text import Span
from rules.chinese.clocks import find_clocks
from rules.chinese.durations import find_durations

_QUOTED = re.compile(r"《[^》]*》|“[^”]*”|\"[^\"]*\"|「[^」]*」|『[^』]*』|‘[^’]*’")
_PLAY = re.compile(
    r"(?<![^现]在)(?<!^在)(?:放一?首|来一?首|放(?!完|[大小低轻细][^,。;]*(?:声|音量))[点些]?(?=[^,。;把将]{0,8}(?:音乐|歌|曲|乐|新闻|故事|电影|节目|广播|相声|戏|噪音|纪录片))|(?<![上下高低大小亮暗])来(?:段|点|几首|些)|播(?:点|一下|些)|^(?:我|请|帮我)?听(?!见|到|完|不|唔|说|朝|日|晚(?!上)|话)|(?<!暂停)(?<!停止)(?<!继续)(?<!恢复)播放(?!器|机|列表|(?:结束|完毕|停止|暂停)了?(?:的?时|之?后|以后|就))|(?<![0-9零一二两三四五六七八九十整])点播(?!报)|放点|(?<![广直重转传联停点到至])(?<!暂停)(?<!停止)(?<!继续)(?<!恢复)(?<!正在)播(?![放报出到完送客紧种了大小细停咩乜]|什么|[番返]?[上下]一)(?:一?首|个|[点些段下])?|想听|要听|我听(?![不唔]))(?!的?是?(?:什么|咩|乜)(?:嘢|歌|曲|台|音乐|节目|电影|剧)?[呀啊呢?]*$)(?P<content>[^,。;!?]*?)(?=(?<!播放)(?<![播听])(?:把|将)?(?:音量|声音)(?:调(?!节)|[开设加减到为]|[大小高低](?:一?[点些]|啲)|[0-9一二三四五六七八九十])|,|。|;|!|\?|$|然后|接着|并且|同时|并把|再把|跟住|随后)"
)
_NOTIFY = re.compile(
    r"(?:提醒|告诉|(?<![发传个条])通知)(?!系统|功能|服务)(?:我们|我|家人|大家|用户|主人|业主|住户|管理员|物业)?|提[返番下]?我|话我知|叫(?:我|醒我)|喊我|[发传](?:一?[个条])?(?:通知|消息|讯息|信息)(?:到我?手机上?)?(?:[给提通告]我|提醒我|通知我|告诉我)?|推送(?:一?条)?(?:通知|消息|讯息|信息)?(?:到我?手机上?|给我)?|播报"
)
_MESSAGE = re.compile(r"[^,。;!?]*?(?=,|。|;|!|\?|$|并且|并把|并打|并关|并开|同时|然后|接着)")
_ASKED = re.compile(r"多少|几|什么|怎么|吗|有没有|是不是|是否|哪")
_IF = re.compile(r"(?:如果|要是|假如|假若|万一|一旦|只要)[^就便则]*")
"""Behind 通知我, when that is to be done and not what is to be said."""
_WHEN = re.compile(r"(?:之后|以后|后|的时候|时)?")
_LEAD = re.compile(r"(?:一[下声]|说|啲)*")
_AND_SO_ON = re.compile(r"并(?![排列联])|且")
_MEANWHILE = re.compile(r"一?边")
_LISTED = re.compile(r"、(?=[^、,。;]{1,12}(?:打开|开启|启动|关闭|关掉|关上|拉上|拉开|锁上|调[到至成暗亮高低大小]))")
"""Before the next thing to do: 播放音乐、咖啡机启动."""
_TO_HEAR = re.compile(r"(?<=.)(?:[来嚟]?听(?:听|一?下)|[来嚟]听|给我听听?)$")
_MAY_QUOTE = sieve([_QUOTED, _PLAY, _NOTIFY])
_PAIRS = dict(zip('《“"「『‘', '》”"」』’', strict=True))


class Quoted(NamedTuple):
    """A folded text with its quoted parts blanked, and these parts."""

    text: str
    contents: Mapping[int, Span]
    """Where each quoted part stands, by where the word before it ends."""


def blank_quoted(text: str) -> Quoted:
    """Return the text with every quoted character replaced by one that no word holds; places stay the same."""
    if _MAY_QUOTE.search(text) is None:
        return Quoted(text, {})
    contents: dict[int, Span] = {}
    masked = list(text)
    for match in _QUOTED.finditer(text):
        contents[match.start()] = Span(match.start() + 1, match.end() - 1)
        masked[match.start() : match.end()] = "□" * len(match.group())
    for match in _PLAY.finditer(text):
        start, end = match.span("content")
        end = _before_delay(text, start, _beside(text, match.start(), start, end))
        if "、" in text and (listed := _LISTED.search(text, start, end)) is not None:
            end = listed.start()
        if end > start:
            enjoyed = _TO_HEAR.search(text, start, end)
            contents.setdefault(start, _stripped(text, start, enjoyed.start() if enjoyed else end))
            masked[start:end] = "□" * (end - start)
    joined = "".join(masked)
    for match in _NOTIFY.finditer(joined):
        start = _after_time(joined, match.end())
        closed = _MESSAGE.match(joined, match.end())
        if _AND_SO_ON.match(joined, start):
            continue  # 发送提醒并如实告知: what follows is the next thing to do
        asks = match.group().startswith(("告诉", "话我知")) and closed and _ASKED.search(closed.group())
        if closed is not None and closed.end() > start and not asks and not _IF.fullmatch(joined, start, closed.end()):
            contents[match.end()] = _stripped(joined, start, closed.end())
            masked[start : closed.end()] = "□" * (closed.end() - start)
    return Quoted("".join(masked), contents)


def _before_delay(text: str, start: int, end: int) -> int:
    """Return where a title ends: before a delay after which the playing stops (播放音乐，半小时后关掉)."""
    for one in find_durations(text):
        inside = start < one.span.start < end and one.direction == "future"
        if inside and re.search(r"停|关|暂停", text[one.span.end : end]):
            return one.span.start
    return end


def _after_time(text: str, start: int) -> int:
    """Return where a message begins: behind the time at which it is to be said (提醒我三点开会)."""
    spans = [one.span for one in find_durations(text)] + [one.span for one in find_clocks(text)]
    for span in spans:
        if span.start == start:
            when = _WHEN.match(text, span.end)
            return when.end() if when else span.end
    return start


def _beside(text: str, verb: int, start: int, end: int) -> int:
    """Return where a title ends: before what is to be done meanwhile (边放音乐边关灯)."""
    if not text.endswith("边", 0, verb):
        return end
    meanwhile = _MEANWHILE.search(text, start, end)
    return meanwhile.start() if meanwhile else end


def _stripped(text: str, start: int, end: int) -> Span:
    """Return a part of the text without the marks that quote all of it, and without 一下 or 说 before it."""
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    while end > start + 1 and (closing := _PAIRS.get(text[start])) and text.find(closing, start + 1, end) == end - 1:
        start, end = start + 1, end - 1
    return Span(start, end)
