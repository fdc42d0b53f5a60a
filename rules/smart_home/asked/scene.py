"""Scenes of the home, and modes that no lexicon has: which of them a clause names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.literals import sieve
from rules.smart_home.asked.clause import Unit
from rules.smart_home.asked.model import LEAVES, Action, main_property
from rules.smart_home.asked.said import Said
from rules.smart_home.vocabulary import Token

_SCENE = re.compile(
    r"(?:[切到至](?=[^,。模场情脚]{2})|选择?|用)?([^\s,。把将的]{1,8}?)(?:模式|场景|情景|情境|脚本|例行(?:公事|程序))"
)
_ANY_MODE = re.compile(r"(?:换|改|切换?|选择?|调)?(?:一?[个种]|[这那哪什][个么种]|别的|其[他它])")
"""Before 模式, that none is named."""
_STEP = re.compile(r"[0-9一二两三四五六七八九十]+[档挡级段]")
"""What is called a mode and is a level by its number."""
_LEAVING = ("退出", "结束", "解除", "取消")
_SCENE_STARTERS = frozenset({"speaker", "gateway", "switch"})
"""Types that are asked to start a scene of the home, and have none of their own."""
_OWN_MODES = frozenset({"ac", "fan", "purifier"})
"""Types of which a mode is one of their own, where they are but spoken of (打开空调，切到防直吹模式)."""
_SENTENCE_GOES_ON = re.compile(r"[^,。;!?、:吧啦呀□]")
NO_SCENES = frozenset({"cool", "heat", "dry", "fan", "strong", "natural"})
"""Modes that only a device can have (制热模式)."""
_MAY_NAME = sieve([_SCENE])


def read_scene(said: Said) -> list[Action] | None:
    """Return what a clause asks for that names a scene of the home, or a mode of a device which no lexicon has."""
    if not _MAY_NAME.search(said.phrase):
        return None
    unit, modes, own = said.unit, said.unit.all("modes"), _own_mode(said)
    scene = own or _SCENE.search(_blanked(said.phrase, unit, said.verbs))
    if scene is None or (modes and _has_mode(said)) or (own is None and _is_named_with_mode(said)):
        return None
    leaves = "turn_off" in said.kinds or scene[1].startswith(_LEAVING) or said.takes_back
    if _ANY_MODE.fullmatch(scene[1]):
        return said.asks("adjust", certain=False)  # 换个模式
    if said.values and _STEP.fullmatch(scene[1]):
        return None  # 三档模式
    if own is not None:  # no command has a word for it
        return said.asks("adjust" if leaves else "set_mode", None if leaves else {"mode": scene[1]}, certain=False)
    mode = modes[0].values["modes"] if modes and modes[0].text.removesuffix("模式") == scene[1] else None
    if leaves:  # no command of the target format
        return said.asks_of(None, "adjust" if mode in NO_SCENES else "deactivate_scene", certain=False)
    if mode in NO_SCENES:
        return said.asks_of(None, "set_mode", {"mode": mode})
    name = said.clauses.contents.get(unit.start + scene.start(1), scene[1])  # as spoken where it is quoted
    # 离家模式关灯: is the scene to be started as well?
    beside = not said.kinds and _SENTENCE_GOES_ON.match(said.clauses.text, unit.end) is not None
    return said.asks_of(None, "activate_scene", {"scene": name}, certain=not beside)


def _has_mode(said: Said) -> bool:
    """Tell whether a known mode is set on the device; 关灯，打开睡眠模式 is the scene of that name."""
    device = said.device
    if device is None or "devices" in said.unit.of or "scenes" not in said.unit.of:
        return device is not None
    return main_property(device.type) not in {"brightness", "position", "volume"} and device.type not in LEAVES


def _own_mode(said: Said) -> re.Match[str] | None:
    """Return what a mode is called that is one of the device, and no scene of the home, or None.

    So is 防直吹 in 空调开到防直吹模式, and 阅读 in 把书房灯切到阅读模式; 夜灯模式 and 灯光秀模式 are names of scenes.
    """
    device, unit = said.device, said.unit
    if device is None or device.type is None or (device.type in _SCENE_STARTERS and "set" not in said.kinds):
        return None
    named = "devices" in unit.of
    if not named and (device.type not in _OWN_MODES or "scenes" in unit.of):
        return None
    known = [*said.verbs, *unit.of["devices"], *unit.all("rooms")] if named else said.verbs
    mode = _SCENE.search(_blanked(said.phrase, unit, known))
    return mode if mode is not None and mode[0].endswith("模式") and len(mode[1]) > named else None


def _is_named_with_mode(said: Said) -> bool:
    """Tell whether a clause names but a device that has modes (打开空调模式)."""
    device = said.device
    return device is not None and device.type in _OWN_MODES and "devices" in said.unit.of and "模式" in said.phrase


def _blanked(phrase: str, unit: Unit, verbs: Sequence[Token]) -> str:
    """Return the clause with its verbs blanked, so that a scene's name does not begin with one."""
    for token in verbs:
        at = token.start - unit.start
        if at >= 0:
            phrase = phrase[:at] + "," * len(token.text) + phrase[at + len(token.text) :]
    return phrase
