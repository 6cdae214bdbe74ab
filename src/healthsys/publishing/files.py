"""Writing without ever leaving half a file behind."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


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
