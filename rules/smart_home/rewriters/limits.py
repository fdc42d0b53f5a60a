"""Values against what a device can do, as the device catalogue says it."""

from __future__ import annotations

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.asked.model import PROPERTIES
from rules.smart_home.catalogue import Device
from rules.smart_home.home import Home
from rules.smart_home.old_values import is_number
from rules.smart_home.rewriters.change import property_of
from rules.smart_home.steps import take_apart


@rewriter("check_ranges")
def check_ranges(command: Command, match: Match, context: Home) -> Rewritten | None:  # noqa: ARG001
    """Hand a record to a person that sets a value, or changes one by more, than its device can do."""
    for step in take_apart(command).steps:
        device = context.catalogue.get(step.device_id or "")
        for key, value in step.params.items():
            if not is_number(value):
                continue
            changes = key == "delta"
            able = limits(device, PROPERTIES.get(step.name or "", "") if changes else property_of(key))
            if able is None:
                continue
            if changes and abs(value) > able[1] - able[0]:
                found = f"{device.id} {value:+g}, {able[0]:g} to {able[1]:g}"
                raise Decline("a change beyond what the device can do", found)
            if not changes and not able[0] <= value <= able[1]:
                found = f"{device.id} {key} {value}, {able[0]:g} to {able[1]:g}"
                raise Decline("a value outside what the device can do", found)
    return None


def limits(device: Device, name: str) -> tuple[float, float] | None:
    """Return the lowest and the highest value of a property, None where the catalogue does not say both."""
    known = device.properties.get(name, {})
    if is_number(known.get("min")) and is_number(known.get("max")):
        return known["min"], known["max"]
    return None
