"""The pack's rewriters, one module for each phase that changes structure."""

from rules.smart_home.rewriters.chain import list_actions
from rules.smart_home.rewriters.change import set_delta
from rules.smart_home.rewriters.checks import ask_a_person, check_devices, check_error, check_power, check_values
from rules.smart_home.rewriters.function import complete_function, put_device_first
from rules.smart_home.rewriters.limits import check_ranges
from rules.smart_home.rewriters.trigger import wrap_in_automation

__all__ = [
    "ask_a_person",
    "check_devices",
    "check_error",
    "check_power",
    "check_ranges",
    "check_values",
    "complete_function",
    "list_actions",
    "put_device_first",
    "set_delta",
    "wrap_in_automation",
]
