"""The supplement's Python: faults and refusals, scenes, and the parts that generated sentences are made of."""

from __future__ import annotations

from rules.smart_home_supplement import refusals, scenes

__all__ = ["refusals", "scenes"]
