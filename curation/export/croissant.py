"""Croissant metadata of an exported folder: its files with their digests, and the columns of each configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from curation.export.manifest import Manifest
from curation.export.parquet import schemas
from curation.export.rows import Census

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Manifest, found: Census, license_name: str, files: Mapping[str, tuple[str, int]]) -> str:
    """Return the text of `croissant.json`; `files` gives digest and size of each file by its path in the folder."""
    described = json.loads(manifest.text)
    shards = [name for name in files if name.endswith(".parquet")]
    value = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest.entry,
        "description": f"{manifest.name}, version {manifest.label}: instructions and the commands that answer them.",
        "version": f"1.0.0+{manifest.short}",
        "license": license_name,
        "url": f"urn:rewright:{described['version']}",
        "identifier": described["version"],
        "citeAs": f"{manifest.name}, version {manifest.label}, {described['version']}, rows {manifest.digest}",
        "isLiveDataset": False,
        "prov:wasDerivedFrom": [{"@id": f"urn:rewright:{parent}"} for parent in described["ancestors"][-1:]],
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{files[name][1]} B",
                "encodingFormat": "application/x-parquet",
                "sha256": files[name][0],
            }
            for name in shards
        ],
        "recordSet": [
            _record_set(config, split, number, name, list(schema.names))
            for config, schema in schemas(found.fields).items()
            for split in found.rows
            for number, name in enumerate(_of(shards, config, split))
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _of(shards: list[str], config: str, split: str) -> list[str]:
    return [name for name in shards if name.startswith(f"data/{config}/{split}/")]


def _record_set(config: str, split: str, number: int, file: str, columns: list[str]) -> dict[str, Any]:
    """Return the columns of one shard. Croissant has sets of files only inside an archive or repository."""
    identity = f"{config}-{split}" + (f"-{number}" if number else "")
    return {
        "@type": "cr:RecordSet",
        "@id": identity,
        "name": identity,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{identity}/{column}",
                "name": column,
                "dataType": "sc:Text",
                "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
            }
            for column in columns
            if column not in {"history", "messages"}
        ],
    }
