"""Questions to test with."""

from __future__ import annotations

from typing import Any

from annotations.question import Question

HOSTILE = (
    '</script><script>window.harmed=1</script><img src=x onerror="window.harmed=1"><svg onload=window.harmed=1>'
    "$& $$ $' $`x` #TEMPLATE# {{7*7}} **bold** [a](javascript:window.harmed=1) \\(x\\) &amp;lt; </pre></div> "
    "\u202egnp.exe\u202c \u200b\x07 end"
)
SHOWN = (
    HOSTILE.replace("\u202e", "⟨U+202E⟩")
    .replace("\u202c", "⟨U+202C⟩")
    .replace("\u200b", "⟨U+200B⟩")
    .replace("\x07", "⟨U+0007⟩")
)
"""How a page must show it."""


def question(number: int, **other: Any) -> Question:
    """Return a question about a toy rule; the same number gives the same question."""
    device = f"mist_glasshouse_{number}"
    fields: dict[str, Any] = {
        "key": f"{number:024x}-0",
        "rule": "toy.delay",
        "rule_digest": "d" * 64,
        "phase": "toy",
        "kind": "sample",
        "reason": "sampled",
        "found": "",
        "confidence": 0.9,
        "instruction": f"四十分鐘後把玻璃房{number}號噴霧打開",
        "evidence": (0, 5),
        "before": f'{{"mcp_type": "iot", "params": {{"device_id": "{device}", "power": "on"}}}}',
        "after": f'{{"mcp_type": "sensor_trigger", "params": {{"trigger": {{"time_after": "40m"}}, '
        f'"action": {{"device_id": "{device}", "arg": "turn_on"}}}}}}',
        "proposals": (),
        "seq": number,
        "summary": "Keep a stated delay.",
        "why": "The raw logs act at once.",
    }
    return Question(**{**fields, **other})
