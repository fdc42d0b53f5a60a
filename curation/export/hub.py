"""A version on the Hugging Face Hub, or a server that speaks like it: the same folder, in one commit, under a tag."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from curation.draft import StoreError
from curation.export.folder import About, write_folder
from curation.export.rows import Choice


class Pushed(NamedTuple):
    """Where a version is now."""

    url: str
    commit: str
    """Id of the commit, to load exactly this with `revision=`."""
    tag: str
    digest: str
    files: int


def push(
    choice: Choice, ref: str, repository: str, about: About, *, private: bool = True, endpoint: str | None = None
) -> Pushed:
    """Upload a version's folder as a data set, in one commit that takes away what was there; tag it by its label.

    `repository` is `owner/name`; it is made where it is missing, for its owner only where `private`. The token is the
    one that `huggingface_hub` finds, and the tag has a digest of the rows in it and never moves. Raises `StoreError`
    where there is nothing to push, or the server refuses or cannot be reached.
    """
    from httpx2 import HTTPError  # what huggingface_hub asks servers with
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint)
    with tempfile.TemporaryDirectory() as place:
        path, manifest, _ = write_folder(choice, ref, Path(place), about)
        tag = f"{manifest.label}-{manifest.short}"
        try:
            made = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
            done = api.upload_folder(
                repo_id=repository,
                repo_type="dataset",
                folder_path=path,
                commit_message=f"{manifest.label}: {choice.version.id}, rows {manifest.short}",
                delete_patterns="*",
            )
            api.create_tag(repository, repo_type="dataset", tag=tag, revision=done.oid, exist_ok=True)
        except (HTTPError, OSError) as error:
            raise StoreError(f"{api.endpoint} did not take {repository}: {error}") from error
        files = sum(file.is_file() for file in path.rglob("*"))
    return Pushed(str(made), done.oid, tag, manifest.digest, files)
