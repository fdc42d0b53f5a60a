"""Any output is judged: whatever a log holds at any place, one record never ends the run."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation.engine import Engine
from curation.pack import load_pack
from rules.smart_home.old_triggers import TRIGGER_KEYS
from rules.smart_home.triggers import CANONICAL_KEYS

HOME = Path(__file__).parents[3] / "rules" / "smart_home"
SENTENCES = [
    "每天早上九点打开卧室的灯",
    "工作日晚上十点关掉客厅空调",
    "半小时后关掉客厅的电视",
    "温度高于28度就打开客厅空调",
    "超过五分钟没人就关掉客厅的灯",
    "检测到漏水就关闭水阀",
    "回家后打开客厅的灯并拉上窗帘",
    "先关窗再开客厅空调",
    "客厅空调调低两度",
    "客厅空调调到二十六度",
    "打开客厅的灯",
    "你好",
]
KEYS = sorted(
    {
        *("mcp_type", "function", "params", "confirm", "error", "device_id", "device_ids", "device", "target"),
        *("action", "actions", "steps", "commands", "command", "arg", "args", "op", "power", "mode", "level", "speed"),
        *("temperature", "humidity", "brightness", "volume", "delta", "direction", "type", "unit", "value", "state"),
        *("minutes", "seconds", "hour", "minute", "sensor", "sensor_id", "attribute", "weekday", "for", "duration"),
        *("timer", "frequency", "expression", "next", "then", "step", "scene", "message"),
        *TRIGGER_KEYS,
        *CANONICAL_KEYS,
    }
)
WORDS = [
    *("", "  ", "iot", "sensor_trigger", "chain", "sql", "create_automation", "control_device", "turn_on", "off"),
    *(
        "light_living_01",
        "ac_living_01",
        "rain_sensor_01",
        "set_temperature",
        "30min",
        "1h",
        "09:00",
        "22:00",
        ">",
        "gt",
    ),
    *(
        "temperature",
        "temperature > 28",
        "daily",
        "mon,tue",
        "weekend",
        "每天",
        "有人经过",
        "leave",
        "leak",
        "motion",
        "up",
    ),
    *(
        "schedule",
        "event",
        "AMBIGUOUS_COMMAND",
        "NOT_A_CONTROL_COMMAND",
        "PT30M",
        "25:70",
        "99999999999999999999h",
        "½",
    ),
]
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.text(max_size=6),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.sampled_from(WORDS)), inner, max_size=4),
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
COMMANDS = st.fixed_dictionaries(
    {
        "mcp_type": st.one_of(st.sampled_from(["iot", "sensor_trigger", "chain"]), VALUES),
        "params": st.one_of(
            st.builds(lambda loose: {"device_id": "light_living_01", "power": "on", **loose}, OBJECTS),
            st.fixed_dictionaries(
                {"trigger": st.one_of(OBJECTS, VALUES), "action": st.one_of(OBJECTS, st.lists(OBJECTS, max_size=3))}
            ),
            OBJECTS,
            VALUES,
        ),
    },
    optional={
        "function": st.one_of(st.sampled_from(["control_device", "set_temperature", ""]), VALUES),
        "error": VALUES,
    },
)


@cache
def home() -> Engine:
    pack = load_pack(HOME)
    return Engine(pack, pack.open_context(pack.catalogue))


def flat(**loose: object) -> dict[str, object]:
    params = {"device_id": "light_living_01", "power": "on", **loose}
    return {"mcp_type": "iot", "function": "control_device", "params": params}


@settings(max_examples=400, deadline=None)
@given(sentence=st.sampled_from(SENTENCES), command=COMMANDS)
@example(SENTENCES[0], flat(trigger={"type": "schedule", "time": "09:30", "repeat": ["mon"]}))
@example(SENTENCES[0], flat(repeat={"on": ["sat"]}, time="09:00"))
@example(SENTENCES[0], flat(trigger={"event": {"type": "arrive_home"}}))
@example(SENTENCES[3], flat(temperature={"operator": [">"], "value": 28}))
@example(SENTENCES[2], flat(delay="9" * 400 + "h"))
@example(SENTENCES[2], flat(delay="PT" + "9" * 5000 + "H"))
@example(SENTENCES[0], flat(hour=[9], minute={}))
@example(SENTENCES[-2], {"mcp_type": ["iot"], "params": {"device_id": "light_living_01"}})
@example(SENTENCES[-2], {"mcp_type": "iot", "function": ["on"], "params": {"device_id": "light_living_01"}})
def test_no_output_ends_the_run(sentence: str, command: dict[str, object]) -> None:
    judged = home().judge(sentence, "", json.dumps(command, ensure_ascii=False))
    assert judged is not None
