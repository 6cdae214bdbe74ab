"""The book's own typefaces, carried inside whatever leaves the book: reports, handouts, downloaded pictures.

A page that only names a typeface takes the reader's machine's, and then breaks its lines, and its pages, elsewhere.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Iterable
from pathlib import Path

from compendium import paths

#: Typefaces of text; ``Book Math`` is for formulas, which only whole pages have.
TEXT = ("Literata", "Inter")

#: Typefaces of figures.
FIGURES = ("Inter",)

_RULE = re.compile(r'@font-face \{ font-family: "([^"]+)";[^}]*\}')


def folder() -> Path:
    """Return the folder whose style sheets name the typefaces by relative paths."""
    return paths.book() / "_static"


def inside(style: str) -> str:
    """Return a style sheet with the typefaces it names carried inside as data.

    >>> inside("a { color: red }")
    'a { color: red }'
    """
    return re.sub(r"url\(([\w./-]+\.woff2)\)", lambda match: _data(folder() / match[1]), style)


def rules(families: Iterable[str] = TEXT) -> str:
    """Return the ``@font-face`` rules of some typefaces, each with its font inside; every rule is of the identity.

    >>> rules(["Inter"]).count("data:font/woff2;base64,")  # letters, and symbols with Greek
    2
    """
    identity = (folder() / "identity.css").read_text(encoding="utf-8")
    wanted = set(families)
    return inside("\n".join(match[0] for match in _RULE.finditer(identity) if match[1] in wanted))


@functools.lru_cache
def _data(font: Path) -> str:
    return f"url(data:font/woff2;base64,{base64.b64encode(font.read_bytes()).decode()})"
