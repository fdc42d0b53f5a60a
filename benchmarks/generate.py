"""Generate raw smart-home records in the practice's mix of kinds and defects, any number of them, the same every time.

    python benchmarks/generate.py 20000 raw.jsonl --seed 1

Sentences are put together from parts, so that few of them repeat among the first hundred thousand; of those that do,
some come as exact or conflicting duplicates, as in logs.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import opencc

MIX = {
    "basic": 12_747,
    "conditional": 3_803,
    "chain": 475,
    "query": 381,
    "settings": 328,
    "goal": 284,
    "abnormal": 500,
    "vague": 0,
}
"""So many records of each kind among 18,518, as the practice has them; what is vague is among the basic ones there."""

ROOMS = {
    "living": "客厅", "bedroom": "主卧", "study": "书房", "kitchen": "厨房", "bathroom": "浴室", "dining": "餐厅",
    "kids": "儿童房", "balcony": "阳台", "entrance": "玄关", "hallway": "走廊", "attic": "阁楼", "garage": "车库",
}  # fmt: skip


class Kind(NamedTuple):
    """One type of device: its spoken names, how it is switched, and the one setting it has besides (or none)."""

    type: str
    names: tuple[str, ...]
    on: tuple[str, ...]
    off: tuple[str, ...]
    functions: tuple[str, str]
    setting: tuple[str, str, str, str, range] | None = None
    """Function, key, words before the value, words after it, values."""


_SWITCH = (("打开", "开启", "开一下", "启动"), ("关掉", "关闭", "关上", "关一下"), ("control_device", "control_device"))
_DRAW = (("拉开", "打开"), ("拉上", "关上"), ("open", "close"))
KINDS = (
    Kind("light", ("灯", "吊灯", "主灯"), *_SWITCH, ("set_brightness", "brightness", "亮度调到", "", range(5, 100))),
    Kind("lamp", ("台灯",), *_SWITCH, ("set_brightness", "brightness", "亮度设为", "%", range(5, 100))),
    Kind("ac", ("空调", "冷气"), *_SWITCH, ("set_temperature", "temperature", "调到", "度", range(16, 31))),
    Kind("heater", ("取暖器", "电暖器"), *_SWITCH, ("set_temperature", "temperature", "温度设成", "度", range(16, 29))),
    Kind("fan", ("风扇", "电扇"), *_SWITCH, ("set_fan_speed", "level", "开到", "档", range(1, 5))),
    Kind("tv", ("电视",), *_SWITCH, ("set_volume", "volume", "音量调到", "", range(3, 60))),
    Kind("speaker", ("音箱",), *_SWITCH, ("set_volume", "volume", "音量设为", "", range(3, 60))),
    Kind("humidifier", ("加湿器",), *_SWITCH, ("set_humidity", "humidity", "湿度调到", "%", range(35, 70))),
    Kind("dehumidifier", ("除湿机",), *_SWITCH, ("set_humidity", "humidity", "湿度设为", "%", range(35, 70))),
    Kind("purifier", ("净化器", "空气净化器"), *_SWITCH),
    Kind("camera", ("摄像头",), *_SWITCH),
    Kind("curtain", ("窗帘",), *_DRAW, ("set_position", "position", "开到", "%", range(5, 100))),
    Kind("window", ("窗户", "窗"), *_DRAW),
)  # fmt: skip
VAGUE = {
    "set_brightness": "调亮一点", "set_temperature": "调低一点", "set_fan_speed": "开大一点",
    "set_volume": "声音小一点", "set_humidity": "湿度高一点", "set_position": "再开一点",
}  # fmt: skip
BEFORE = ("", "", "", "请", "帮我", "麻烦", "请帮我", "麻烦你", "小家，", "喂，", "你好，", "现在", "马上")
AFTER = ("", "", "", "吧", "哦", "，谢谢", "。", "！", "，快点", "好吗")
DIGITS = "零一二三四五六七八九"
DELAYS = ("{}后", "{}之后", "{}以后", "再过{}", "过{}再")
DAYS = {"凌晨": range(1, 5), "早上": range(6, 10), "上午": range(9, 12), "下午": range(1, 6), "晚上": range(7, 12)}
COMPARED = (("温度", "temperature", "度", range(5, 40)), ("湿度", "humidity", "%", range(20, 90)),
            ("PM2.5", "pm25", "", range(20, 200)), ("二氧化碳", "co2", "", range(600, 2000, 10)))  # fmt: skip
WORDS = {"超过": ">", "高于": ">", "大于": ">", "低于": "<", "不足": "<", "达到": ">="}
STATES = ("检测到漏水", "有人经过", "门打开", "检测到烟雾", "下雨", "准备睡觉", "到家", "离家")
REPEATS = ("每天", "工作日", "周末", "每周一", "每周三和周五")
QUESTIONS = ("{}现在多少度", "{}昨天开了多久", "{}开着吗", "{}的湿度是多少", "{}上周用了多少电")
GOALS = ("让{}更省电", "{}尽量舒服又省电", "晚上让{}安静些", "帮我优化{}的用电")
CHAT = (
    "{}块钱能买几斤苹果", "帮我订{}份外卖", "{}路公交还要等吗", "给我讲第{}个笑话", "我昨晚只睡了{}分钟",
    "背一下第{}首唐诗", "今天走了{}千步", "把{}分之一写成小数", "第{}名是谁", "股票涨了{}个点没有",
)  # fmt: skip
BROKEN: tuple[Callable[[str], Any], ...] = (
    lambda text: text[:-4], lambda _: "", lambda text: f"[{text}]", lambda text: text.replace("{", "｛", 1),
    lambda text: text.replace('": "', '": NaN, "', 1), lambda text: f"好的，{text}", lambda _: None,
)  # fmt: skip


class Device(NamedTuple):
    """One device, as it is said and as it is called."""

    kind: Kind
    said: str
    id: str


def chinese(number: int) -> str:
    """Return a number below 100 as Chinese numerals."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return (head + (DIGITS[ones] if ones else "")) or DIGITS[0]


class Generator:
    """Records of one seed, one after the other."""

    def __init__(self, seed: int, mix: Mapping[str, int] = MIX) -> None:
        self._random = random.Random(seed)
        self._mix = mix
        self._to_traditional = opencc.OpenCC("s2t").convert

    def records(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield so many records in the mix."""
        kinds = {
            "basic": self._basic, "conditional": self._conditional, "chain": self._chain, "query": self._query,
            "settings": self._settings, "goal": self._goal, "abnormal": self._abnormal, "vague": self._vague,
        }  # fmt: skip
        chosen = self._random.choices(list(self._mix), list(self._mix.values()), k=count) if count < 1 << 20 else None
        recent: list[dict[str, Any]] = []
        for at in range(count):
            name = chosen[at] if chosen else self._random.choices(list(self._mix), list(self._mix.values()))[0]
            if recent and self._random.random() < 0.004:
                yield self._again(self._random.choice(recent))
                continue
            instruction, output = kinds[name]()
            if self._random.random() < 0.2:
                instruction = self._to_traditional(instruction)
            record = {"instruction": instruction, "input": "", "output": self._written(output)}
            recent[at % 50 : at % 50 + 1] = [record]
            yield record

    def _again(self, record: dict[str, Any]) -> dict[str, Any]:
        output = record["output"]
        if isinstance(output, str) and self._random.random() < 0.5:
            return {**record, "output": output.replace('"on"', '"off"')}
        return {**record, "instruction": record["instruction"] + self._random.choice(["", "。"])}

    def _device(self) -> Device:
        kind = self._random.choice(KINDS)
        room = self._random.choice(list(ROOMS))
        joint = self._random.choice(("", "", "的"))
        return Device(kind, ROOMS[room] + joint + self._random.choice(kind.names), f"{kind.type}_{room}_01")

    def _done(self, device: Device) -> tuple[str, dict[str, Any]]:
        """Return an action on a device in words, and as a command."""
        kind, pick = device.kind, self._random.choice
        if kind.setting and self._random.random() < 0.4:
            function, key, lead, tail, values = kind.setting
            value = pick(values)
            said = chinese(value) if self._random.random() < 0.5 else str(value)
            return f"{pick(('', '把'))}{device.said}{lead}{said}{tail}", _command(function, device.id, {key: value})
        on = self._random.random() < 0.5
        verb, function = pick(kind.on if on else kind.off), kind.functions[0 if on else 1]
        params = {"power": "on" if on else "off"} if function == "control_device" else {}
        said = pick((f"{verb}{device.said}", f"把{device.said}{verb}", f"{device.said}{verb}"))
        return said, _command(function, device.id, params)

    def _framed(self, said: str) -> str:
        return self._random.choice(BEFORE) + said + self._random.choice(AFTER)

    def _basic(self) -> tuple[str, dict[str, Any]]:
        device = self._device()
        if device.kind.setting and self._random.random() < 0.05:
            return self._changed(device, device.kind.setting[0])
        said, command = self._done(device)
        return self._framed(said), command

    def _vague(self) -> tuple[str, dict[str, Any]]:
        while True:
            device = self._device()
            if device.kind.setting:
                return self._changed(device, device.kind.setting[0])

    def _changed(self, device: Device, function: str) -> tuple[str, dict[str, Any]]:
        return self._framed(device.said + VAGUE[function]), _command(function, device.id, {})

    def _condition(self) -> tuple[str, dict[str, Any]]:
        """Return a condition in words, and what a raw log may keep of it among the parameters."""
        pick = self._random.choice
        drawn = self._random.random()
        if drawn < 0.35:
            minutes = pick(range(1, 95))
            said = f"{chinese(minutes) if self._random.random() < 0.6 else minutes}分钟"
            return pick(DELAYS).format(said), {"delay": f"{minutes}min"}
        if drawn < 0.65:
            part = pick(list(DAYS))
            hour, minute = pick(DAYS[part]), pick((0, 5, 10, 15, 20, 30, 40, 45, 50))
            tail = "" if minute == 0 else "半" if minute == 30 else f"{chinese(minute)}分"
            return pick(("", "", *REPEATS)) + f"{part}{chinese(hour)}点{tail}", {}
        if drawn < 0.9:
            name, key, unit, values = pick(COMPARED)
            word, value = pick(list(WORDS)), pick(values)
            return f"{pick(('如果', '当', '要是', ''))}{name}{word}{value}{unit}{pick(('时', '就', '的话，'))}", {
                "condition": f"{key}{WORDS[word]}{value}"
            }
        return f"{pick(('', '当'))}{pick(STATES)}{pick(('时', '的时候，', '后'))}", {}

    def _conditional(self) -> tuple[str, dict[str, Any]]:
        said, command = self._done(self._device())
        condition, kept = self._condition()
        if kept and self._random.random() < 0.2:
            command["params"].update(kept)
        return condition + said + self._random.choice(AFTER), command

    def _chain(self) -> tuple[str, dict[str, Any]]:
        first, command = self._done(self._device())
        second, _ = self._done(self._device())
        joint = self._random.choice(("，然后", "，再", "并且", "，同时", "，", "接着"))
        condition = self._condition()[0] if self._random.random() < 0.2 else ""
        return f"{condition}{self._random.choice(('', '先'))}{first}{joint}{second}", command

    def _query(self) -> tuple[str, dict[str, Any]]:
        device = self._device()
        limit = self._random.randint(1, 50)
        sql = f"SELECT value FROM log WHERE device_id = '{device.id}' ORDER BY ts DESC LIMIT {limit}"
        params = {"sql": sql}
        said = self._random.choice(QUESTIONS).format(device.said)
        return said, {"mcp_type": "sql", "function": "query_history", "params": params, "confirm": False}

    def _settings(self) -> tuple[str, dict[str, Any]]:
        room, value = self._random.choice(list(ROOMS)), self._random.randint(17, 29)
        mode, word = self._random.choice((("cool", "制冷"), ("heat", "制热"), ("auto", "自动")))
        said = f"{ROOMS[room]}空调{word}{value}度"
        return self._framed(said), _command("set_ac_settings", f"ac_{room}_01", {"mode": mode, "temperature": value})

    def _goal(self) -> tuple[str, dict[str, Any]]:
        room = self._random.choice(list(ROOMS))
        goal = {"goal": "energy", "room": room, "limit": self._random.randint(50, 400)}
        said = self._random.choice(GOALS).format(ROOMS[room])
        return said, {"mcp_type": "optimization", "function": "optimize", "params": goal, "confirm": False}

    def _abnormal(self) -> tuple[str, Any]:
        if self._random.random() < 0.6:
            return self._random.choice(CHAT).format(self._random.randint(2, 999)), {
                "error": "NOT_A_CONTROL_COMMAND",
                "message": "这不是设备控制",
                "suggestion": "请说出设备和动作",
            }
        said, command = self._done(self._device())
        return self._framed(said), self._random.choice(BROKEN)(json.dumps(command, ensure_ascii=False))

    def _written(self, output: Any) -> Any:
        """Return an output as a log has it: mostly well, now and then with a defect of form or without its function."""
        if not isinstance(output, dict):
            return output
        drawn = self._random.random()
        if output.get("mcp_type") == "iot" and drawn < 0.1:
            output = {key: value for key, value in output.items() if key != "function"}
        drawn = self._random.random()
        if drawn < 0.02:
            output = dict(reversed(output.items()))
        elif drawn < 0.05:
            return json.dumps(output, ensure_ascii=False, separators=(",", ":"))
        elif drawn < 0.055:
            return f"```json\n{json.dumps(output, ensure_ascii=False)}\n```"
        elif drawn < 0.06:
            return output
        return json.dumps(output, ensure_ascii=False)


def _command(function: str, device: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"mcp_type": "iot", "function": function, "params": {"device_id": device, **params}, "confirm": False}


def generate(count: int, path: Path, seed: int = 1, mix: Mapping[str, int] = MIX) -> None:
    """Write so many records to a JSONL file."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in Generator(seed, mix).records(count):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mix", metavar="KIND=N,…", help=f"shares of {', '.join(MIX)}; the practice's unless named")
    given = parser.parse_args()
    shares = {kind: int(n) for kind, n in (one.split("=") for one in given.mix.split(","))} if given.mix else MIX
    if unknown := shares.keys() - MIX.keys():
        parser.error(f"--mix: unknown kinds {', '.join(sorted(unknown))}; there are {', '.join(MIX)}")
    generate(given.count, given.path, given.seed, shares)
