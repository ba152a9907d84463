"""What MkDocs calls while it builds: pages that are made, and files of the shelf that pages link to."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

import gallery  # noqa: E402 - found by the path above
import reference  # noqa: E402

SHELF = ("scenarios", "topologies", "models", "prefabs")
OUT = re.compile(r"\]\(\.\./(?=[\w-]+/[\w.-]+\))")  # a link to a file of the repository, beside docs/


def on_files(files: Files, config: Any) -> Files:
    """Add the reference, the gallery, the changes and the files of the shelf."""
    changes = (ROOT / "CHANGELOG.md").read_text().replace("](docs/", "](")
    made = reference.pages() | {"gallery.md": gallery.page(), "CHANGELOG.md": changes}
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    for folder in SHELF:
        for path in sorted((ROOT / folder).iterdir()):
            files.append(File.generated(config, f"files/{folder}/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links to files of the repository into links to their copies in the site."""
    return OUT.sub("](files/", markdown)
