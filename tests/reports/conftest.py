"""A version as the reports see it, made from sentences of our own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from curation.edits import Edit, Patches, Target, make_patch
from curation.manifest import DISPOSITIONS
from reports.version_report import Header, Outcome, Proposal, Queued, Row, VersionView

ROOMS = [
    ("客厅", "客廳", "living"),
    ("书房", "書房", "study"),
    ("阳台", "陽臺", "balcony"),
    ("厨房", "廚房", "kitchen"),
]
THINGS = [
    ("台灯", "檯燈", "lamp"),
    ("风扇", "風扇", "fan"),
    ("加湿器", "加濕器", "humidifier"),
    ("窗帘", "窗簾", "curtain"),
]
RULES: dict[str, dict[str, Any]] = {
    "format.unfence": {
        "phase": "10-format",
        "summary": "Take an object out of its code fence.",
        "review": {"mode": "none"},
    },
    "function.by-power": {
        "phase": "20-function",
        "summary": "Name the function where only power is set.",
        "review": {"mode": "sample", "rate": 0.05},
    },
    "trigger.relative-time": {
        "phase": "30-trigger",
        "summary": "Keep a stated delay as params.trigger.time_after.",
        "review": {"mode": "sample", "rate": 0.1},
    },
    "trigger.comparison": {
        "phase": "30-trigger",
        "summary": "Keep a stated threshold as a condition.",
        "review": {"mode": "all"},
    },
    "fuzzy.step": {
        "phase": "50-fuzzy",
        "summary": "Say a vague change as one step of the property.",
        "review": {"mode": "all"},
    },
    "check.schema": {
        "phase": "60-check",
        "summary": "Hold the result against the target schema.",
        "review": {"mode": "none"},
    },
}


def edit(rule: str, before: Any, after: Any, span: tuple[int, int] | None = None, note: str = "") -> Edit:
    start, end = span or (None, None)
    return made(rule, "command", make_patch(before, after), start, end, note, 0.98)


def made(rule: str, target: Target, patches: Patches, *rest: Any) -> Edit:
    phase = RULES[rule]["phase"]
    return Edit("", 0, rule, "", (), phase, "rule", target, patches.patch, patches.inverse, "", "", *rest)


def payload(instruction: str, output: Any, said: str = "") -> str:
    return json.dumps({"instruction": instruction, "input": said, "output": output}, ensure_ascii=False)


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def realistic(count: int) -> Iterable[Row]:
    """Yield `count` rows: delays, thresholds, fences, vague changes, conflicts, broken outputs, duplicates."""
    for seq in range(count):
        room, thing = ROOMS[seq % 4], THINGS[seq // 4 % 4]
        hant = seq % 3 == 0
        name = (room[1] + thing[1]) if hant else (room[0] + thing[0])
        device = f"{thing[2]}_{room[2]}_01"
        key = f"{seq * 7919 % 2**32:08x}".ljust(24, "e") + "-0"
        raw = {"mcp_type": "iot", "params": {"device_id": device, "power": "on"}}
        full = {"mcp_type": "iot", "function": "control_device", "params": raw["params"]}
        wrapped = {"mcp_type": "sensor_trigger", "function": "create_automation"}
        case = seq % 12
        if case in (0, 1, 2, 3, 4):
            lead = f"再過{seq % 50 + 2}分鐘" if hant else f"再过{seq % 50 + 2}分钟"
            sentence = f"{lead}把{name}{'打開' if hant else '打开'}"
            new = wrapped | {
                "params": {
                    "trigger": {"time_after": f"{seq % 50 + 2}m"},
                    "action": {"device_id": device, "arg": "turn_on"},
                }
            }
            edits = (edit("function.by-power", raw, full), edit("trigger.relative-time", full, new, (0, len(lead))))
            yield Row(seq, key, "rewritten", payload(sentence, text(raw)), payload(sentence, text(new)), edits)
        elif case in (5, 6):
            lead = f"室温一旦高过{20 + seq % 15}度"
            sentence = f"{lead}，{name}就转到三档"
            raw["params"] = {"device_id": device, "level": 3}
            new = wrapped | {
                "params": {
                    "trigger": {"temperature": {"operator": ">", "value": 20 + seq % 15}},
                    "action": {"device_id": device, "arg": {"op": "set_fan_speed", "level": 3}},
                }
            }
            edits = (
                edit(
                    "trigger.comparison",
                    raw,
                    new,
                    (0, len(lead)),
                    "The room of the condition is not kept: the format has no place for it.",
                ),
            )
            queued = (Queued("all", "trigger.comparison", "the rule's policy sends every edit to a person", "", ()),)
            yield Row(seq, key, "rewritten", payload(sentence, text(raw)), payload(sentence, text(new)), edits, queued)
        elif case == 7:
            sentence = f"{name}開" if hant else f"{name}开"
            fenced = f"```json\n{text(full)}\n```"
            edits = (made("format.unfence", "record", make_patch({"output": fenced}, {"output": text(full)})),)
            yield Row(
                seq,
                key,
                "rewritten",
                payload(sentence, fenced, "sent by the wall panel"),
                payload(sentence, text(full), "sent by the wall panel"),
                edits,
            )
        elif case == 8:
            sentence = f"太闷了，{name}调大些，{seq % 9 + 2}分钟后再关"
            proposals = (
                Proposal(
                    "trigger.relative-time",
                    text(
                        wrapped
                        | {
                            "params": {
                                "trigger": {"time_after": f"{seq % 9 + 2}m"},
                                "action": {"device_id": device, "arg": "turn_off"},
                            }
                        }
                    ),
                ),
                Proposal(
                    "fuzzy.step",
                    text(
                        full
                        | {
                            "params": {
                                "trigger": {},
                                "action": {"device_id": device, "command": "set_fan_speed", "arg": {"delta": 1}},
                            }
                        }
                    ),
                ),
            )
            queued = (Queued("conflict", "", "two rules propose different outputs", "", proposals),)
            yield Row(seq, key, "review", payload(sentence, text(full)), payload(sentence, text(full)), (), queued)
        elif case == 9:
            sentence = f"{name}那边的灯也弄一下"
            queued = (Queued("decline", "fuzzy.step", "no property of the device fits the words", "弄一下", ()),)
            edits = (edit("function.by-power", raw, full),) if seq % 24 == 9 else ()
            yield Row(
                seq,
                key,
                "review",
                payload(sentence, text(raw)),
                payload(sentence, text(full if edits else raw)),
                edits,
                queued,
            )
        elif case == 10:
            yield Row(
                seq,
                key,
                "quarantined",
                payload(f"{name}关掉", text(full)[:-7]),
                None,
                outcome=Outcome("truncated", f"…{text(full)[-30:-7]}", None),
            )
        else:
            kept = f"{(seq - 1) * 7919 % 2**32:08x}".ljust(24, "e") + "-0"
            yield Row(
                seq,
                key,
                "dropped",
                payload(f"{name}关掉", text(full)),
                None,
                outcome=Outcome("an exact duplicate", "", kept),
            )


HOSTILE = (
    '</script><script>window.ran = "script"</script>',
    '<img src=x onerror="window.ran = 1"><svg onload="window.ran = 2">',
    "\u202eevil\u2066 \x00\x1b[31m\x7f\r\n\u2028 \ufeff",
    "$& $` $' $1 \\0 %s {0} {{ 7 * 7 }} {% raw %} ${7}",
    "灯" * 100_000,
    "a` ![x](http://tracker.invalid/a.png) [y](javascript:window.ran=3) `` ``` ```` | \\| http://a.invalid @all",
    "\n````\n~~~~\n# heading\n- item\n<details open>\n&lt;&#60;\"'><!--]]>",
    "]]>--></style></title></textarea><base href=//evil.invalid><meta http-equiv=refresh content=0>",
    " ",
    "",
)
"""Texts that try to run, to hide, to reorder, to break out or to flood."""


def hostile() -> Iterable[Row]:
    """Yield rows in every section with every hostile text in every place that takes text from data."""
    for seq, evil in enumerate(HOSTILE * 4):
        before, after = {"mcp_type": evil, evil or "k": 1}, {"mcp_type": "iot", "function": evil}
        key = f"{seq:024x}-0"
        was, now = payload(evil, text(before), evil), payload(evil, text(after), evil)
        about = RULES["trigger.comparison"]["phase"]
        patches = make_patch(before, after)
        change = Edit(
            key, 0, "trigger.comparison", "", (evil,), about, "rule", "command", *patches, "", "", 0, 9, evil, 0.5, evil
        )
        queued = Queued("conflict", evil, evil, evil, (Proposal(evil, evil), Proposal("fuzzy.step", text(after))))
        section = seq // len(HOSTILE)
        if section == 0:
            yield Row(seq, key, "rewritten", was, now, (change,))
        elif section == 1:
            yield Row(seq, key, "review", was, was, (), (queued,))
        elif section == 2:
            yield Row(seq, key, "quarantined", text(evil), None, outcome=Outcome(evil, evil, None))
        else:
            yield Row(seq, key, "dropped", payload(evil, evil), None, outcome=Outcome(evil, evil, evil))


def hostile_view() -> VersionView:
    """Return a view whose header, counts and rows are all hostile."""
    evil = HOSTILE[0]
    seen = view_of(
        hostile(), tags=(evil, HOSTILE[5]), source={"name": HOSTILE[1], evil: {evil: evil}}, message=HOSTILE[7]
    )
    seen.counts["by_rule"][evil] = {  # type: ignore[index]
        **{"hits": 1, "declines": 0, "conflicts": 0, "confidence": None},
        **{"phase": evil, "summary": HOSTILE[5], "review": evil},
    }
    seen.counts["types_before"][evil] = 3  # type: ignore[index]
    seen.counts["types_after"][HOSTILE[5]] = 4  # type: ignore[index]
    return seen


def view_of(rows: Iterable[Row], *, unchanged: int = 0, **header: Any) -> VersionView:
    """Return a view whose counts are those of its rows."""
    listed = list(rows)
    by = Counter(row.disposition for row in listed)
    by["unchanged"] += unchanged
    counts: dict[str, Any] = {name: by[name] for name in DISPOSITIONS}
    counts["rows_in"] = sum(counts.values())
    counts["rows_out"] = counts["unchanged"] + counts["rewritten"]
    hits = Counter(change.rule for row in listed for change in row.edits)
    waits = Counter((queued.kind, queued.rule) for row in listed for queued in row.queued)
    clashes = Counter(proposal.rule for row in listed for queued in row.queued for proposal in queued.proposals)
    counts["by_rule"] = {
        rule: {"hits": hits[rule], "declines": waits["decline", rule], "conflicts": clashes[rule], "confidence": 0.98}
        | about
        for rule, about in RULES.items()
    }
    counts["queue_by_reason"] = dict(Counter(queued.reason for row in listed for queued in row.queued))
    for name in ("quarantined", "dropped"):
        counts[f"{name}_by_reason"] = dict(
            Counter(row.outcome.reason for row in listed if row.outcome and row.disposition == name)
        )
    counts["types_before"] = {"iot": counts["rows_in"] - by["quarantined"], "unreadable": by["quarantined"]}
    counts["types_after"] = {
        "iot": counts["unchanged"] + hits["format.unfence"],
        "sensor_trigger": by["rewritten"] - hits["format.unfence"],
    }
    about = {
        "number": 1,
        "id": "v_" + "4be1" * 8,
        "kind": "curated",
        "parent": "0 v_" + "09fa" * 8,
        "ruleset": "smart_home " + "c3d2" * 16,
    }
    return VersionView(Header(**(about | header)), counts, listed)


@pytest.fixture
def rows() -> Callable[[int], Iterable[Row]]:
    return realistic


@pytest.fixture
def dangerous() -> VersionView:
    return hostile_view()


@pytest.fixture
def view() -> Callable[..., VersionView]:
    return view_of
