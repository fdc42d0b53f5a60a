"""Verbs that tell how something is, or what was done before, instead of what is to be done: 灯开着, 洗完衣服."""

from __future__ import annotations

import re

from rules.smart_home.asked.model import JOBS
from rules.smart_home.vocabulary import Token

_TAKES_TIME = frozenset({*JOBS, "play_media"})
_TOO_LONG = re.compile(r"[得了]?(?:太|这么|那么|好|很|挺)(?:久|长时间)")
_MAY_TELL = frozenset("得了太这那好很挺着紧")
"""With what it begins that shows a verb to tell a state."""
_STAYS = re.compile(r"着(?:吧|就好|就行|好了)(?!\?)")
_GUESSES = re.compile(r"(?:还|是|应该|一直|可能|大概|好像|没)[^,。;]*$")
_KEEPS = re.compile(r"(?:让|把|给我|帮我)[^,。;]*$")
_SHALL = re.compile(r"就(?:要|得|给我)?(?:一直|都)$")
"""Before 开着灯, that it shall be so whenever something is: 只要有人就一直开着灯."""
_ENDS = re.compile(r"着(?:$|[,。;!])")
_DONE = re.compile(r"(?<=(.))完(?![^,。;]*(?:再|接着|然后|\1(?!.?[机箱])))")
"""In 扫完客厅扫卧室 the first is yet to be done, too."""
_AS_SAID = re.compile(r"完[了咗]?(?:再|后|之后|以后|就|接着|然后|[,。;])")
"""Behind a verb that names nothing: 扫完再…"""
_ONCE_DONE = re.compile(r"[好上掉了]?(?:之后|以后|后(?![门院窗面阳楼备]))")
"""Behind a verb that was said before and names nothing: 把门锁好，锁好之后再…"""


def tells_state(verb: Token, text: str) -> bool:
    """Tell whether a verb says how something is (灯开着, 开太久了) and not how it shall be (灯开着吧, 让灯开着)."""
    if text[verb.end : verb.end + 1] not in _MAY_TELL:
        return False
    if _TOO_LONG.match(text, verb.end):
        return True
    if verb.text == "着" or not text.startswith(("着", "紧"), verb.end):
        return False
    before = text[: verb.start]
    stays = _STAYS.match(text, verb.end) is not None and _GUESSES.search(before) is None
    keeps = _ENDS.match(text, verb.end) is not None and _KEEPS.search(before) is not None
    shall = _SHALL.search(before) is not None and not _ENDS.match(text, verb.end)
    return not (stays or keeps or shall)


def is_done(verb: Token, text: str) -> bool:
    """Tell whether something was done before (洗完衣服，…); in 扫完客厅再扫厨房 it is yet to be done.

    先扫客厅，扫完再… says that the job named before is done by then.
    """
    said = text.find(verb.text, 0, verb.start) >= 0 and not text.endswith("先", 0, verb.start)
    if said and _ONCE_DONE.match(text, verb.end) is not None:
        return True
    if verb.values["verbs"] not in _TAKES_TIME or not text.startswith("完", verb.end):
        return False
    behind = _AS_SAID.match(text, verb.end) or text.startswith(verb.text, verb.end + 1)
    return (bool(behind) and verb.text in text[: verb.start]) or _DONE.match(text, verb.end) is not None
