"""The whole book as one PDF, printed by Chromium: title, contents with page numbers, every page in order, bookmarks.

The built pages are gathered into one document in light colours: navigation, code and what only a screen can use are
left out, folded tables are open, links between pages lead to places in the PDF. It is printed twice, because the
page numbers of the contents are known only from the first print.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import html as parser
from markupsafe import Markup

from compendium import address, cite, crate, escape, files, paths, policy
from compendium.errors import CompendiumError

#: Environment variable that names the browser to print with.
BROWSER = "HEALTHSYS_CHROMIUM"

#: Seconds after which printing one page is given up.
PATIENCE = 120

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: What a printed page has no use for.
_LEFT_OUT = (
    "//script | //style | //noscript | //button | //form | //input | //select"
    " | //a[contains(concat(' ', @class, ' '), ' headerlink ')]"
    " | //details[contains(concat(' ', @class, ' '), ' hide ')]"
    " | //*[contains(concat(' ', @class, ' '), ' hs-narrow ')]"
    " | //*[contains(concat(' ', @class, ' '), ' hs-take ')]"
    " | //*[contains(concat(' ', @class, ' '), ' hs-cite ')]"
    " | //*[contains(concat(' ', @class, ' '), ' hs-described ')]"
    " | //*[contains(concat(' ', @class, ' '), ' hs-whole-book ')]"
    " | //*[contains(concat(' ', @class, ' '), ' cell_input ')]"
    " | //*[contains(concat(' ', @class, ' '), ' toctree-wrapper ')]"
    " | //section[@id='download-this-page']"
)


def find_browser() -> str:
    """Return the path of Chromium.

    Raises
    ------
    CompendiumError
        Where there is none: what to install, or how to name it.
    """
    named = os.environ.get(BROWSER)
    if named and not shutil.which(named):
        raise CompendiumError(f"{BROWSER} is '{named}', which cannot be run; name the browser's program by its path")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        raise CompendiumError(
            "Chromium is needed to make the PDF, and none was found; install it (Debian: apt-get install chromium), "
            f"or name one: {BROWSER}=/path/to/chromium"
        )
    return found


def printed(page: str, *, browser: str) -> bytes:
    """Return one page, a self-contained HTML document, as a PDF; what is folded on a screen is unfolded.

    Raises
    ------
    CompendiumError
        If the browser (:func:`find_browser`) does not print the page.
    """
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "page.html", Path(scratch) / "page.pdf"
        source.write_text(page.replace("<details", "<details open"), encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}/profile",
                   "--no-pdf-header-footer", f"--print-to-pdf={out}", source.as_uri()]  # fmt: skip
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stderr
        except subprocess.TimeoutExpired:
            said = f"it took longer than {PATIENCE} seconds"
        if not out.is_file():
            last = next(iter(said.splitlines()[-1:]), "no reason given")
            raise CompendiumError(f"{browser} did not print the report: {last}; leave out --pdf and print index.html")
        return out.read_bytes()


def contents() -> list[tuple[str, str]]:
    """Return the book's order: pairs of a kind, ``part`` or ``page``, and a caption or a document."""
    toc = files.settings(paths.book() / "_toc.yml")
    listed = [("page", toc["root"])]
    for part in toc.get("parts") or [{"chapters": toc.get("chapters", [])}]:
        if part.get("caption"):
            listed.append(("part", part["caption"]))
        for chapter in part["chapters"]:
            listed += [("page", one["file"]) for one in (chapter, *chapter.get("sections", ()))]
    return listed


def write(out: Path | None = None) -> tuple[Path, int]:
    """Print the built book (``book/_build/pdf/<name>.pdf`` by default); return where the PDF is, and its pages.

    Raises
    ------
    CompendiumError
        Where there is no browser, no built book, or the environment lacks what printing needs.
    """
    browser = find_browser()
    built = paths.build() / "html"
    if not (built / "index.html").is_file():
        raise CompendiumError("there is no built book to print; build it first: make book")
    try:
        import pypdf
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise CompendiumError(f"{error.name} is not installed; `make pdf` installs what printing needs") from None
    out = out or paths.build() / "pdf" / f"{crate.file_stem()}.pdf"
    out.parent.mkdir(parents=True, exist_ok=True)
    document, partial = out.with_name(f".{out.stem}.html"), out.with_name(f".{out.name}.part")
    chapters = [_chapter(kind, name, built) for kind, name in contents()]
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
            numbers: list[int] = []
            for _ in range(2):
                document.write_text(_whole(chapters, numbers, styles=built / "_static"), encoding="utf-8")
                _print(opened, document, partial)
                reader = pypdf.PdfReader(partial)
                numbers = _page_numbers(reader)
            opened.close()
        partial.replace(out)
    except Error as error:
        raise CompendiumError(f"{browser} did not print the book: {str(error).splitlines()[0]}") from None
    finally:
        document.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return out, len(reader.pages)


def _print(browser: Any, document: Path, out: Path) -> None:
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(600_000)
    page.goto(document.as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready")
    page.pdf(path=str(out), prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
    page.close()


def _page_numbers(reader: Any) -> list[int]:
    """Return the page of each bookmark of the first two levels, in order."""
    found: list[int] = []

    def walk(entries: list[Any], level: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
            elif level <= 2:
                found.append(reader.get_destination_page_number(entry) + 1)

    walk(reader.outline, 1)
    return found


def _chapter(kind: str, name: str, built: Path) -> tuple[str, str, str]:
    """Return kind, title and markup of an entry of the contents; headings stand a level deeper under their part."""
    if kind == "part":
        return kind, name, f'<h1 class="hs-part">{escape.html(name)}</h1>'
    tree = parser.parse(str(built / f"{name}.html"), parser.HTMLParser(encoding="utf-8")).getroot()
    (article,) = tree.xpath("//article[contains(@class, 'bd-article')]")
    for element in article.xpath(_LEFT_OUT):
        if element.getparent() is not None:
            element.drop_tree()
    for details in article.iter("details"):
        details.set("open", "")
    title = article.xpath("string(.//h1)").strip()
    for heading in list(article.iter("h1", "h2", "h3", "h4", "h5")):
        heading.tag = f"h{int(heading.tag[1]) + 1}"
    _lead_inside(article, name)
    article.tag = "section"
    article.set("class", "bd-article hs-chapter")
    article.set("id", _anchor(name))
    return kind, title, parser.tostring(article, encoding="unicode")


def _anchor(document: str, inner: str = "") -> str:
    return "--".join(filter(None, (document.replace("/", "-"), inner)))


def _lead_inside(article: parser.HtmlElement, name: str) -> None:
    """Make anchors unique in the whole book, and links between pages lead to them; a link to a file becomes text."""
    pages = {document for kind, document in contents() if kind == "page"}
    site = address.site()
    for element in article.iter():
        if not isinstance(element.tag, str):
            continue
        if element.get("id"):
            element.set("id", _anchor(name, element.get("id")))
        for key, value in list(element.attrib.items()):
            if "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{_anchor(name)}--"))
            elif key.endswith("href") and element.tag == "use" and value.startswith("#"):
                element.set(key, f"#{_anchor(name, value[1:])}")
        if element.tag == "a" and element.get("href"):
            _redirect(element, name, pages, site)


def _redirect(link: parser.HtmlElement, name: str, pages: set[str], site: str) -> None:
    href = link.get("href")
    if re.match(r"[a-z]+:", href):
        return
    path, _, inner = href.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path))) if path else f"{name}.html"
    document = target.removesuffix(".html")
    if target.endswith(".html") and document in pages:
        link.set("href", f"#{_anchor(document, inner)}")
    elif site:
        link.set("href", f"{site}/{target}")
    else:
        del link.attrib["href"]


def _whole(chapters: list[tuple[str, str, str]], numbers: list[int], *, styles: Path) -> str:
    """Return the document: title page, contents with the numbers known so far, chapters."""
    book = cite.about()
    # The title and the heading of the contents are bookmarks too.
    known = iter(numbers[2:] if numbers else [])
    lines = []
    for kind, title, markup in chapters:
        anchor = (re.search(r' id="([^"]+)"', markup) or ["", ""])[1]
        lines.append((kind, title, anchor, next(known, "")))
    title, _, subtitle = book["title"].partition(": ")
    return policy.templates().get_template("print.html").render(
        book=book, title=title, subtitle=subtitle, lines=lines, chapters=[Markup(markup) for *_, markup in chapters],
        look=[(styles / f"{name}.css").as_uri() for name in ("identity", "content")],
        style=Markup((Path(__file__).parent / "templates" / "print.css").read_text(encoding="utf-8")),
    )  # fmt: skip
