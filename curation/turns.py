"""Where a record's instruction and output stand: in fields of their own, or in the last two turns of a conversation.

A conversation is read, never written anew: its output is changed in the turn in which it stands, and all else of it
stays as it came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from curation.command import write

ALIASES: Mapping[str, str] = {"instruct": "instruction"}
"""Field names that are read as another."""


class _Shape(NamedTuple):
    """How one kind of conversation spells a turn."""

    role: str
    words: str
    roles: Mapping[str, str]


_SAID_BY = {"user": "user", "assistant": "assistant", "system": "system"}
_SHAPES: Mapping[str, _Shape] = {
    "conversations": _Shape("from", "value", _SAID_BY | {"human": "user", "gpt": "assistant"}),
    "messages": _Shape("role", "content", _SAID_BY),
}
TURNS = tuple(_SHAPES)
"""The fields that hold the turns of a conversation: those of ShareGPT, and those of chat messages."""
_SHOWN = 20  # names of fields
_TOOLS = frozenset({"tool", "tool_call", "tool_response", "function", "function_call", "observation"})
_CALLS = ("tool_calls", "function_call")
_OWN = ("instruction", *ALIASES, "output")


def lacking(names: Collection[str]) -> str | None:
    """Return what a data set with fields of these names lacks, and what to do; None where its rows can be records."""
    meant = {ALIASES.get(name, name) for name in names}
    lack = next((field for field in ("instruction", "output") if field not in meant), None)
    if lack is None or meant & set(TURNS):
        return None
    listed = ", ".join(islice(names, _SHOWN)) + (", …" if len(names) > _SHOWN else "")
    return f"no column named {lack!r}; it has: {listed}: rename the one that is meant"


class Conversation(NamedTuple):
    """A record of turns, read as instruction, output and what was said before; all empty where it has a problem."""

    field: str
    """The field of `TURNS` that holds the turns."""
    place: tuple[str | int, ...]
    """The keys that lead from the record to its output."""
    instruction: str | None
    output: Any
    system: str | None
    history: list[list[str]]
    """Earlier turns, each a question and its answer."""
    problem: str | None
    found: str


class _Odd(Exception):  # noqa: N818 - what the turns are
    def __init__(self, problem: str, found: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.found = found


def conversation_in(record: Mapping[str, Any]) -> Conversation | None:
    """Return the conversation that a record is; None where it has an instruction or an output of its own, or no turns.

    Turns must be: perhaps one of the system, then user and assistant by turns, the last one the assistant's. Anything
    else, a turn of a tool among it, is a problem.
    """
    fields = [name for name in TURNS if record.get(name) is not None]
    if not fields or any(record.get(name) is not None for name in _OWN):
        return None
    try:
        if len(fields) > 1:
            raise _Odd("both conversations and messages are present")
        return _read(fields[0], record)
    except _Odd as odd:
        return Conversation(fields[0], ("output",), None, None, None, [], odd.problem, odd.found)


def _read(field: str, record: Mapping[str, Any]) -> Conversation:
    shape, turns = _SHAPES[field], record[field]
    if not isinstance(turns, list) or not turns:
        raise _Odd(f"{field} is no list of turns")
    said = [_turn(turn, number, shape) for number, turn in enumerate(turns, start=1)]
    system = record.get("system")
    if system is not None and not isinstance(system, str):
        raise _Odd("system is not text")
    start = 0
    if said[0][0] == "system":
        if system is not None:
            raise _Odd("a system text and a system turn")
        system, start = said[0][1], 1
    for number, (role, _) in enumerate(said[start:]):
        if role != ("user", "assistant")[number % 2]:
            before = said[start + number - 1][0] if start + number else "nothing"
            raise _Odd("turns out of order", f"turn {start + number + 1}: {role} after {before}")
    if said[-1][0] != "assistant":
        raise _Odd("no answer at the end", f"the last turn is the {said[-1][0]}'s")
    *earlier, (_, instruction), (_, output) = said[start:]
    for number, (_, words) in enumerate([*said[:start], *earlier, ("", instruction)], start=1):
        if not isinstance(words, str):
            raise _Odd("a turn is not text", f"turn {number}")
    words = [str(words) for _, words in earlier]
    history = [list(pair) for pair in zip(words[::2], words[1::2], strict=True)]
    return Conversation(field, (field, len(turns) - 1, shape.words), instruction, output, system, history, None, "")


def _turn(turn: Any, number: int, shape: _Shape) -> tuple[str, Any]:
    """Return who speaks, and what is said."""
    role = turn.get(shape.role) if isinstance(turn, dict) else None
    if not isinstance(role, str):
        raise _Odd(f"a turn is no object with {shape.role} and {shape.words}", f"turn {number}")
    if role in _TOOLS or any(turn.get(name) for name in _CALLS):
        raise _Odd("a turn of a tool", f"turn {number}: {role}")
    if role not in shape.roles:
        raise _Odd("a turn of an unknown role", f"turn {number}: {role}")
    return shape.roles[role], turn.get(shape.words)


def earlier_in(record: Mapping[str, Any], found: Conversation | None) -> str | None:
    """Return the turns before the instruction, as the JSON text of `{"history": …}`; None where there are none.

    `found` is the conversation that the record is. Of a record with fields of its own, `history` counts where it is a
    list of pairs of texts.
    """
    history = record.get("history") if found is None else found.history
    return write({"history": history}) if history and is_history(history) else None


def beside(said: str, earlier: str | None) -> str:
    """Return what an instruction stands in: its input, and what was said before it."""
    return said if earlier is None else f"{said}\0{earlier}"


def turns_before(record: Mapping[str, Any]) -> list[list[str]]:
    """Return the turns before the instruction, each a question and its answer; none where there are none."""
    found = conversation_in(record)
    history = record.get("history") if found is None else found.history
    return list(history) if isinstance(history, list) and is_history(history) else []


def is_history(value: Any) -> bool:
    """Tell whether a value is a list of earlier turns, each a question and its answer."""
    return isinstance(value, list) and all(
        isinstance(turn, list) and len(turn) == 2 and all(isinstance(words, str) for words in turn) for turn in value
    )


def instruction_in(record: Mapping[str, Any]) -> Any:
    """Return what stands in a record as its instruction, wherever, text or not; None where nothing does."""
    own = next((record[name] for name in ("instruction", *ALIASES) if record.get(name) is not None), None)
    found = None if own is not None else conversation_in(record)
    return own if found is None else found.instruction


def output_in(record: Mapping[str, Any]) -> Any:
    """Return what stands in a record as its output, text or not; None where nothing does."""
    found = conversation_in(record)
    return record.get("output") if found is None else found.output


def put_output(record: dict[str, Any], output: Any) -> None:
    """Set the output of a record where it stands; the record is changed."""
    *way, last = output_place(record)
    parent: Any = record
    for key in way:
        parent = parent[key]
    parent[last] = output


def output_place(record: Mapping[str, Any]) -> Sequence[str | int]:
    """Return the keys that lead to the output of a record, whether or not there is one."""
    found = conversation_in(record)
    return ("output",) if found is None else found.place


def output_pointer(record: Mapping[str, Any]) -> str:
    """Return the JSON Pointer of the output of a record."""
    return "".join(f"/{key}" for key in output_place(record))
