"""What every page gets once Sphinx has written it: a description, how to cite it, and the whole book as one zip.

The pages change as text, at marked places, so that equal input gives equal bytes. The zip holds the pages without the
button that offers it; the pages on the site have the button, with the size of the zip.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

from compendium import address, cite, escape, policy, portable

#: The theme's icon script weighs more than the rest of a page; ``icons.css`` draws the few icons there are.
_ICON_SCRIPT = re.compile(r"\s*<script[^>]*fontawesome\.js[^>]*></script>|\s*<link[^>]*fontawesome[^>]*>")

#: The button of the menu that shows the pages below one has no name of its own.
_TOGGLE = '<summary><span class="toctree-toggle"'
_NAMED_TOGGLE = '<summary aria-label="Pages below this one"><span class="toctree-toggle"'

#: What the theme writes for thebe, which no page loads.
_THEBE = re.compile(
    r'\s*<script type="text/x-thebe-config">.*?</script>|\s*<script>kernelName = [^<]*</script>', re.S
)

_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_ARTICLE_END = "</article>"
_HEADER_BUTTONS = '<div class="article-header-buttons">'
_LANDING = '<div class="hs-whole-book"></div>'

#: Length at which a description is cut, at the end of a sentence or of a word.
DESCRIPTION = 300

#: Pages without a citation: they only lead to others.
_NO_PAGE = {"search", "genindex", "py-modindex", "404"}

#: Jupyter Book loads every script and style of ``book/_static`` on every page; what one page needs lies here.
_TEMPLATES = Path(__file__).parent / "templates"

_SEARCH_SCRIPTS = '<script src="_static/descriptions.js"></script>\n<script src="_static/said.js"></script>\n'


def finish(built: Path, *, epoch: str) -> None:
    """Finish freshly built pages in place, and write the zip, the descriptions for the search and the sitemap."""
    site = address.site()
    texts: dict[Path, str] = {}
    said: dict[str, str] = {}
    for path in sorted(built.rglob("*.html")):
        document = path.relative_to(built).with_suffix("").as_posix()
        text = _THEBE.sub("", _ICON_SCRIPT.sub("", path.read_text(encoding="utf-8")))
        text = text.replace(_TOGGLE, _NAMED_TOGGLE)
        text = re.sub(r"(mystnb\.[0-9a-f]+\.css)\?v=[0-9a-f]+", r"\1", text)  # only a second build has the checksum
        description = description_of(text)
        if document not in _NO_PAGE:
            said[document] = description
            text = text.replace(_ARTICLE_END, f"{cite.block(document, title_of(text), site=site)}\n{_ARTICLE_END}", 1)
        texts[path] = _head(text, description)
    _write_search(built, texts, said)
    texts = {path: policy.carry(text, policy.of_page(text)) for path, text in texts.items()}
    for path, text in texts.items():
        path.write_text(text.replace(_LANDING, ""), encoding="utf-8")
    size = portable.write(built, epoch=epoch)
    for path, text in texts.items():
        up = "../" * (len(path.relative_to(built).parts) - 1)
        path.write_text(_with_button(text, up, size), encoding="utf-8")
    if site:
        (built / "sitemap.xml").write_text(sitemap(list(said), site=site), encoding="utf-8")


def title_of(text: str) -> str:
    """Return the title of a built page, without that of the book.

    Examples
    --------
    >>> title_of("<title>Gaps &amp; slack &#8212; Everyday Resilience</title>")
    'Gaps & slack'
    """
    found = _TITLE.search(text)
    return html.unescape(found[1]).rpartition(" — ")[0] or html.unescape(found[1]) if found else ""


def description_of(text: str) -> str:
    """Return what a page says first: the paragraph after its title, cut at a sentence or a word.

    Examples
    --------
    >>> description_of("<article><h1>A</h1><p>The gap is <a href='#x'>3 %</a>.</p></article>")
    'The gap is 3 %.'
    """
    article = text[text.find("<article") :]
    found = re.search(r"</h1>.*?<p[^>]*>(.*?)</p>", article, re.S)
    if "<article" not in text or not found:
        return ""
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[1])).split())
    if len(plain) <= DESCRIPTION:
        return plain
    cut = plain[:DESCRIPTION]
    sentence = max(cut.rfind(". "), cut.rfind("? "))
    return cut[: sentence + 1] if sentence > DESCRIPTION // 3 else f"{cut[: cut.rfind(' ')]} …"


def _head(text: str, description: str) -> str:
    """Return a page with its description, which engines of search show."""
    if not description:
        return text
    line = f'\n    <meta name="description" content="{escape.html(description)}" />'
    return _TITLE.sub(lambda match: f"{match[0]}{line}", text, count=1)


def _write_search(built: Path, texts: dict[Path, str], said: dict[str, str]) -> None:
    """Give the results of a search their descriptions: the theme would fetch each page, which a file cannot."""
    script = f"window.bookDescriptions = {json.dumps(said, ensure_ascii=False, sort_keys=True)};\n"
    (built / "_static" / "descriptions.js").write_text(script, encoding="utf-8")
    shutil.copyfile(_TEMPLATES / "said.js", built / "_static" / "said.js")
    page = built / "search.html"
    if page in texts:
        texts[page] = texts[page].replace("</body>", f"{_SEARCH_SCRIPTS}</body>", 1)


def _with_button(text: str, up: str, size: int) -> str:
    """Return a page with the button of the whole book in its header, and in words on the landing page."""
    href, words = f"{up}{portable.file_name()}", f"zip, {portable.in_words(size)}"
    label = f"Download the whole book ({words})"
    button = (
        f'\n<a class="btn btn-sm pst-navbar-icon hs-book" href="{href}" download title="{label}" aria-label="{label}">'
        '<span class="fa-solid fa-download"></span></a>'
    )
    large = (
        f'<p class="hs-whole-book hs-computed"><a class="hs-button" href="{href}" download>{label}</a> '
        "It contains pages, data, notebooks, results and figures. Unpack it and open index.html.</p>"
    )
    return text.replace(_HEADER_BUTTONS, _HEADER_BUTTONS + button, 1).replace(_LANDING, large)


def sitemap(documents: list[str], *, site: str) -> str:
    """Return the sitemap of all pages (sphinx-sitemap 2.9 lists only those that a build has just written).

    Examples
    --------
    >>> print(sitemap(["index"], site="https://example.org/book").splitlines()[2])
      <url><loc>https://example.org/book/index.html</loc></url>
    """
    listed = "".join(f"  <url><loc>{escape.html(f'{site}/{quote(name)}.html')}</loc></url>\n" for name in documents)
    opening = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{opening}{listed}</urlset>\n"
