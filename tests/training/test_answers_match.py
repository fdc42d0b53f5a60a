"""When two answers are the same, at each of the three levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.command import write
from curation.pack import installed_packs
from curation.problems import RuleErrors
from training.matching import LEVELS, Matching, matching_of, parsed, slots

HOME = matching_of(installed_packs()["smart_home"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("ab开1", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


def chain(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"mcp_type": "chain", "params": {"trigger": {}, "action": list(steps)}}


OFF = {"device_id": "light_a", "command": "turn_off", "arg": {}}
DIM = {"device_id": "light_b", "command": "set_brightness", "arg": {"brightness": 30}}
LOW = {"mcp_type": "iot", "params": {"device_id": "light_a", "power": "on"}, "confirm": False}


@pytest.mark.parametrize(
    ("expected", "found", "levels"),
    [
        (LOW, {"confirm": False, "params": {"power": "on", "device_id": "light_a"}, "mcp_type": "iot"}, "sbl"),
        (LOW, {**LOW, "params": {"device_id": "light_a", "power": "turn_on"}}, "bl"),
        (LOW, {**LOW, "params": {"device_id": "light_a", "power": True}}, "bl"),
        (LOW, {**LOW, "params": {"device_id": "light_a", "power": "off"}}, ""),
        (LOW, {**LOW, "params": {"device_id": "light_b", "power": "on"}}, ""),
        (LOW, {"mcp_type": "iot", "params": LOW["params"]}, "bl"),
        (chain(OFF, DIM), chain(OFF, DIM), "sbl"),
        (chain(OFF, DIM), chain(DIM, OFF), "l"),
        (chain(OFF, DIM), chain(OFF), ""),
        (chain(OFF, DIM), chain(OFF, DIM, DIM), ""),
        (chain(DIM), chain({**DIM, "arg": {"brightness": "30"}}), "bl"),
        (chain(DIM), chain({**DIM, "arg": {"brightness": 40}}), "l"),
        (chain(DIM), chain({**DIM, "arg": {}}), ""),
        (
            chain(OFF, {**OFF, "device_id": "light_b", "command": "turn_on"}),
            chain({**OFF, "command": "turn_on"}, {**OFF, "device_id": "light_b"}),
            "",
        ),
        (chain({**DIM, "arg": {"delta": -10}}), chain({**DIM, "arg": {"delta": -20}}), "l"),
        (chain({**DIM, "arg": {"delta": -10}}), chain({**DIM, "arg": {"delta": 10}}), ""),
        (
            {"function": "open", "params": {"device_id": "curtain_a"}},
            {"function": "close", "params": {"device_id": "curtain_a"}},
            "",
        ),
        ({"trigger": {"time_after": "30m"}}, {"trigger": {"time_after": "1h"}}, "l"),
        ({"trigger": {"time_after": "30m"}}, {"trigger": {"time": "00:30"}}, ""),
        ({"a": {}}, {"a": []}, ""),
        ({"a": 1}, {"a": True}, ""),
    ],
)
def test_answers_agree_at_the_levels_at_which_they_do_the_same(expected: Any, found: Any, levels: str) -> None:
    agreed = [level for level in LEVELS if HOME.agrees(level, expected, found)]

    assert agreed == [level for level in LEVELS if level[0] in levels]


@given(OBJECTS, OBJECTS)
def test_what_agrees_strictly_agrees_at_every_level_and_nothing_depends_on_the_side(first: Any, second: Any) -> None:
    agreed = [HOME.agrees(level, first, second) for level in LEVELS]

    assert agreed == sorted(agreed)
    assert agreed == [HOME.agrees(level, second, first) for level in LEVELS]
    assert all(HOME.agrees(level, first, first) for level in LEVELS)


@given(OBJECTS)
def test_no_slot_of_an_answer_is_lost(answer: dict[str, Any]) -> None:
    rebuilt: Any = {}
    for slot in slots(answer):
        if not slot.path:
            continue
        place = rebuilt
        for step, following in zip(slot.path, slot.path[1:], strict=False):
            empty: Any = [] if isinstance(following, int) else {}
            if isinstance(place, list):
                place += [empty] * (int(step) + 1 - len(place))
                place = place[int(step)]
            else:
                place = place.setdefault(step, empty)
        last = slot.path[-1]
        if isinstance(place, list):
            place.append(slot.value)
        else:
            place[last] = slot.value

    assert write(rebuilt) == write(answer)


def test_an_answer_that_is_no_object_is_none() -> None:
    assert parsed(' {"a": 1}\n') == {"a": 1}
    assert [parsed(text) for text in ("", "[]", '{"a": 1', '{"a": 1} {}', "开灯")] == [None] * 5


@pytest.mark.parametrize(
    ("text", "why"),
    [("ignores: [a]", "ignores"), ("same: {a: [b]}", "not of type"), ("ignore: [a", "matching.yaml")],
)
def test_a_file_that_says_nothing_usable_is_refused_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "matching.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(RuleErrors, match=why):
        matching_of(tmp_path)


def test_a_pack_that_says_nothing_of_differences_compares_strictly_but_for_numbers(tmp_path: Path) -> None:
    assert matching_of(tmp_path) == Matching()
    assert not Matching().agrees("balanced", {"power": "on"}, {"power": True})
