"""What sentences say: by trigger, by reason to decline, by action and by change, and where nothing waits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from curation.pack import load_pack
from curation.text import fold
from rules.smart_home.home import Home
from rules.smart_home.sentence import Analysis

HERE = Path(__file__).resolve().parent
PACK = load_pack(HERE.parents[2] / "rules" / "smart_home")
HOME = PACK.open_context()
SAID: dict[str, Any] = yaml.load((HERE / "said.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
ALL = sorted(
    {
        s
        for part in ("triggers", "declined", "orders", "changes", "nothing_waits")
        for group in SAID[part].values()
        for s in group
    }
)


def analysed(sentence: str) -> Analysis:
    """Return what the pack's analyser says without a catalogue."""
    assert isinstance(HOME, Home)
    return HOME.analyse(fold(sentence))


def pairs(part: str) -> list[tuple[str, str]]:
    """Return (what is expected, sentence) of one part of the file."""
    return [(expected, sentence) for expected, sentences in SAID[part].items() for sentence in sentences]


@pytest.mark.parametrize(("expected", "sentence"), pairs("triggers"))
def test_a_condition_is_read_as_its_trigger(expected: str, sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == "conditional"
    assert json.dumps(said.trigger, ensure_ascii=False) == expected
    assert not said.declined
    assert said.actions


@pytest.mark.parametrize(("reason", "sentence"), pairs("declined"))
def test_a_condition_that_no_trigger_says_is_found_with_the_reason(reason: str, sentence: str) -> None:
    said = analysed(sentence)
    assert (said.type, said.declined) == ("conditional", reason)


@pytest.mark.parametrize(("sentence", "expected"), list(SAID["chains"].items()))
def test_every_action_is_read_in_order_with_its_device(sentence: str, expected: list[str]) -> None:
    said = analysed(sentence)
    assert said.type == "chain"
    assert [written(action.as_json()) for action in said.actions] == expected


@pytest.mark.parametrize(("sentence", "expected"), list(SAID["settings"].items()))
def test_a_value_is_the_one_that_was_said_and_no_other_word_is_taken_for_one(sentence: str, expected: str) -> None:
    assert written(analysed(sentence).actions[0].as_json()) == expected.removesuffix(" {}")


@pytest.mark.parametrize(
    ("sentence", "room"),
    [
        ("把卧室温度调到26度", "bedroom"),
        ("客廳太亮了，調暗一點", "living"),
        ("有人来的时候走廊亮一点", "hallway"),
        ("去书房把温度调到23度", None),  # where somebody goes
        ("客厅和卧室调到26度", None),  # which of the two?
        ("打开客厅、书房的灯", None),  # the device has it
        ("打开客厅的空调", None),
    ],
)
def test_a_room_that_is_said_without_a_device_stays_with_the_action(sentence: str, room: str | None) -> None:
    assert analysed(sentence).actions[0].room == room


@pytest.mark.parametrize(
    ("sentence", "place"),
    [
        ("关掉天台的灯", "天台"),
        ("把骑楼的灯开关关了", "骑楼"),
        ("关掉书房的灯", ""),
        ("把所有的灯关了", ""),
        ("把房间的灯关了", ""),
        ("晚上十点的闹钟关掉", ""),
        ("二十六度的空调关了", ""),
    ],
)
def test_words_that_say_which_one_it_is_are_kept_where_they_are_no_known_room(sentence: str, place: str) -> None:
    (action,) = analysed(sentence).actions
    assert action.device is not None
    assert action.device.place == place


def test_degrees_fahrenheit_are_no_certain_setting() -> None:
    assert [analysed(s).actions[0].certain for s in ("空调调到75华氏度", "冷氣較到華氏75度", "空调调到摄氏25度")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(("sentence", "expected"), list(SAID["scopes"].items()))
def test_all_is_said_of_a_list_or_of_a_type(sentence: str, expected: list[str]) -> None:
    devices = [action.device for action in analysed(sentence).actions]
    assert all(device is not None for device in devices)
    said = [f"{'all ' if d.every else ''}{d.room or '-'} {d.type}" for d in devices if d is not None]
    assert said == expected


def written(action: dict[str, Any]) -> str:
    """Return an action as the file has it: room, type, command and argument."""
    device = action["device"] or {}
    arg = f" {json.dumps(action['arg'], ensure_ascii=False)}" if action["arg"] else ""
    return f"{device.get('room') or '-'} {device.get('type') or '-'} {action['command']}{arg}"


@pytest.mark.parametrize(("expected", "sentence"), pairs("orders"))
def test_one_order_is_read_with_its_device_and_value(expected: str, sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == "basic"
    assert [written(action.as_json()) for action in said.actions] == [expected]


@pytest.mark.parametrize(("kind", "sentence"), pairs("unsettled"))
def test_what_the_words_do_not_settle_is_left_to_a_person(kind: str, sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == kind
    assert not all(action.certain for action in said.actions)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("关闭除卧室外所有的灯", "an exception that no action says"),
        ("窗帘都拉上，书房的除外", "an exception that no action says"),
        ("七点打开除了卧室以外的空调", "an exception that no action says"),
        ("除了把灯关了，还要锁门", ""),
        ("打开门外的灯", ""),
    ],
)
def test_an_exception_is_declined_and_what_comes_besides_is_none(sentence: str, reason: str) -> None:
    said = analysed(sentence)
    assert said.declined == reason
    assert not reason or all(action.device is None or action.device.room is None for action in said.actions)


@pytest.mark.parametrize(
    ("sentence", "kind", "settled"),
    [
        ("暂停播放，改报一下新闻", "basic", False),
        ("关灯，再讲个故事", "basic", False),
        ("关掉客厅的灯，然后广播「吃饭了」", "basic", False),
        ("十点关灯并广播该休息了", "conditional", False),
        ("关灯，广播声音大一点", "chain", True),
        ("讲个故事", "non-command", True),
    ],
)
def test_an_order_beside_what_no_action_says_is_left_to_a_person(sentence: str, kind: str, settled: bool) -> None:
    said = analysed(sentence)
    assert said.type == kind
    assert said.declined == ("" if settled else "something else is asked for that no action says")


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("停止浇水", "sprinkler stop"),
        ("停止給花園澆水", "- stop"),
        ("浇水", "- start"),
        ("打开浇水", "sprinkler turn_on"),
    ],
)
def test_what_a_catalogue_calls_by_the_name_of_its_job_is_stopped_and_not_the_job(sentence: str, command: str) -> None:
    home = PACK.open_context({"devices": [{"id": "sprinkler_01", "type": "sprinkler", "names": ["浇水"]}]})
    assert isinstance(home, Home)
    (action,) = home.analyse(fold(sentence)).actions
    assert f"{action.device.type if action.device else '-'} {action.command}" == command


@pytest.mark.parametrize(("sentence", "kind"), [("定时两小时关", None), ("空调定时两小时关", "ac")])
def test_a_timer_that_only_says_when_is_not_what_is_switched(sentence: str, kind: str | None) -> None:
    (action,) = analysed(sentence).actions
    assert (action.command, action.device and action.device.type) == ("turn_off", kind)


@pytest.mark.parametrize(
    "sentence", ["空调二十五度，不对，二十四度", "開風扇，不，是開冷氣", "打开灯，说错了，打开窗帘"]
)
def test_what_the_words_take_back_is_left_to_a_person(sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == "chain"
    assert said.declined == "the words take something back"


@pytest.mark.parametrize(
    ("sentence", "settled"),
    [
        ("先关风扇，最后锁门，中间拉上窗帘", False),
        ("最后锁门，先关风扇", False),
        ("锁门，不过要先关风扇", False),
        ("锁门前把风扇关了", False),
        ("锁门之前先关风扇，再关灯", False),
        ("锁门之前先关风扇", True),
        ("先关风扇，最后锁门", True),
        ("关掉门前的灯，再锁门", True),
    ],
)
def test_what_is_said_later_and_done_before_leaves_the_order_to_a_person(sentence: str, settled: bool) -> None:
    said = analysed(sentence)
    assert said.type == "chain"
    assert (said.declined == "") is settled


@pytest.mark.parametrize(("kind", "sentence"), pairs("settled"))
def test_what_has_no_object_of_its_own_is_sure(kind: str, sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == kind
    assert all(action.certain and action.device is not None for action in said.actions)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("制冷模式", '- - set_mode {"mode": "cool"}'),
        ("打开除湿模式", '- - set_mode {"mode": "dry"}'),
        ("打开睡眠模式", '- - activate_scene {"scene": "睡眠"}'),
        ("离开模式", '- - activate_scene {"scene": "离开"}'),
        ("关闭观影模式", "- - deactivate_scene"),
        ("关掉空调", "- ac turn_off"),
    ],
)
def test_a_mode_is_a_setting_of_a_device_or_a_scene_and_leaving_one_starts_none(sentence: str, expected: str) -> None:
    assert [written(action.as_json()) for action in analysed(sentence).actions] == [expected]


@pytest.mark.parametrize(("expected", "sentence"), pairs("changes"))
def test_a_change_is_read_with_property_direction_and_amount(expected: str, sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == "fuzzy"
    assert json.dumps([[r.prop, r.sign, r.delta] for r in said.relatives]) == expected


@pytest.mark.parametrize(("kind", "sentence"), pairs("nothing_waits"))
def test_no_trigger_and_no_chain_is_heard_where_there_is_none(kind: str, sentence: str) -> None:
    said = analysed(sentence)
    assert said.type == kind
    assert said.trigger is None
    assert len(said.actions) <= 1


@pytest.mark.parametrize(
    "sentence",
    [
        "打开灯1和空调",
        "关掉1号灯和2号灯",
        "关掉三号开关",
        "打开客厅餐厅的灯和空调",
        "关灯，空调开制冷24度",
        "百叶窗放下三成",
    ],
)
def test_an_action_that_no_catalogue_can_settle_is_not_certain(sentence: str) -> None:
    assert not all(action.certain for action in analysed(sentence).actions)


def test_a_text_longer_than_anybody_says_is_no_command() -> None:
    assert analysed("打开客厅的灯，" * 140).type == "chain"
    assert analysed("打开客厅的灯，" * 143).type == "non-command"


@pytest.mark.parametrize("sentence", ["打开第一和第三个插座", "七点打开1号和2号灯"])
def test_devices_that_only_a_number_tells_apart_are_declined(sentence: str) -> None:
    assert analysed(sentence).declined == "several devices that no catalogue tells apart"


@given(
    st.sampled_from(ALL),
    st.sampled_from(["", "请", "麻烦", "小爱，", "喂，", "你好，"]),
    st.sampled_from(["", "。", "！", "吧", "，谢谢"]),
)
def test_courtesy_and_punctuation_change_nothing(sentence: str, before: str, after: str) -> None:
    plain, polite = analysed(sentence), analysed(f"{before}{sentence}{after}")
    if plain.type in {"query", "non-command"} or sentence.startswith(("请", "麻烦", "麻煩")):
        return
    if before in {"请", "麻烦"} and sentence.startswith("我"):
        return  # nobody asks so for what he did himself: 我开窗了，关掉空调
    assert (polite.type, polite.trigger, polite.declined) == (plain.type, plain.trigger, plain.declined)
    assert [a.command for a in polite.actions] == [a.command for a in plain.actions]


@given(
    st.text(
        alphabet="开关灯空调半小时后先再然后温度超过28度就把调高一点十点每天，。《》播放提醒我不要的吗0123", max_size=24
    )
)
def test_any_sentence_is_analysed_and_its_spans_lie_in_it(sentence: str) -> None:
    said = analysed(sentence)
    length = len(said.text.text)
    for condition in said.conditions:
        assert 0 <= condition.span.start < condition.span.end <= length
        assert 0 <= condition.region.start <= condition.region.end <= length
    assert all(0 <= action.span.start <= action.span.end <= length for action in said.actions)
    assert said == analysed(sentence)
