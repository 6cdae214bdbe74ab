"""The book away from home: unzipped on a stick, searched, served where a page is missing, printed as a whole."""

import contextlib
import functools
import http.server
import re
import shutil
import threading
import zipfile
from urllib.parse import quote_plus

import pytest
import yaml

import miniature
from compendium import portable, printing
from compendium.errors import CompendiumError
from test_functional_book import HTML, book  # noqa: F401  (the fixture builds the book)
from test_functional_browser import browser  # noqa: F401

#: What readers ask in their own words, and pages one of which must be among the first three found.
WORDS = {
    "SPC": "analyses/trend-england-emergency reference/glossary reference/methods",
    "SPC chart": "analyses/trend-england-emergency analyses/explore-control-chart",
    "control chart": "reference/glossary analyses/explore-control-chart analyses/trend-england-emergency",
    "interrupted time series": "reference/glossary reference/methods teaching/service-trends",
    "WRES": "analyses/workforce-race-equality",
    "WDES": "analyses/workforce-disability-equality",
    "A&E": "analyses/trend-england-emergency analyses/four-hour-since-2010",
    "four-hour target": "analyses/trend-england-emergency analyses/four-hour-since-2010",
    "confidence interval": "reference/glossary how-to-read",
    "over double": "evidence/",
    "pay gap": "analyses/nhs-gender-pay-gap analyses/pay-gap- analyses/published-pay-gaps",
    "gender pay gap": "analyses/nhs-gender-pay-gap analyses/pay-gap-gender",
    "NHS ethnicity pay gap": "analyses/nhs-workforce-ethnicity",
    "ethnicity pay gap": "analyses/pay-gap-ethnicity analyses/nhs-workforce-ethnicity",
    "Frome": "analyses/community-care",
    "full ward": "analyses/bed-slack",
    "how full can a ward be": "analyses/bed-slack",
    "kappa": "analyses/coder-agreement reference/glossary",
    "Krippendorff": "analyses/coder-agreement reference/glossary",
    "staff survey": "analyses/nhs-staff-experience analyses/autonomy-burnout",
    "burnout": "analyses/autonomy-burnout",
    "bed occupancy": "analyses/trend-england-beds",
    "KH03": "analyses/trend-england-beds analyses/bed-slack",
    "waiting list": "analyses/trend-england-waits analyses/who-waits",
    "who waits": "analyses/who-waits",
    "did services improve": "analyses/area-south",
    "antenatal care": "analyses/trend-area-south-antenatal",
    "hypertension": "analyses/trend-area-south-hypertension",
    "GP appointments": "analyses/trend-somerset-gp",
    "sickness absence": "analyses/retention-and-sickness",
    "maternal mortality": "analyses/review-equality evidence/",
    "intersectionality": "analyses/intersectional-gaps",
    "Oaxaca-Blinder": "analyses/pay-gap-decomposition",
    "ICC": "analyses/climate-real-teams reference/glossary",
    "Cronbach alpha": "analyses/climate-real-teams reference/glossary",
    "funnel plot": "reference/glossary",
    "difference in differences": "reference/glossary analyses/staggered-starts reference/methods",
    "small numbers": "own-data reference/methods reference/glossary",
    "autonomy": "analyses/autonomy-and-slack analyses/autonomy-burnout",
    "paradox": "analyses/tensions-in-text",
    "learning sites": "analyses/learning-sites",
    "licence": "reference/licences",
}


@pytest.fixture(scope="module")
def stick(tmp_path_factory):
    """The zip of the book, unpacked as a reader would."""
    folder = tmp_path_factory.mktemp("stick")
    with zipfile.ZipFile(HTML / portable.file_name()) as packed:
        packed.extractall(folder)
    return folder / portable.folder()


@pytest.fixture(scope="module")
def page(browser):  # noqa: F811
    """A page that notes every request and everything that fails."""
    context = browser.new_context()
    opened = context.new_page()
    opened.asked, opened.faults = [], []
    opened.on("request", lambda sent: opened.asked.append(sent.url))
    # What the browser itself stops because the test goes on to another page is no fault.
    stopped = "net::ERR_ABORTED"
    opened.on("requestfailed", lambda sent: sent.failure != stopped and opened.faults.append(f"failed: {sent.url}"))
    opened.on("response", lambda got: got.status >= 400 and opened.faults.append(f"{got.status}: {got.url}"))
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.on("console", lambda said: said.type == "error" and opened.faults.append(said.text))
    yield opened
    context.close()


def found(page, start, word):
    """Search for a word and return the pages found, in order, without their anchors."""
    page.goto(f"{start}/search.html?q={quote_plus(word)}")
    miniature.until(page, "/\\d|did not/.test(document.querySelector('#search-results .search-summary')?.innerText)")
    page.wait_for_timeout(100)
    links = page.eval_on_selector_all(
        "#search-results ul.search > li > a", "all => all.map(a => a.getAttribute('href'))"
    )
    return [link.partition("?")[0].partition("#")[0].removesuffix(".html") for link in links]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_a_reader_would_use_finds_its_page(page, stick, word):
    page.faults.clear()
    pages = list(dict.fromkeys(found(page, stick.as_uri(), word)))
    assert any(name.startswith(tuple(WORDS[word].split())) for name in pages[:3]), pages
    assert page.faults == []


def test_a_page_that_is_found_says_what_it_is_about(page, stick):
    found(page, stick.as_uri(), "pay gap")
    said = page.locator("#search-results .hs-said").first.inner_text()
    assert len(said) > 40


def test_the_unpacked_book_opens_from_its_first_page_and_asks_for_nothing_that_is_not_there(page, stick):
    page.asked.clear()
    page.faults.clear()
    page.goto((stick / "index.html").as_uri())
    page.locator("nav a:has-text('Findings at a glance')").first.click()
    page.wait_for_load_state("load")
    page.goto((stick / "analyses/climate-baseline.html").as_uri())
    assert page.locator("math").count() > 3, "formulas"
    assert page.locator("figure.hs-figure svg:visible").count() >= 2, "figures"
    link = page.locator("p.hs-take a").first.get_attribute("href")
    assert (stick / "analyses" / link).resolve().is_file()
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.faults == []


@contextlib.contextmanager
def served(folder, prefix):
    """Serve a folder below a path, with its 404 page for what is missing, as a host of static pages does."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return super().translate_path(path.removeprefix(prefix) if path.startswith(prefix) else "/nowhere")

        def send_error(self, code, message=None, explain=None):
            content = (folder / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    """The miniature with an address, as a host publishes it."""
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("addressed") / "mini")
    path = root / "book/_config.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings.setdefault("html", {})["baseurl"] = "https://example.org/book"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = miniature.healthsys(root, "build")
    assert done.returncode == 0, done.stderr
    return root / "book/_build/html"


@pytest.mark.parametrize("missing", ["gone.html", "analyses/gone.html", "a/b/c/d/gone.html"])
def test_a_missing_page_leads_back_from_any_depth(page, addressed, missing):
    with served(addressed, "/book") as address:
        page.faults.clear()
        page.goto(f"{address}/{missing}")
        assert page.faults == [f"404: {address}/{missing}", page.faults[-1]], "only the page itself is missing"
        page.faults.clear()
        page.locator("#missing-search").fill("waits")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/search.html?q=waits")
        page.goto(f"{address}/{missing}")
        page.locator("article a[href$='index.html']").first.click()
        page.wait_for_url(f"{address}/index.html")


def test_with_an_address_pages_say_what_other_sites_show(addressed):
    text = (addressed / "analyses/waits-once.html").read_text(encoding="utf-8")
    tags = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)" />', text))
    assert tags["og:title"] == "Waits as printed"
    assert tags["og:site_name"]
    assert tags["og:url"] == "https://example.org/book/analyses/waits-once.html"
    assert tags["og:image"].startswith("https://example.org/book/files/analyses/waits-once/figure-")
    assert (addressed / tags["og:image"].removeprefix("https://example.org/book/")).is_file()
    assert text.count('name="description"') == 1
    assert "https://example.org/book/analyses/waits-once.html</loc>" in (addressed / "sitemap.xml").read_text()


def test_the_whole_book_is_printed_with_bookmarks_and_contents(browser, tmp_path, tmp_path_factory):  # noqa: F811
    pypdf = pytest.importorskip("pypdf")
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path / "mini")
    done = miniature.healthsys(root, "pdf")
    assert done.returncode == 0, done.stderr
    (path,) = (root / "book/_build/pdf").iterdir()  # and nothing is left behind
    reader = pypdf.PdfReader(path)
    marks = [entry.title for entry in flat(reader.outline)]
    expected = ["Contents", "Miniature", "Findings at a glance", "Waits as printed", "Waits doubled", "Data dictionary"]
    assert list(dict.fromkeys(title for title in marks[1:] if title in expected)) == expected
    listed = reader.pages[1].extract_text()
    for title in expected[2:]:
        mark = [entry for entry in flat(reader.outline) if entry.title == title][-1]
        number = reader.get_destination_page_number(mark) + 1
        assert f"{title} {number}" in " ".join(listed.split()), title
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)
    assert "13.50 days" in text
    assert "Search the book" not in text


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry


def test_without_a_browser_printing_says_what_to_install(monkeypatch):
    monkeypatch.delenv(printing.BROWSER, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CompendiumError, match=r"Chromium is needed.*apt-get install chromium.*HEALTHSYS_CHROMIUM="):
        printing.find_browser()


def test_a_browser_that_is_named_but_not_there_is_refused(monkeypatch):
    monkeypatch.setenv(printing.BROWSER, "/nowhere/chromium")
    with pytest.raises(CompendiumError, match="'/nowhere/chromium', which cannot be run"):
        printing.find_browser()
