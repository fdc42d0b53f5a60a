"""A contract in several files: one JSON Schema with all that it refers to in its own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

Read = Callable[[str], Any]
"""The content of the file at a path from the pack's folder, None where there is none that can be read."""

_PARTS = "$defs"


class MissingPart(Exception):  # noqa: N818 - what is wrong
    """A `$ref` names a file that cannot be read: `path` from the pack's folder."""

    def __init__(self, path: str) -> None:
        """Keep the path."""
        super().__init__(path)
        self.path = path


def whole(schema: Any, path: str, read: Read) -> Any:
    """Return a schema with every file that it refers to under `$defs`, and each `$ref` pointing there.

    `path` is the schema's own, from the pack's folder; `$ref: book.schema.json` names a file beside it. A schema that
    refers to no file is returned as it is. Raises `MissingPart`.
    """
    parts: dict[str, Any] = {}
    waiting = _files(schema, path)
    while waiting:
        name = waiting.pop(0)
        if name in parts:
            continue
        content = read(name)
        if content is None:
            raise MissingPart(name)
        waiting += _files(content, name)
        parts[name] = content
    if not parts:
        return schema
    moved = _moved(schema, path, "")
    own = {_key(name): _moved(parts[name], name, f"/{_PARTS}/{_key(name)}") for name in sorted(parts)}
    return {**moved, _PARTS: {**moved.get(_PARTS, {}), **own}}


def _files(schema: Any, path: str) -> list[str]:
    """Return the files that a schema refers to, in the order in which it does."""
    return [_file(path, ref) for ref in _references(schema) if not ref.startswith("#")]


def _references(schema: Any) -> Iterator[str]:
    """Yield every `$ref`."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "$ref" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from _references(value)


def _moved(schema: Any, path: str, root: str) -> Any:
    """Return a schema whose references hold where it stands at the JSON Pointer `root` of the whole."""
    if isinstance(schema, list):
        return [_moved(member, path, root) for member in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _moved(value, path, root) for key, value in schema.items()}
    ref = moved.get("$ref")
    if isinstance(ref, str):
        file, _, inside = ref.partition("#")
        moved["$ref"] = f"#/{_PARTS}/{_key(_file(path, file))}{inside}" if file else f"#{root}{inside}"
    return moved


def _file(path: str, ref: str) -> str:
    """Return the file that a reference in the file at `path` names, from the pack's folder."""
    way: list[str] = []
    for part in (PurePosixPath(path).parent / ref.partition("#")[0]).parts:
        if part == ".." and way and way[-1] != "..":
            way.pop()
        else:
            way.append(part)
    return "/".join(way)


def _key(path: str) -> str:
    """Return the name under which a file stands: its path without what a JSON Pointer or a URI would read otherwise."""
    return path.replace("/", "-").replace("~", "-").removesuffix(".json").removesuffix(".schema")
