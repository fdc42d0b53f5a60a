"""Numbers in folded Chinese text: what was said, as a value and the characters it was said with.

cn2an reads a plain numeral, but for the simplest: those below a thousand in their usual spelling, which are looked up,
and figures with one unit. What stands around it here is what it does not know: colloquial and formal spellings,
decimals with a unit behind them, fractions, percentages, and the many words that only look like a number (``一点``,
``万一``, ``百叶窗``, ``周三``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from curation.rewriting import Reading, reader
from curation.text import Span

DIGITS = "零〇一二两両三四五六七八九幺壹贰弍叁叄参肆伍陆柒捌玖俩仨"
UNITS = "十百千万亿拾佰仟廿卅卌"
_FORMAL_IN_WORDS = frozenset("参肆伍陆拾佰仟")
_PRONOUNS = frozenset("你我他她它们咱哥姐")
_PLAIN = str.maketrans(
    dict(zip("〇两両俩仨幺壹贰弍叁叄参肆伍陆柒捌玖拾佰仟", "零二二二三一一二二三三三四五六七八九十百千", strict=True))
    | {"廿": "二十", "卅": "三十", "卌": "四十", ",": ""}
)
_WORTH = {digit: str(value) for value, digit in enumerate("零一二三四五六七八九")}
_DIGIT = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}
_ONES = {"": 0, **_DIGIT}
_TENS = {f"{tens}十{ones}": 10 * (_ONES[tens] or 1) + _ONES[ones] for tens in _ONES if tens != "一" for ones in _ONES}
_BELOW_THOUSAND = _TENS | {
    f"{hundreds}百{rest}": 100 * count + worth
    for hundreds, count in _DIGIT.items()
    for rest, worth in {
        "": 0,
        **{f"零{ones}": value for ones, value in _DIGIT.items()},
        **{f"一{said}" if said[0] == "十" else said: value for said, value in _TENS.items()},
    }.items()
}
"""Ten to 999 as they are nearly always said. What cn2an need not read saves importing it, which takes 0.1 s."""
_SCALE = {"百": 100, "千": 1000, "万": 10**4, "亿": 10**8}

_ARABIC = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"
# A decimal point is followed by digits only. `三点五十`, `三点一刻`, `三点五分`, `三点三个字` are times of day.
_POINT = rf"(?:\.[0-9]++|点[0-9{DIGITS}]++(?![十拾廿卅卌刻]|分(?![钟之])|个字))(?:[百千万亿](?![瓦克米卡帕赫])){{0,2}}"
_WHOLE = rf"(?:{_ARABIC}|[{DIGITS}{UNITS}])[0-9{DIGITS}{UNITS}]*+(?:[余多几](?=[万亿])[万亿]{{1,2}})?"
SIGN = r"(?:负|零下|(?<![0-9a-z])[-−])"
NUMBER = rf"(?:{SIGN}?(?:{_WHOLE}(?:{_POINT})?|\.[0-9]+))"
"""Pattern source of a numeral, and of more than that: what matches must still be read with `read_number`."""

# What a numeral cannot follow: a Latin word or another number (pm2.5, 10:30), a weekday, an unknown count (几十).
# One in Chinese may stand behind Latin letters (am六百三十九), but for those of a name (pm二点五, co二).
_START = (
    r"(?:(?<![a-z_0-9.])|(?<=fm)|(?<![pc][mo])(?<![_0-9.])(?=["
    + DIGITS
    + UNITS
    + r"]))(?<!tv[-−])(?<!pm[二2]点)(?<![0-9]:)(?<!周)(?<!星期)(?<!礼拜)(?<!双)(?<!双[十1])"
    r"(?<![几数](?=[十百千万亿]))(?<![统唯单万](?=一))(?<![上下](?=一[台曲首个集页频条张档步]))"
)
# Brands, idioms and other names that begin like a number; they are passed over as a whole.
_NAMES = (
    r"[一二三]宝(?![格贝])|三菱|三星(?!期)|三洋|九阳|五羊|零跑"
    r"|3m(?=[净滤口新胶])|4k(?=电视|高清|超清|投影|画质|屏|电影|视频)|七八糟|七上八下|八卦|五花八门"
)
# Words that begin like a number.
_WORDS = (
    r"(?!一(?:[些下会起样直定旦键共切般律致同向再并体]|点(?:一点|点)|点(?![0-9" + DIGITS + r"]))"
    r"|一(?:到(?![0-9第" + DIGITS + UNITS + r"])|超过|[高低大小]于|达|[降升跌]到|检|进|出|回|离|[有没]人)"
    r"|[一二三]氧化|二维码|七彩|四季|五金|三明治|[一二三四五六七八九]成不变|零[食件钱碎部售]|十[字足](?!节)|十分[热冷亮暗闷潮吵干舒安暖凉刺昏]"
    r"|(?<=[热冷亮暗闷潮吵])十分|[千万亿](?![0-9" + DIGITS + r"]|[分份]之)|万一|百[叶合货度科])"
)
FRACTION = (
    rf"(?:{NUMBER}又)?{NUMBER}[分份]之{SIGN}?{NUMBER}"
    r"|[二三四五][分份][一二三](?=$|[,。!?;、的嘅吧啦喇]|以[上下]|个?(?:小时|钟))"
    rf"|[0-9]+又[0-9]+/[0-9]+|{SIGN}?[0-9]+/[0-9]+(?![0-9/])"
)
"""Pattern source of a fraction; in Cantonese 之 may be left out (四分一), but 三分一秒 is a length of time."""
_UNIT = r"(?:°c|摄氏度|度(?![假过数])|°f|华氏度|°|k(?![a-z])|开尔文)"
# Behind 度 a figure is the tenth (三十八度五) where nothing makes it a number of its own (26度5分钟后, 26度2档).
_TENTH = (
    r"(?!一[并齐时开关就的再打到])[一二三四五六七八九1-9](?=$|[,。!?;的就再则便时吧了啦喇啊呀嘛关开打熄启停提叫通报]"
    rf"|[及和或含]?以[上下]|或|左右|[到至~-][0-9{DIGITS}{UNITS}]+度)"
)
_FIND = re.compile(
    rf"""(?=[0-9{DIGITS}{UNITS}负半对摄华.−-]){_START}(?:(?P<name>{_NAMES})|{_WORDS}(?:
      (?P<parts>{SIGN}?[百千万][分份]之{SIGN}?(?P<of>{NUMBER}))
    | (?P<all>百[分份]百)
    | (?P<half>一半|半百|半成|(?<=过)半(?=$|[,。;!就时的再则便了]))
    | (?P<price>{NUMBER}|[对半])折(?![叠返磨断射旧中])
    | (?P<tenths>{NUMBER})成(?P<tenths_more>半|[一二三四五六七八九](?![0-9十百个]))?(?!功|本|员|立|为|了)
    | (?P<fraction>{FRACTION})
    | (?P<number>{NUMBER})(?P<percent>%|个?百分点|趴|个?巴仙|percent)
    | (?P<half_unit>半)(?P<of_unit>度|摄氏度)
    | (?P<scale>摄氏|华氏)?(?P<plain>{NUMBER})(?![0-9]*:[0-9])
      (?:(?P<unit>{_UNIT})(?:(?P<unit_half>半)|(?<=度)(?P<tenth>{_TENTH}))?|(?P<piece_half>[个米尺里斤吨升]半))?
    ))""",
    re.VERBOSE,
)
_BEGINS = re.compile(rf"[0-9{DIGITS}{UNITS}负半对摄华.−-]")
"""What any of these begins with; the engine skips to one of a set of characters, but tries a look-ahead everywhere."""
_SIGN = re.compile(rf"^{SIGN}")
_SIGNS = frozenset("负零-−")
"""What a sign begins with."""
_ABOUT = re.compile(r"[个度分秒小天档级成次盏台层点]")
_TO = re.compile(r"[到至~—–-]")
_LONGEST = 32
AT_HAND = 16
"""Texts whose readings are remembered: several readers ask for those of the sentence at hand."""
_ADJACENT = frozenset(("一二", "一两", "二三", "两三", "三四", "四五", "五六", "六七", "七八", "八九", "三五"))
_UNITS = {"°c": "c", "摄氏度": "c", "度": "degree", "°": "degree", "°f": "f", "华氏度": "f", "k": "k", "开尔文": "k"}


class Number(NamedTuple):
    """A number and the folded characters it was read from, its unit included."""

    span: Span
    value: int | float
    unit: str | None = None
    """`%` (the value is in percent), `c`, `f`, `degree`, `k`, or None where none of these was said."""


@lru_cache(maxsize=16384)
def read_number(text: str) -> int | float | None:
    """Return the value of a folded phrase that is a number as a whole, or None.

    A percentage gives its number of percent, a whole value is always an int.
    """
    found = _FIND.fullmatch(text)
    if found:
        number = _number(found, text)
        return None if number is None else number.value
    return _signed(text) if re.fullmatch(NUMBER, text) else None


def find_numbers(text: str) -> list[Number]:
    """Return the numbers in a folded text, from left to right, not overlapping."""
    return list(_read(text))


@lru_cache(maxsize=AT_HAND)
def _read(text: str) -> tuple[Number, ...]:
    return tuple(_numbers(text))


@reader("number")
def number_readings(text: str) -> list[Reading]:
    """Return the numbers in a folded text as readings; the value is the number itself."""
    return [Reading(found.span, found.value) for found in _read(text)]


def about(numeral: str) -> bool:
    """Tell whether a numeral names two neighbouring digits for a rough amount (`五六` in 五六分钟)."""
    return numeral in _ADJACENT


def _numbers(text: str) -> Iterator[Number]:
    begins, share = _BEGINS.search(text), None
    for found in _FIND.finditer(text, begins.start()) if begins else ():
        number = _number(found, text)
        if number is None:
            continue
        if (
            share
            and not number.unit
            and number.value > share.value
            and _TO.fullmatch(text, share.span.end, found.start())
        ):
            number = number._replace(unit="%")  # 百分之二十到三十
        share = number if found["parts"] else None
        yield number


def _number(found: re.Match[str], text: str) -> Number | None:
    """Return the number of a match, or None where the words turn out not to be one."""
    read = _value(found, text)
    if read is None:
        return None
    value, unit = read
    return Number(Span(found.start(), found.end()), _tidy(value), unit)


def _value(found: re.Match[str], text: str) -> tuple[float, str | None] | None:
    if found["name"]:
        return None
    if found["plain"]:
        return _plain(found, text)
    kind = found.lastgroup if found.lastgroup in {"all", "half"} else None
    if kind:
        return {"all": 100, "half": 5 if found[0] == "半成" else 50}[kind], None if found[0] == "半百" else "%"
    if found["parts"]:
        part = _signed(found["of"])
        sign = -1 if found[0][0] in "负-−零" else 1
        whole = found[0][: found[0].index("之") - 1][-1]
        return None if part is None else (sign * part * 100 / _SCALE[whole], "%")
    if found["fraction"]:
        part = _fraction(found["fraction"])
        return None if part is None else (part, None)
    if found["price"]:
        part = 5 if found["price"] in {"对", "半"} else _signed(found["price"])
        return None if part is None or part >= 100 else (part if part >= 10 else part * 10, "%")  # 九折, 八五折
    if found["tenths"]:
        part = _signed(found["tenths"])
        more = {None: 0, "半": 5}.get(found["tenths_more"]) if found["tenths_more"] in {None, "半"} else None
        extra = more if more is not None else int(_WORTH[found["tenths_more"]])
        return None if part is None or part > 10 else (part * 10 + extra, "%")
    if found["percent"]:
        part = _signed(found["number"])
        return None if part is None else (part, "%")
    return 0.5, _UNITS[found["of_unit"]]


def _plain(found: re.Match[str], text: str) -> tuple[float, str | None] | None:
    """Return the value of a numeral that stands by itself or before a unit."""
    numeral = found["plain"]
    if _in_a_word(numeral, text, found) or (about(numeral) and _ABOUT.match(text, found.end("plain"))):
        return None
    part = _signed(numeral)
    if part is None:
        return None
    if found["tenth"]:
        part += (-1 if part < 0 else 1) * int(_WORTH.get(found["tenth"], found["tenth"])) / 10
    half = 0.5 if found["unit_half"] or found["piece_half"] else 0
    unit = _UNITS.get(found["unit"] or "")
    return part + half, {"摄氏": "c", "华氏": "f"}[found["scale"]] if found["scale"] else unit


def _in_a_word(numeral: str, text: str, found: re.Match[str]) -> bool:
    """Tell whether a single character is part of a word here (参数, 大陆, 他俩) and no numeral."""
    if len(numeral) > 1 or len(text) == 1:
        return False
    before = text[found.start() - 1] if found.start() else ""
    if numeral in "俩仨":
        return before in _PRONOUNS and before != ""
    if numeral == "百":
        return before not in set("到至为成于是调设破超满")
    return numeral in _FORMAL_IN_WORDS


def _fraction(text: str) -> float | None:
    """Return the value of `N分之M`, `M/N`, each also after a whole number and 又."""
    whole_text, _, rest = text.rpartition("又")
    if "/" in rest:
        over, _, under = rest.partition("/")
    else:
        under, _, over = re.sub("[分份]之?", "/", rest).partition("/")
    whole, above, below = _signed(whole_text) if whole_text else 0, _signed(over), _signed(under)
    if whole is None or above is None or not below:
        return None
    return whole + above / below if whole_text[:1] not in {"负", "-", "−"} else whole - above / below


def _signed(text: str) -> int | float | None:
    """Return the value of one numeral with its sign, or None."""
    bare = _SIGN.sub("", text) if text[:1] in _SIGNS else text
    value = _unsigned(bare)
    return -value if value is not None and bare != text else value


@lru_cache(maxsize=16384)
def _unsigned(text: str) -> int | float | None:
    """Return the value of one numeral without sign, or None where it is none (`三四十`, `二百五百`)."""
    if len(text) > _LONGEST:
        return None
    plain = text.translate(_PLAIN)
    whole, point, rest = re.sub(r"零?[余多几](?=[万亿])", "", plain).replace(".", "点").partition("点")
    scale = 1
    while rest and rest[-1] in _SCALE:
        scale *= _SCALE[rest[-1]]
        rest = rest[:-1]
    if not point:
        return _integer(whole)
    base = 0 if not whole else _integer(whole)
    fraction = "".join(_WORTH.get(digit, digit) for digit in rest)
    if base is None or not fraction.isdigit():
        return None
    return _tidy(round(float(f"{base}.{fraction}") * scale, 9))


def _integer(text: str) -> int | None:
    """Return the value of a whole number in Chinese, Arabic or both, or None."""
    figures = "".join(_WORTH.get(digit, digit) for digit in text)
    if figures.isascii():  # said digit by digit: 一二三, 二〇〇六, 26
        return int(figures) if figures.isdigit() else None
    if (known := _BELOW_THOUSAND.get(text)) is not None:
        return known
    head, scale = text[:-1], _SCALE.get(text[-1])
    if scale and (head in _DIGIT or (head.isascii() and head.isdigit())):  # 三千, 26万
        return scale * (_DIGIT.get(head) or int(head))
    if text[0] == "百":
        text = "一" + text
    if "零" in text and len(text) > 1 and re.search(r"[十百千万]", text):
        text = re.sub("零+", "零", text).lstrip("零")  # 三千零零五
    import cn2an

    try:
        return int(cn2an.cn2an(text, "smart"))
    except (ValueError, KeyError):  # KeyError: mixtures such as 百〇11
        pass
    head, unit, tail = text.rpartition("万" if text.endswith("万万") else "亿")
    if head and unit and head.endswith("万") and not tail:  # 四万万, 四万亿
        base = _integer(head)
        return None if base is None else base * _SCALE[unit]
    return None


def _tidy(value: float) -> int | float:
    """Return whole values as int, others without the noise of binary fractions."""
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() else float(f"{value:.12g}")
