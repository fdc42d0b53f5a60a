"""The contract of a pack: the JSON Schema that finished outputs must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jsonschema_rs

from curation.rewriting import Command

_SHOWN = 200


class Contract:
    """A compiled JSON Schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile the schema, which the pack loader has checked."""
        # Two hundred times quicker, but its messages are other ones: it says whether, the other one says what.
        self._quick = jsonschema_rs.Draft202012Validator(dict(schema))
        self._schema = schema

    @cached_property
    def _telling(self) -> Any:
        import jsonschema  # not before something is broken: it takes 40 ms

        return jsonschema.Draft202012Validator(self._schema)

    def keeps(self, command: Command) -> bool:
        """Tell whether a command keeps the contract."""
        return bool(self._quick.is_valid(command))

    def broken_by(self, command: Command) -> str | None:
        """Return how a command breaks the contract, None where it keeps it."""
        if self.keeps(command):
            return None
        from jsonschema.exceptions import best_match

        error = best_match(self._telling.iter_errors(command))
        return "it breaks the schema" if error is None else f"{error.json_path}: {error.message[:_SHOWN]}"
