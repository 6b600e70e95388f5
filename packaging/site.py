"""A hook of mkdocs: what lies beside the documentation in a checkout is a page of the site."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

NEWS = "CHANGELOG.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, whose links are seen from where it lies."""
    text = (Path(config.config_file_path).parent / NEWS).read_text(encoding="utf-8")
    files.append(File.generated(config, NEWS, content=text.replace("](docs/", "](")))
    return files
