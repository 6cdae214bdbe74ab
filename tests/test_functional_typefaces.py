"""Whatever is printed or drawn carries its typefaces: two machines, two sets of fonts, the same sheets and pictures.

One machine has only DejaVu (most Linux desktops; matplotlib carries it), the other only Liberation.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

import miniature
from compendium import drawings, paths, printing, typefaces
from everyday.teaching import deck, editions, paper
from taught import MODULES

#: Where each machine's only fonts are.
FONTS = {
    "DejaVu": Path(matplotlib.get_data_path()) / "fonts/ttf",
    "Liberation": Path("/usr/share/fonts/truetype/liberation"),
}

#: What a typeface of a print may be called: Chromium draws the glyphs of ours itself (Type 3), and those have no name.
OURS = {""}

FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 60" width="240"><text x="4" y="40" '
    'style="font-size: 22px; font-family: var(--hs-sans,Inter,sans-serif)">Bands → 8a □ ≥ 95</text></svg>'
)


@pytest.fixture(scope="module", params=FONTS)
def machine(request, tmp_path_factory):
    """The name of a machine, the settings that make Chromium and others see its fonts only, and a browser on it."""
    folder = FONTS[request.param]
    if not folder.is_dir():
        if os.environ.get("HEALTHSYS_REQUIRE_BROWSER") == "1":
            pytest.fail(f"there are no fonts in {folder}; install them: apt-get install fonts-liberation")
        pytest.skip(f"no {request.param} fonts on this machine (Debian: apt-get install fonts-liberation)")
    found = miniature.chromium()
    from playwright.sync_api import sync_playwright

    work = tmp_path_factory.mktemp(request.param)
    settings = work / "fonts.conf"
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{folder}</dir><cachedir>{work / 'cache'}</cachedir></fontconfig>"
    )
    seen = {**os.environ, "FONTCONFIG_FILE": str(settings)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, env=seen, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield request.param, seen, browser
        browser.close()


def printed(browser, markup, folder):
    """Return the pages of a document and the names of the typefaces in its print."""
    import pypdf

    source, target = folder / "page.html", folder / "page.pdf"
    source.write_text(markup, encoding="utf-8")
    page = browser.new_page()
    page.goto(source.as_uri())
    page.evaluate("document.fonts.ready")
    page.pdf(path=str(target), prefer_css_page_size=True, print_background=True)
    page.close()
    return named(pypdf.PdfReader(target))


def named(reader):
    """Return the pages of a print and the names of its typefaces."""
    fonts = [font.get_object() for page in reader.pages for font in (page["/Resources"].get("/Font") or {}).values()]
    return len(reader.pages), {str(font.get("/BaseFont", "")).removeprefix("/").rpartition("+")[2] for font in fonts}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_handout_prints_on_one_sheet_in_our_typefaces(machine, module, tmp_path):
    _, _, browser = machine
    sheets, names = printed(browser, editions.handout(module), tmp_path)
    assert sheets == 1
    assert names <= OURS


#: Pages of the sheets on paper by machine: the second machine's are compared with the first's.
_SHEETS: dict[str, int] = {}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_sheets_on_paper_break_at_the_same_places_on_both_machines(machine, module, tmp_path):
    _, _, browser = machine
    tables = paper.variants(module)["A"]
    text = editions._rendered(paper.sheets(module, "A", tables), title=module.title)
    sheets, names = printed(browser, text, tmp_path)
    assert names <= OURS
    assert _SHEETS.setdefault(module.name, sheets) == sheets


def test_the_printed_book_and_its_page_numbers_are_in_our_typefaces(machine, tmp_path):
    import pypdf

    _, _, browser = machine
    source, target = tmp_path / "book.html", tmp_path / "book.pdf"
    markup = '<section id="beds" class="bd-article"><h2>Beds → slack ▲</h2><p>Full at 95.</p></section>'
    chapter = ("page", "Beds", markup)
    source.write_text(printing._whole([chapter], [], styles=paths.book() / "_static"), encoding="utf-8")
    printing._print(browser, source, target)
    reader = pypdf.PdfReader(target)
    sheets, names = named(reader)
    assert sheets == 2
    assert names <= OURS
    assert reader.pages[1].extract_text().split()[0] == "2", "the number of the page is printed"


def test_slides_name_only_typefaces_that_they_carry():
    look = typefaces.rules() + (deck.LOOK / "healthsys.css").read_text(encoding="utf-8")
    for family in ("Literata", "Inter"):
        assert f'font-family: "{family}"; font-style' in look
    for named in ("Georgia", "Helvetica", "Arial"):
        assert named not in look


_PICTURES: dict[str, str] = {}


def test_a_downloaded_picture_looks_the_same_on_both_machines(machine, tmp_path):
    """The SVG as a browser draws it, and the PNG that is made of it."""
    name, seen, browser = machine
    alone = drawings.alone(FIGURE, title="Bands")
    (tmp_path / "figure.svg").write_text(alone, encoding="utf-8")
    page = browser.new_page(viewport={"width": 260, "height": 80})
    page.goto((tmp_path / "figure.svg").as_uri())
    page.wait_for_timeout(200)
    pictures = {"svg": page.screenshot()}
    page.close()
    call = "import sys; from compendium.drawings import png; sys.stdout.buffer.write(png(sys.stdin.read()))"
    done = subprocess.run([sys.executable, "-c", call], input=alone.encode(), env=seen, capture_output=True, check=True)
    pictures["png"] = done.stdout
    for kind, picture in pictures.items():
        digest = hashlib.sha256(picture).hexdigest()
        assert _PICTURES.setdefault(kind, digest) == digest, f"the {kind} differs on the machine with {name}"
