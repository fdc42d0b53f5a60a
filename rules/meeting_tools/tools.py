"""The tools of the contract: their names, the parameters of each and what these hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tool:
    """What the schema of one tool says of its parameters."""

    name: str
    holds: Mapping[str, str]
    """For each parameter the type of `types.schema.json` that it holds."""
    required: tuple[str, ...]

    def takes(self, parameters: Mapping[str, Any]) -> bool:
        """Tell whether these are parameters of the tool, and all that it needs."""
        return parameters.keys() <= self.holds.keys() and set(self.required) <= parameters.keys()

    def holding(self, kind: str, parameters: Mapping[str, Any]) -> list[str]:
        """Return the parameters among these that hold this type."""
        return [name for name, _ in parameters.items() if self.holds.get(name) == kind]


def tools_of(contract: Mapping[str, Any]) -> dict[str, Tool]:
    """Return the tools of a contract, by name, as its branches list them."""
    found: dict[str, Tool] = {}
    for branch in contract["allOf"]:
        name = branch["if"]["properties"]["tool_name"]["const"]
        schema = _at(contract, branch["then"]["properties"]["parameters"]["$ref"])
        holds = {key: part["$ref"].rpartition("/")[2] for key, part in schema["properties"].items()}
        found[name] = Tool(name, holds, tuple(schema["required"]))
    return found


def _at(contract: Mapping[str, Any], pointer: str) -> Any:
    part: Any = contract
    for key in pointer.removeprefix("#/").split("/"):
        part = part[key]
    return part
