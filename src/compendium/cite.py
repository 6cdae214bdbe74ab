"""How to cite a page, as a sentence and as BibTeX, from ``CITATION.cff``."""

from __future__ import annotations

import functools
import re
from typing import Any

from compendium import crate, escape, files, paths

_SPECIAL = re.compile(r"([&%#_$])")


@functools.lru_cache(maxsize=1)
def _about(_root: str) -> dict[str, Any]:
    """Return title, version, authors and year of the book; the year is that of the release, else of the copyright."""
    known = crate.citation()
    settings = files.settings(paths.book() / "_config.yml")
    authors = [_name(author) for author in known.get("authors", [])] or [str(settings.get("author", known["title"]))]
    year = str(known.get("date-released") or settings.get("copyright") or "")[:4]
    return {"title": known["title"], "version": str(known["version"]), "authors": authors, "year": year}


def about() -> dict[str, Any]:
    """Return title, version, authors and year of the book."""
    return _about(str(paths.root()))


def _name(author: dict[str, str]) -> str:
    return author.get("name") or ", ".join(filter(None, (author.get("family-names"), author.get("given-names"))))


def short_title() -> str:
    """Return the title of the book without its subtitle."""
    return about()["title"].partition(":")[0]


def sentence(document: str, title: str, *, site: str = "") -> str:
    """Return the citation of a page as a sentence, with its address, or with its place in the book if there is none."""
    book = about()
    whole = document == "index"
    end = "" if title.endswith(("?", "!")) else "."
    said = book["title"] if whole else f"{title.rstrip('.')}{end} In: {book['title']}"
    place = "" if site or whole else f", page {document}"
    where = f" {site}/{document}.html" if site else ""
    return f"{' and '.join(book['authors'])} ({book['year']}). {said}, version {book['version']}{place}.{where}"


def bibtex(document: str, title: str, *, site: str = "") -> str:
    """Return the citation of a page as a BibTeX entry.

    The authors stand in double braces: they are an organisation, not persons. The entry is of the type ``misc``,
    which every style knows.
    """
    book = about()
    whole = document == "index"
    name = re.sub(r"[^a-z0-9]+", "-", short_title().lower()).strip("-")
    key = name if whole else f"{name}-{document.rpartition('/')[2]}"
    fields = {
        "author": " and ".join(f"{{{_tex(author)}}}" for author in book["authors"]),
        "title": f"{{{_tex(book['title'] if whole else title)}}}",
        "year": book["year"],
        "howpublished": "" if whole else f"In: {_tex(book['title'])}",
        "note": f"Version {book['version']}",
        "url": f"{site}/{document}.html" if site else "",
    }
    lines = "".join(f"  {field} = {{{value}}},\n" for field, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}}}"


def _tex(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def block(document: str, title: str, *, site: str = "") -> str:
    """Return the folded block "Cite this page": the theme puts a button to copy beside each form."""
    forms = (("Text", sentence(document, title, site=site)), ("BibTeX", bibtex(document, title, site=site)))
    shown = "".join(
        f'<p>{label}</p><div class="highlight"><pre tabindex="0" aria-label="Citation, {label}">'
        f"{escape.html_lines(text)}</pre></div>"
        for label, text in forms
    )
    return f'<details class="hs-cite hs-computed" id="cite"><summary>Cite this page</summary>{shown}</details>'
