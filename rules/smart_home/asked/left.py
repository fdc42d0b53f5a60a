"""What a sentence leaves for something else: the modes, colours and values that hold so far, or that shall not be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.vocabulary import Token

_NOT = re.compile(
    r"(?:不(?:要|用|想要|需要)|(?<![分个特级区性类])别|唔(?:要|好|使)|停止?|退出|结束|解除|(?P<fails>不|唔))(?:再|用|开|亮|要|是|[调变设换][成到为])*$"
    r"|(?:退出|取消)(?!之?后|以后|静音|消音|定时)(?:空调|[^,。;把将再并就开关锁切换调]){0,6}$"
)
_FROM = re.compile(r"[从由]$")
_TURNS = re.compile(r"(?:模式|[档挡级度%]|频道|台)?(?:慢慢|逐渐|渐渐)?地?(?:[换转改变切调较校拨升降]|[开关拉]到)")


def left_in(unit: Unit, clauses: Clauses) -> list[Token]:
    """Return the modes and colours of a clause that shall not be, or hold so far (从制冷换成制热)."""
    said = (*unit.all("modes"), *unit.all("colors"))
    return [t for t in said if _begins(t, unit.start, clauses.text) is not None]


def _begins(token: Token, start: int, text: str) -> int | None:
    """Return where the words begin that say that a mode or a colour is left, or None."""
    found = _NOT.search(text, start, token.start)
    if found is None and _TURNS.match(text, token.end):
        found = _FROM.search(text, start, token.start)
    return None if found is None else found.start()


def only_tells(unit: Unit, left: Sequence[Token], clauses: Clauses) -> bool:
    """Tell whether a clause says that a device does not do something (空调不制冷了), and asks for nothing."""
    said = [_NOT.search(clauses.text, unit.start, token.start) for token in left]
    return all(one is not None and one["fails"] and one.end() == one.end("fails") for one in said)


def goes_on(unit: Unit, left: Sequence[Token], clauses: Clauses) -> bool:
    """Tell whether the sentence says elsewhere what there shall be instead (不要红色，要蓝色)."""
    kinds = {kind for token in left for kind in token.values}
    begin = unit.end if "devices" in unit.of else 0
    elsewhere = (t for t in clauses.tokens if t.start >= begin and not unit.start <= t.start < unit.end)
    return any(not kinds.isdisjoint(token.values) for token in elsewhere)


def without(unit: Unit, left: Sequence[Token], clauses: Clauses) -> tuple[Unit, Clauses]:
    """Return the clause without what it leaves, and the clauses with that blanked."""
    text = clauses.text
    for token in left:
        begin = _begins(token, unit.start, text)
        if begin is not None:
            end = token.end + 2 * text.startswith("模式", token.end)
            text = f"{text[:begin]}{'□' * (end - begin)}{text[end:]}"
    rest = Unit(unit.start, unit.end, joiner=unit.joiner)
    for token in unit.tokens:
        if token not in left:
            rest.add(token)
    return rest, replace(clauses, text=text)


def still_to_be(clauses: Clauses) -> Clauses:
    """Return the clauses without the values that hold so far (从5频道换到8频道)."""
    text, numbers = clauses.text, []
    for number in clauses.numbers:
        start, end = number.span
        if _FROM.search(text, 0, start) and _TURNS.match(text, end):
            text = f"{text[: start - 1]}{'□' * (end - start + 1)}{text[end:]}"
        else:
            numbers.append(number)
    return replace(clauses, text=text, numbers=numbers)
