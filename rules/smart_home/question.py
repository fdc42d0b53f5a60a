"""Whether a sentence asks something, rather than asking for something in the form of a question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.literals import sieve
from curation.text import Span
from rules.smart_home.vocabulary import Token

_ASKS = re.compile(
    r"吗|么$|\?|多少(?!少)|几(?:度|点|[冷热光嘈](?!都)|个|多|盏|扇|道|时|分钟|号|台|成)|(?:星期|周|礼拜|月|第)几|(?<![没冇])什么|是几[档挡级]|为什么|为何|哪|谁(?![都也])|有没有|有无|有冇|是不是|是否|系唔系|系咪|怎么|咋|怎样|如何|点样|点解"
    r"|状态$|状况$|情况$|[还重仲]剩(?!下?[0-9一两二三四五六七八九十百半])|剩余(?!(?:的?电量)?[^,。;?]{0,4}(?:[0-9]|百分|[一二三四五六七八九半]成|一半))|剩多|多久|多长时间|多[亮热冷高大湿远快]|查询|查看|查下|查一下|看看|看下|何时|边(?:个|啲|度|盏|道|扇|间|只|部)|几耐|仲有(?:冇|无|几|边|咩|乜)|(?P<not>\w)[不唔](?P=not)|天气$|是吧|对吧|没有$|没$|了不$|未[啊呢]?$|咩|乜嘢"
)
_DONE_TO = r"(?:开|关|锁|熄|灭|闩|亮|打开|关上|关闭|关掉|锁上)"
_MODE = r"(?:制[冷热]|[除抽]湿|送风|自动)"
_EITHER = re.compile(
    rf"(?:(?:(?<!不)[是系].{{1,8}}|[了着咗紧住的]没?|{_MODE})(?:还是|定系?)(?:[没未冇不]?{_DONE_TO}[了着咗紧住的好]?|{_MODE})"
    rf"|{_DONE_TO}(?P<what>[^,]{{0,3}})(?:还是|定系){_DONE_TO}(?P=what)|(?P<one>[开关锁熄闩亮])没(?P=one))[呀啊呢?]*$"
)
"""Which of two states it is (窗户关了还是开着, 開緊定閂咗); 窗户开了还是关上吧 is no question."""
_STATE = re.compile(r"(?:开|关|锁|亮|打开|关闭|运行|启动)(?:着|咗)(?:的)?(?:吗|没(?!人)|\?)")
_POLITE_ASK = re.compile(
    r"(?:好吗|好不好|可以吗|(?<![运进执])行吗|好么|行不行|可不可以|可唔可以|得唔得|好唔好|行么)\??$|(?:^|,)(?:请问|请|麻烦)?(?:你)?(?:可以|可不可以|可唔可以|能不能|能否|可否|能|可|麻烦)(?:请|你)?(?:帮|把|将|给|打开|关|开|调|校|较|设|让|麻烦)"
    r"|(?:可以|可不可以|可唔可以|能不能|能否|可否|能)(?:请|你)?(?:帮我?|给我)?(?:(?:关|开|打开|熄|锁|拉|调|校|较|设)[^,]*(?:一下|掉|到|上)[^,]*|(?:打开|关闭)[吗么])$"
)


_MORE_PLEASE = re.compile(
    r"(?:可以|能|可不可以|能不能)(?:再|稍微?|略微?)*(?:[开调弄])?[大小高低强弱亮暗快慢冷热暖凉响轻多少](?:一?[点些](?:点|儿)?|啲|少少)[吗么]?\??$"
)
"""Asks for a change: 风可以再大一点吗."""
_MAY_I = re.compile(r"(?:[^,]{1,4},)?(?:请问|请|麻烦)?(?:你)?(?:能不能|可不可以|可唔可以|能否|可否|可以|能)")
_ASKED_FOR = re.compile(r"(?:能不能|可不可以|可唔可以|能否|可否|可以)(?:请|麻烦)?(?:你)?(?:帮|替|给)")
"""A request behind what it is about: 玄关的灯可不可以帮我打开."""
_LOOKS = re.compile(r"(?:看看|看下|看一下|查一?下|查查|问问).*(?:[吗么没]|没有)\??$")
_HANDS = re.compile(r"[把将调校较]")
_WHAT = re.compile(r"多少(?!少)|几[点度个时]|什么|怎么|为什么|为何|哪|谁|多久|如何|多[亮热冷高大]")
"""What only a real question asks."""
_COURTESY = re.compile(r"[,。;!]*(?:谢谢你?|多谢|唔该晒?|拜托|吧|啦|呀)?[,。;!]*$")
"""What may follow a request without being part of it."""
_PLEA = re.compile(r"(?:好吗|可以吗|(?<![运进执])行吗|[得好]唔[得好]|好不好|行不行)\??$")
_WHENEVER = re.compile(r"什么时[候侯].*就|谁(?:要是|一|一旦)?(?:[走跑]?[进过来回出]|按|开|推|动)[^,。;?]{0,5}?(?:,|就)")
_TELL = re.compile(r"(?:告诉我|话我知)")
_LATER = re.compile(r"[后时就,]")
_LOOK_UP = re.compile(r"(?:查询|查看|看看|看下|查下|查一下)")


_GROANS = re.compile(r"(?:^|[,。!□请烦])怎么[这那]么(?:[冷热冻闷吵嘈暗黑潮]|闷热|刺眼|大声|小声)[啊呀了呢,。!?]*$")
"""A complaint in the form of a question, of nothing that is named: 怎么这么热."""
_SOME = re.compile(
    r"(?<=[十百])几(?=个?(?:秒|分钟|小时|钟头|天)|度?(?:就|时(?!间)|[的嘅]时候|[的嘅]话|以[上下]))|(?<=[过等])几(?=个?(?:秒|分钟|小时|钟头|天))"
    r"|(?:(?<=[调校较][高低大小])|(?<=[降升减加]))几(?=[度档格挡])"
    r"|(?:^|(?<=[,。;!请烦我再]))几个?(?:秒|分钟|小时|钟头|天)(?:之|以|过)?后(?=[就再请帮把将给自关开打拉调提叫通锁熄停播启])"
)
"""Some, and not how many: 十几分钟后, 过几分钟, 几分钟后关灯."""
_PURPOSE = re.compile(r"[,;。](?:以便|便于|用于|用来|用以|为了|好让|从而|以(?=[确了观监查掌改提防]))[^,;。?吗]*$")
"""What an order is for: 打开摄像头，以便确认家里的情况."""
_IF_SO = re.compile(
    r"[,;。?](?=(?:如果|要是|假如|若|倘若|[没有是]的?话|(?:[没未][开关锁拉熄][上好掉]?|[开关亮锁]着)(?:的话|,?就))[^?]*$)"
)
"""Before what is to be done if the answer is so: 看看窗关了没有，如果没关就关上."""
_READS_OUT = re.compile(
    r"(?:请|麻烦|帮我|把|将|现在|当前|目前|□)*(?:[^,。;?把将]{0,6}?(?:温度|湿度|室温|水温|气温|电量|空气质量|pm2[.]5|二氧化碳|co2)"
    r"(?:浓度|值|数值)?(?:[和跟与及、同]|以及)?)+[都也]*(?:告诉我|话我知|报给我听?|念给我听)(?:一下)?[吧啦]?"
)
"""Asks how high a measure is: 温度和湿度都告诉我."""
_NO_NAME = re.compile(r"如果|要是|当|若|时|后")
_MAY_ASK = sieve([_WHENEVER, _TELL, _READS_OUT, _LOOK_UP, _ASKS, _STATE, _EITHER])


def is_question(text: str, verbs: Sequence[Token]) -> bool:
    """Tell whether the sentence is a question that no command hides in."""
    if _MAY_ASK.search(text) is None:
        return False
    if _EITHER.search(text):
        return True
    text = _PURPOSE.sub("", _SOME.sub("□", _COURTESY.sub("", text)))
    if _GROANS.search(text) or _MORE_PLEASE.search(text):
        return False
    if (
        (verbs or _HANDS.search(text))
        and not _LOOKS.search(text)
        and (_POLITE_ASK.search(text) or ((_MAY_I.match(text) or _ASKED_FOR.search(text)) and not _WHAT.search(text)))
    ):
        return False
    stripped = _PLEA.sub("", text)
    if _WHENEVER.search(stripped):
        return False
    if _TELL.match(stripped) and not _LATER.search(stripped):
        return True
    if _READS_OUT.fullmatch(stripped) and not _NO_NAME.search(stripped):
        return True
    if _LOOK_UP.search(stripped):
        return True
    return _ASKS.search(stripped) is not None or _STATE.search(stripped) is not None


def asked_before(text: str, verbs: Sequence[Token]) -> Span | None:
    """Return the question on whose answer an order behind it depends (看看窗关了没有，没关就关上), None without one."""
    so = _IF_SO.search(text) if verbs else None
    if so is None or verbs[-1].start < so.end():
        return None
    asks = is_question(text[: so.start()], [verb for verb in verbs if verb.end <= so.start()])
    rest = [verb for verb in verbs if verb.start >= so.end()]
    return Span(0, so.end()) if asks and not is_question(text[so.end() :], rest) else None
