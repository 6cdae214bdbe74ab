"""The Content-Security-Policy of every page: what a browser may load and run there, said in the page itself.

It is the second line: text from files is escaped (:mod:`compendium.escape`); should some of it ever come through as
markup, the browser neither runs it nor asks another host. A page is read from a server or straight from a disk, so
that ``'self'`` stands beside ``file:`` (some browsers take no file to be of the same origin as another).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compendium import escape

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.S | re.I)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.S | re.I)
_ARTICLE = re.compile(r"<article\b.*</article>", re.S)
_HEAD = re.compile(r'<meta charset="[^"]*"\s*/?>|<head>(?!.*<meta charset)', re.I | re.S)
_KIND = re.compile(r"""\btype\s*=\s*["']?([^"'\s>]+)""", re.I)

#: Kinds of script that a browser runs; any other is data.
_RUN = {"", "text/javascript", "application/javascript", "module"}

_OWN = "'self' file:"

#: What no page does: send a form elsewhere, be based elsewhere, hold a plug-in or a frame, fetch.
_NEVER = "base-uri 'none'; object-src 'none'; frame-src 'none'; connect-src 'none'; worker-src 'none'"


def hashed(content: str) -> str:
    """Return how a policy names an inline script or style.

    >>> hashed("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def of_report(page: str) -> str:
    """Return the policy of a page that runs nothing and loads nothing but, in a sweep, the style sheet of them all.

    >>> "script-src 'none'" in of_report("<style>p {}</style>")
    True
    """
    styles = sorted({hashed(style) for style in _STYLE.findall(page)})
    shared = "" if "<link " not in page else f"{_OWN} "
    return (
        f"default-src 'none'; script-src 'none'; style-src 'unsafe-inline'{f' {_OWN}' if shared else ''}; "
        f"style-src-elem {shared}{' '.join(styles)}; style-src-attr 'unsafe-inline'; "
        f"font-src {shared}data:; img-src data:; form-action 'none'; {_NEVER}"
    )


def of_sweep(page: str, *, script: str) -> str:
    """Return the policy of the index of a sweep: one script, that of the template."""
    return of_report(page).replace("script-src 'none'", f"script-src {hashed(script)}")


def of_page(page: str) -> str:
    """Return the policy of a page of the book: its own files, and the inline scripts that the theme writes.

    Scripts inside the article are not named: what stands there comes from notebooks and data.

    Examples
    --------
    >>> policy = of_page("<script>a</script><article><script>b</script></article>")
    >>> hashed("a") in policy, hashed("b") in policy, "unsafe-eval" in policy
    (True, False, False)
    """
    around = _ARTICLE.sub("", page)
    scripts = {hashed(text) for opening, text in _SCRIPT.findall(around) if _runs(opening)}
    styles = {hashed(text) for text in _STYLE.findall(around)}
    return (
        f"default-src 'none'; script-src {' '.join([_OWN, *sorted(scripts)])}; script-src-attr 'none'; "
        f"style-src 'unsafe-inline' {_OWN}; style-src-elem {' '.join([_OWN, *sorted(styles)])}; "
        f"style-src-attr 'unsafe-inline'; font-src {_OWN} data:; img-src {_OWN} data:; form-action {_OWN}; {_NEVER}"
    )


def _runs(opening: str) -> bool:
    kind = _KIND.search(opening)
    return "src=" not in opening and (kind[1].lower() if kind else "") in _RUN


def carry(page: str, policy: str) -> str:
    """Return a page with its policy at the head, before anything that the policy speaks of.

    Raises
    ------
    ValueError
        If the page has no head, where the policy goes.

    Examples
    --------
    >>> carry('<head><meta charset="utf-8"></head>', "default-src 'none'")[29:87]
    '<meta http-equiv="Content-Security-Policy" content="defaul'
    """
    found = _HEAD.search(page)
    if not found:
        raise ValueError("a page without a head has no place for its policy")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return f"{page[: found.end()]}\n{meta}{page[found.end() :]}"


def templates(package: str = "compendium") -> Environment:
    """Return a package's templates; whatever is put into one is escaped, in one line and without hidden characters."""
    return Environment(loader=PackageLoader(package), autoescape=True, finalize=_finalize)


def _finalize(value: object) -> object:
    return escape.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@functools.cache
def _texts(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package), autoescape=True, finalize=_as_html, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip


def _as_html(value: object) -> object:
    return Markup(escape.html(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def rendered(template: str, *, package: str = "compendium", **values: object) -> str:
    """Return a text of the book from a template: every value is escaped for HTML unless it is markup already."""
    return _texts(package).get_template(template).render(values).rstrip() + "\n"
