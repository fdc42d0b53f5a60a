"""What an export is: names, digest, and the text of its `manifest.json`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from curation.export.rows import Census, Choice

_UNFIT = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Manifest:
    """Names and digest of an export, and everything about it that does not depend on when and where it was made."""

    name: str
    """Of the data set: its file's, without suffix."""
    label: str
    """Of the version: the tag it was asked for by, else the beginning of its id."""
    digest: str
    """Of the version and of every row exported; 64 hexadecimal digits."""
    text: str
    """The content of `manifest.json`."""

    @property
    def short(self) -> str:
        """Return the digits that names carry."""
        return self.digest[:8]

    @property
    def folder(self) -> str:
        """Return the name of the folder, or what the names of files begin with."""
        return f"{self.name}-{self.label}-{self.short}"

    @property
    def entry(self) -> str:
        """Return what LLaMA-Factory calls the data set; a split's name follows."""
        return re.sub(r"\W+", "_", f"{self.name}_{self.label}")


def describe(choice: Choice, ref: str, found: Census) -> Manifest:
    """Return the manifest of the rows chosen, under the reference by which the version was named."""
    store, version = choice.store, choice.version
    line = store.lineage(version)
    rules = store.ruleset(version)
    source = next((one.source for one in reversed(line) if one.source), {})
    name = _fit(str(source.get("name", "")).rpartition(".")[0] or str(source.get("name", "")) or "data")
    label = _fit(ref) if store.tags().get(ref) == version.id else version.short
    content = {
        "format": 1,
        "name": name,
        "label": label,
        "digest": found.digest,
        "version": version.id,
        "kind": version.kind,
        "content": version.content,
        "ancestors": [one.id for one in line[:-1]],
        "ruleset": None
        if rules is None
        else {"name": rules.name, "digest": rules.digest, **_libraries(rules.libraries)},
        "source": dict(source),
        "review_included": choice.review,
        "rows": dict(found.rows),
        "dispositions": dict(found.dispositions),
        "unreadable_left_out": found.unreadable,
        "fields": list(found.fields),
        "counts": dict(version.counts),
    }
    return Manifest(name, label, found.digest, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _libraries(libraries: object) -> dict[str, object]:
    return {"libraries": libraries} if libraries else {}


def _fit(name: str) -> str:
    """Return a name that any file system, card and registry takes."""
    return _UNFIT.sub("-", name).strip("-.") or "data"
