"""What every page gets once Sphinx has written it: a description, how to cite it, and the whole book as one zip.

The pages change as text, at marked places, so that equal input gives equal bytes. The zip holds the pages without the
button that offers it; the pages on the site have the button, with the size of the zip.
"""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
import zlib
from pathlib import Path
from urllib.parse import quote

from lxml import html as parser

from compendium import address, cite, escape, files, kept, paths, policy, portable, project

#: The theme's icon script weighs more than the rest of a page; ``icons.css`` draws the few icons there are.
_ICON_SCRIPT = re.compile(r"\s*<script[^>]*fontawesome\.js[^>]*></script>|\s*<link[^>]*fontawesome[^>]*>")

#: The button of the menu that shows the pages below one has no name of its own.
_TOGGLE = '<summary><span class="toctree-toggle"'
_NAMED_TOGGLE = '<summary aria-label="Pages below this one"><span class="toctree-toggle"'

#: What the theme writes for thebe, which no page loads.
_THEBE = re.compile(r'\s*<script type="text/x-thebe-config">.*?</script>|\s*<script>kernelName = [^<]*</script>', re.S)

#: What pydata-sphinx-theme 0.20 writes on every page to search while one types, the index of the whole book with it.
_INLINE_SEARCH = re.compile(
    r'\s*<script src="[./]*(?:_static/searchtools|_static/language_data|searchindex)\.js"></script>'
)

#: The menu of all pages, and the name of each of its parts.
_MENU = re.compile(r'(<div class="bd-toc-item[^"]*">)(.*?)(</div>)', re.S)
_PART = re.compile(r'<p aria-level="2" class="caption" role="heading">(<span class="caption-text">.*?</span>)</p>')

#: The glossary, and the pages whose text is linked to it.
_GLOSSARY = "reference/glossary"
_WITH_TERMS = ("analyses/", "evidence/", "teaching/")
_PARAGRAPH = re.compile(r"(<p>)(.*?)(</p>)", re.S)

#: A cell of a table that holds a year such as 2017-18, which must not break at its hyphen.
_YEAR = re.compile(r"(<t[dh]\b[^>]*>)((?:19|20)\d\d-\d\d(?: Q\d)?)(?=</t[dh]>)")

#: Names, punctuation and spaces of code: their colour is that of the code around them.
_UNCOLOURED = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')

#: What a drawing says without effect: a turn by no angle, a shape that has neither line nor filling.
_NO_EFFECT = re.compile(r' transform="rotate\(-0 [^"]*\)"|<path d="[^"]*" style="fill: none"/>\n')
#: Where something is drawn; an icon's path, in which numbers need no blank between them, stays as it is.
_PLACED = re.compile(r' (?:d="M |[xy]=")[^"]*"')

#: A script or style, and what the page that names it was written with: that page may be older than the file.
_VERSION = re.compile(r"(_static/[\w./-]+)\?v=[0-9a-f]{8}")

#: What a name of something kept may not have in it.
_UNSAFE = re.compile(r"[^\w-]")

_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_ARTICLE_END = "</article>"
_HEADER_BUTTONS = '<div class="article-header-buttons">'
_OPEN = '\n<a class="btn btn-sm hs-open" href="{}" download>Open this notebook</a>'
_FEEDBACK = '\n<a class="btn btn-sm hs-open" href="{}">{}</a>'
_LANDING = '<div class="hs-whole-book"></div>'

#: Length at which a description is cut, at the end of a sentence or of a word.
DESCRIPTION = 300

#: Pages without a citation: they only lead to others, or show the source of a module.
_NO_PAGE = re.compile(r"search|genindex|py-modindex|404|_modules/.*")

#: Jupyter Book loads every script and style of ``book/_static`` on every page; what one page needs lies here.
_TEMPLATES = Path(__file__).parent / "templates"

_SEARCH_SCRIPTS = '<script src="_static/descriptions.js"></script>\n<script src="_static/said.js"></script>\n'


def finish(built: Path, *, epoch: str) -> None:
    """Finish freshly built pages in place, and write the zip, the descriptions for the search and the sitemap."""
    made = _finished(built, sorted(built.rglob("*.html")), styled=built)
    said = {document: page["description"] for document, page in made.items() if not _NO_PAGE.fullmatch(document)}
    _write_search(built, said)
    plain = {f"{document}.html": page["text"].replace(_LANDING, "") for document, page in made.items()}
    last = paths.build() / "html" / portable.file_name()
    size = portable.write(built, epoch=epoch, instead=plain, last=last, notes=paths.build() / "kept" / "zip.json")
    for document, page in made.items():
        (built / f"{document}.html").write_text(_with_buttons(page["text"], document, built, size), encoding="utf-8")
    if site := address.site():
        (built / "sitemap.xml").write_text(sitemap(list(said), site=site), encoding="utf-8")


def ahead(built: Path, pages: list[Path], *, into: Path) -> bool:
    """Finish some freshly built pages and put them among those of the last build; return whether that was done.

    They offer the zip of that build: where there is none, or one of another version, they wait for the new one.
    """
    last = into / portable.file_name()
    if not last.is_file():
        return False
    for document, page in _finished(built, pages, styled=into).items():
        text = _with_buttons(page["text"], document, into, last.stat().st_size)
        files.write_whole(into / f"{document}.html", text)
    return True


def _finished(built: Path, pages: list[Path], *, styled: Path) -> dict[str, dict[str, str]]:
    """Return text and description of pages as all readers get them, without the buttons, by document.

    ``styled`` has the scripts and styles.
    """
    site, terms = address.site(), terms_of(built / f"{_GLOSSARY}.html")
    shared = kept.digest([*kept.files_below(*project.folders()), json.dumps([terms, site, cite.about()])])
    made, version = {}, functools.lru_cache(functools.partial(_version, styled))
    for path in pages:
        document, text = path.relative_to(built).with_suffix("").as_posix(), path.read_text(encoding="utf-8")
        text = _VERSION.sub(lambda found: version(found[1]), text)
        make = functools.partial(_page, text, document, terms, site)
        made[document] = kept.texts(f"finished-{_UNSAFE.sub('+', document)}", make, of=[shared, text])
    return made


def _version(styled: Path, name: str) -> str:
    """Return the address of a script or style with a mark of what it says: a browser keeps it until that changes."""
    path = styled / name
    return f"{name}?v={zlib.crc32(path.read_bytes()):08x}" if path.is_file() else name


def _with_buttons(text: str, document: str, built: Path, size: int) -> str:
    """Return a page with its buttons: the book as one zip, its executed notebook, and where to say what is wrong."""
    up, folder, name = "../" * document.count("/"), *document.rpartition("/")[::2]
    text = _with_zip(text, up + portable.file_name(), size)
    notebook = f"executed/{name}.ipynb"
    if folder == "analyses" and (built / notebook).is_file():
        text = text.replace(_HEADER_BUTTONS, _HEADER_BUTTONS + _OPEN.format(up + notebook), 1)
    offered = address.feedback(document).items()
    links = "".join(_FEEDBACK.format(escape.html(href), label) for label, href in offered)
    return text.replace(_HEADER_BUTTONS, _HEADER_BUTTONS + links, 1)


def _page(text: str, document: str, terms: dict[str, tuple[str, str]], site: str) -> dict[str, str]:
    """Return a page as all readers get it, without the buttons, and its description."""
    text = lighter(folded(_THEBE.sub("", _ICON_SCRIPT.sub("", text)).replace(_TOGGLE, _NAMED_TOGGLE)))
    if document != "search":
        text = _INLINE_SEARCH.sub("", text)
    text = _YEAR.sub(r'\1<span class="hs-year">\2</span>', text)
    if document.startswith(_WITH_TERMS):
        text = with_terms(text, terms, "../" * document.count("/"))
    text = re.sub(r"(mystnb\.[0-9a-f]+\.css)\?v=[0-9a-f]+", r"\1", text)  # only a second build has the checksum
    description = description_of(text)
    if not _NO_PAGE.fullmatch(document):
        text = text.replace(_ARTICLE_END, f"{cite.block(document, title_of(text), site=site)}\n{_ARTICLE_END}", 1)
    text = _head(text, description)
    if document == "search":
        text = text.replace("</body>", f"{_SEARCH_SCRIPTS}</body>", 1)
    return {"text": policy.carry(text, policy.of_page(text)), "description": description}


def folded(text: str) -> str:
    """Return a page whose menu has each part folded, but the part of the page, or the first.

    >>> menu = '<p aria-level="2" class="caption" role="heading"><span class="caption-text">A</span></p><ul></ul>'
    >>> folded(f'<div class="bd-toc-item">{menu}</div>')[25:]
    '<details class="hs-part" open><summary><span class="caption-text">A</span></summary><ul></ul></details></div>'
    """

    def parts(menu: re.Match[str]) -> str:
        before, *found = _PART.split(menu[2])
        named = list(zip(found[::2], found[1::2], strict=True))
        here = next((place for place, (_, entries) in enumerate(named) if "current" in entries), 0)
        listed = "".join(
            f'<details class="hs-part"{" open" if place == here else ""}><summary>{name}</summary>{entries}</details>'
            for place, (name, entries) in enumerate(named)
        )
        return f"{menu[1]}{before}{listed}{menu[3]}"

    return _MENU.sub(parts, text)


def lighter(text: str) -> str:
    """Return a page without what changes nothing that a reader sees: uncoloured code, drawings finer than a pixel.

    >>> lighter('<path d="M 0 0 L 9 9 z" style="fill: none"/>\\n<path d="M 0 0" style="fill: none; stroke: red"/>')
    '<path d="M 0 0" style="fill: none; stroke: red"/>'
    >>> lighter('<span class="n">a</span> <path d="M 1.26 2.04 \\nL 3.98 5"/><text transform="rotate(-0 1 2)">b</text>')
    'a <path d="M 1.3 2 L 4 5"/><text>b</text>'
    >>> lighter('<path d="M8.72 18.78a.75.75 0 0 1 0-1.06"/>')
    '<path d="M8.72 18.78a.75.75 0 0 1 0-1.06"/>'
    """

    def rounded(path: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d+", lambda number: f"{round(float(number[0]), 1):g}", path[0].replace("\n", ""))

    return _PLACED.sub(rounded, _NO_EFFECT.sub("", _UNCOLOURED.sub(r"\1", text)))


def terms_of(glossary: Path) -> dict[str, tuple[str, str]]:
    """Return anchor and meaning of each term of the built glossary; nothing where there is no glossary."""
    if not glossary.is_file():
        return {}
    tree = parser.parse(str(glossary), parser.HTMLParser(encoding="utf-8")).getroot()
    found = ((term, term.xpath("following-sibling::dd[1]")) for term in tree.xpath("//dt[starts-with(@id, 'term-')]"))
    return {
        "".join(term.xpath("text()")).strip(): (term.get("id"), " ".join(meaning[0].text_content().split()))
        for term, meaning in found
        if meaning
    }


def with_terms(text: str, terms: dict[str, tuple[str, str]], up: str) -> str:
    """Return a page on which the first mention of each term, outside links and code, leads to the glossary.

    >>> with_terms("<article><p>The Kappa, a kappa.</p></article>", {"kappa": ("term-kappa", "Agreement.")}, "")
    ... # doctest: +ELLIPSIS
    '<article><p>The <a class="hs-term" href="reference/glossary.html#term-kappa" title="Agreement.">Kappa</a>, a ...
    """
    start = text.find("<article")
    if not terms or start < 0:
        return text
    named = {name if name != name.lower() else name.lower(): found for name, found in terms.items()}
    either = "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True))
    words = re.compile(rf"(?<![\w-])({either})(?![\w-])", re.I)
    used: set[str] = set()

    def link(word: re.Match[str]) -> str:
        name = word[0] if word[0] in named else word[0].lower()
        if name not in named or name in used:
            return word[0]
        used.add(name)
        anchor, meaning = named[name]
        return f'<a class="hs-term" href="{up}{_GLOSSARY}.html#{anchor}" title="{escape.html(meaning)}">{word[0]}</a>'

    def paragraph(found: re.Match[str]) -> str:
        inside, parts = 0, []
        for part in re.split(r"(<[^>]+>)", found[2]):
            if re.match(r"</?(a|code|math)\b", part):
                inside += -1 if part.startswith("</") else 1
            parts.append(part if inside or part.startswith("<") else words.sub(link, part))
        return f"{found[1]}{''.join(parts)}{found[3]}"

    return text[:start] + _PARAGRAPH.sub(paragraph, text[start:])


def title_of(text: str) -> str:
    """Return the title of a built page, without that of the book.

    >>> title_of("<title>Gaps &amp; slack &#8212; Everyday Resilience</title>")
    'Gaps & slack'
    """
    found = _TITLE.search(text)
    return html.unescape(found[1]).rpartition(" — ")[0] or html.unescape(found[1]) if found else ""


def description_of(text: str) -> str:
    """Return what a page says first: the paragraph after its title, cut at a sentence or a word.

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


def _write_search(built: Path, said: dict[str, str]) -> None:
    """Give the results of a search their descriptions: the theme would fetch each page, which a file cannot."""
    script = f"window.bookDescriptions = {json.dumps(said, ensure_ascii=False, sort_keys=True)};\n"
    (built / "_static" / "descriptions.js").write_text(script, encoding="utf-8")
    shutil.copyfile(_TEMPLATES / "said.js", built / "_static" / "said.js")


def _with_zip(text: str, href: str, size: int) -> str:
    """Return a page with the button of the whole book in its header, and in words on the landing page."""
    label = f"Download the whole book (zip, {portable.in_words(size)})"
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

    >>> print(sitemap(["index"], site="https://example.org/book").splitlines()[2])
      <url><loc>https://example.org/book/index.html</loc></url>
    """
    listed = "".join(f"  <url><loc>{escape.html(f'{site}/{quote(name)}.html')}</loc></url>\n" for name in documents)
    opening = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{opening}{listed}</urlset>\n"
