"""Writing without ever leaving half a file behind, and reading a file of settings once."""

from __future__ import annotations

import functools
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import yaml


def write_whole(path: Path, text: str | bytes) -> bool:
    """Write a file in one move; leave it untouched where it already says the same. Return whether it changed."""
    content = text.encode() if isinstance(text, str) else text
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def as_json(value: Any) -> str:
    """Return JSON text with a stable layout: the same value gives the same bytes."""
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def settings(path: Path) -> dict[str, Any]:
    """Return a YAML file of settings, not to be changed: it is read once while the file stays as it is."""
    status = path.stat()
    return _settings(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=32)
def _settings(path: Path, _modified: int, _size: int) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
