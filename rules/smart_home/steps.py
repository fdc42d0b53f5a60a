"""Commands as found, in whatever shape the raw log had, and the shapes of the target format they are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rules.smart_home.asked.model import SETTERS
from rules.smart_home.old_triggers import TRIGGER_KEYS, of_trigger

_NAMES = ("command", "op", "function", "action", "do", "operation", "cmd", "service")
_DEVICES = ("device_id", "device", "target", "deviceId", "entity_id", "id")
_ARGUMENTS = ("arg", "args", "params", "parameters", "arguments", "data")
_DOMAIN = re.compile(r"[a-z_]+\.(?=[a-z_]+$)")
"""Before the name of a service: light.turn_on."""
_APART = frozenset({*_DEVICES, *_ARGUMENTS})
_LISTS = ("action", "actions", "steps", "commands", "sequence", "tasks", "action_list", "list", "chain")
_NEXT = ("next", "then")
_PLACES = ("step", "order", "index", "seq")
_NO_FUNCTION = frozenset({None, "create_automation", "execute_chain"})
"""Functions that do not say what a device does."""
_ON = {"on", "turn_on", "true", "1", "open", "开", "開", "打开", "打開", True}
_OFF = {"off", "turn_off", "false", "0", "close", "关", "關", "关闭", "關閉", False}
_ON_NAMES = ("turn_on", "power_on", "switch_on")
_OFF_NAMES = ("turn_off", "power_off", "switch_off")
_POWER_ONLY = {
    "control_device",
    "set_power",
    "power",
    "switch",
    "control_power",
    "toggle_power",
    "create_automation",
    "execute_chain",
}


class Step(NamedTuple):
    """One action of a command: the device, the name of what is done as found, and its parameters."""

    device_id: str | None
    name: str | None
    params: Mapping[str, Any]

    @property
    def power(self) -> str | None:
        """Return turn_on or turn_off where the step does nothing but switch power."""
        if list(self.params) == ["power"] and (
            self.name is None or self.name in _POWER_ONLY or _named_power(self.name)
        ):
            return power_word(self.params["power"])
        if not self.params and self.name is not None:
            return _named_power(self.name)
        return None

    def alone(self) -> dict[str, Any]:
        """Return the step as the one action of an automation."""
        if self.power is not None:
            return {"device_id": self.device_id, "arg": self.power}
        return {"device_id": self.device_id, "arg": {"op": self.function, **self.params}}

    def listed(self) -> dict[str, Any]:
        """Return the step as one of several actions."""
        if self.power is not None:
            return {"device_id": self.device_id, "command": self.power, "arg": {}}
        return {"device_id": self.device_id, "command": self.function, "arg": dict(self.params)}

    @property
    def function(self) -> str | None:
        """Return the name as found; without one, the function that the step's only parameter names."""
        if self.name is not None or len(self.params) != 1:
            return self.name
        return SETTERS.get(next(iter(self.params)))


class Shape(NamedTuple):
    """A command taken apart."""

    mcp_type: str | None
    function: str | None
    steps: tuple[Step, ...]
    trigger: Any
    """The trigger as found: of the target format, of an older one, loose parameters, or None."""
    form: str
    """flat, single, list, change (the fuzzy form), error or other."""
    canonical: bool
    """Whether trigger and actions already stand in the keys of the target format."""


def is_blank(function: Any) -> bool:
    """Tell whether a function is as good as missing: empty, or nothing but spaces."""
    return not (function.strip() if isinstance(function, str) else function)


def power_word(value: Any) -> str | None:
    """Return turn_on or turn_off for any spelling of a power value."""
    key = value.lower() if isinstance(value, str) else value
    if isinstance(key, (bool, int, str)):
        return "turn_on" if key in _ON else "turn_off" if key in _OFF else None
    return None


def _named_power(name: str) -> str | None:
    """Return the power a name such as turn_on_light switches, or None."""
    if name.startswith(_ON_NAMES) or name == "on":
        return "turn_on"
    return "turn_off" if name.startswith(_OFF_NAMES) or name == "off" else None


_NOTHING: tuple[Any, ...] = (None, {}, "", [])
"""What stands where no trigger is."""
_RECENT = 4096
_recent: dict[int, tuple[Mapping[str, Any], Shape]] = {}
"""Shapes by the identity of their commands: several rules ask about each, and the engine keeps those it has seen."""


def take_apart(command: Mapping[str, Any]) -> Shape:
    """Return the parts of a command; a shape that is not known has no steps. Neither of the two may be changed."""
    known = _recent.get(id(command))
    if known is None or known[0] is not command:
        if len(_recent) >= _RECENT:
            _recent.clear()
        known = _recent[id(command)] = (command, _taken_apart(command))
    return known[1]


def _taken_apart(command: Mapping[str, Any]) -> Shape:
    if "error" in command:
        return Shape(None, None, (), None, "error", canonical=True)
    mcp_type, function, params = command.get("mcp_type"), command.get("function"), command.get("params")
    if is_blank(function):
        function = None
    if not isinstance(mcp_type, str) or not (function is None or isinstance(function, str)):
        return Shape(None, None, (), None, "other", canonical=True)
    if mcp_type not in {"iot", "sensor_trigger", "chain"} or not isinstance(params, dict):
        return Shape(mcp_type, function, (), None, "other", canonical=True)
    actions = next((params[key] for key in _LISTS if isinstance(params.get(key), (dict, list))), None)
    following = next((key for key in _NEXT if params.get(key) and isinstance(params[key], (dict, list))), None)
    flat_chain = actions is None and following is not None and "device_id" in params
    if flat_chain and following is not None:
        first = {key: value for key, value in params.items() if key != following and not of_trigger(key, value)}
        rest_of = params[following] if isinstance(params[following], list) else [params[following]]
        actions = [first if function in _NO_FUNCTION else {"function": function, **first}, *rest_of]
    elif actions is None and following is not None:
        actions = params[following]  # what is to be done then, beside what it waits for
    trigger = params.get("trigger")
    if actions is None:
        loose = {key: value for key, value in params.items() if key in TRIGGER_KEYS and key != "trigger"}
        device = params.get("device_id")
        apart = {"device_id", *loose, "trigger"}
        rest = {k: v for k, v in params.items() if k not in apart}
        found = trigger if trigger not in _NOTHING else (loose or None)
        step = Step(device if isinstance(device, str) else None, function, rest)
        if function in _NO_FUNCTION and isinstance(device, str) and function is not None:
            # An automation in the form of a plain command: what is done stands beside its trigger, if anywhere.
            step = _step({"device_id": device, **rest}, None)
        if trigger not in _NOTHING and loose:
            found = {"trigger": trigger, **loose}
        several = rest.pop("device_ids", None)
        if device is None and isinstance(several, list) and all(isinstance(one, str) for one in several):
            steps = tuple(Step(one, function, rest) for one in several)
            return Shape(mcp_type, function, steps, found, "flat", canonical=False)
        return Shape(mcp_type, function, (step,), found, "flat", canonical=found is None and mcp_type == "iot")
    entries = actions if isinstance(actions, list) else [actions]
    if not all(isinstance(entry, dict) for entry in entries):
        return Shape(mcp_type, function, (), trigger, "other", canonical=False)
    own = function if mcp_type == "iot" and not flat_chain else None
    steps = tuple(_step(entry, own) for entry in _without_places(entries))
    extra = {k: v for k, v in params.items() if k not in {"trigger", *_LISTS, *_NEXT} and of_trigger(k, v)}
    if extra:
        trigger = extra if trigger in _NOTHING else {"trigger": trigger, **extra}
    listed = isinstance(actions, list)
    tidy = (
        "action" in params
        and set(params) == {"trigger", "action"}
        and isinstance(params["trigger"], dict)
        and all(_tidy(entry, listed=listed) for entry in entries)
    )
    form = "list" if listed else "change" if "command" in entries[0] and "arg" in entries[0] else "single"
    return Shape(mcp_type, function, steps, trigger if trigger not in _NOTHING else None, form, canonical=tidy)


def _without_places(entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the entries of an action list without the numbers that only count them."""
    for key in _PLACES:
        found = [entry.get(key) for entry in entries]
        if len(found) > 1 and found in (list(range(len(found))), list(range(1, len(found) + 1))):
            return [{k: v for k, v in entry.items() if k != key} for entry in entries]
    return entries


def _step(entry: Mapping[str, Any], own: str | None) -> Step:
    """Return one entry of an action list, whatever keys it uses."""
    name = next((_DOMAIN.sub("", entry[key]) for key in _NAMES if isinstance(entry.get(key), str)), None)
    inner: Mapping[str, Any] = next((entry[key] for key in _ARGUMENTS if isinstance(entry.get(key), dict)), {})
    target = entry["target"] if isinstance(entry.get("target"), dict) else {}
    places = [(one, key) for one in (entry, target, inner) for key in _DEVICES]
    device = next((one[key] for one, key in places if isinstance(one.get(key), str)), None)
    apart = _APART if entry.get("id") == device else _APART - {"id"}  # else it names the entry
    params = {k: v for k, v in entry.items() if k not in apart and not (k in _NAMES and isinstance(v, str))}
    for key in _ARGUMENTS:
        value = entry.get(key)
        if isinstance(value, dict):
            params.update(value)
        elif isinstance(value, str) and value:
            if name is None:
                name = value
            else:
                params[key] = value
    if device is not None and params.get("device_id") == device:
        params.pop("device_id")
    if isinstance(params.get("op"), str):
        name = name or params["op"]
        params.pop("op")
    if name is None and list(params) == ["state"] and power_word(params["state"]) is not None:
        if params["state"] in {"open", "close"}:
            name, params = params["state"], {}
        else:
            params = {"power": params["state"]}
    return Step(device, name or own, params)


def _tidy(entry: Mapping[str, Any], *, listed: bool) -> bool:
    """Tell whether an entry of an action list or a single action has exactly the keys of the target format."""
    if listed or "command" in entry:
        return (
            list(entry) == ["device_id", "command", "arg"]
            and isinstance(entry["arg"], dict)
            and not (entry["command"] == "control_device" and "power" in entry["arg"])
        )
    arg = entry.get("arg")
    if list(entry) != ["device_id", "arg"]:
        return False
    return arg in ("turn_on", "turn_off") or (isinstance(arg, dict) and "op" in arg)
