"""Thirty hostile names through every text field of every notebook that takes a reader's file, opened in a browser.

No script runs, no other host is asked, nothing breaks the page's policy, and each name stands there as text.
"""

import csv
import http.server
import re
import threading

import pytest

import hostile
import miniature
from compendium import escape, execution, files, kernels, policy, report, sweep, sweep_index
from compendium.errors import RunError
from compendium.runs import find_notebook
from compendium.spreadsheet import STARTS_A_FORMULA
from compendium.store import Store

pytestmark = pytest.mark.xdist_group("hostile")

#: Notes what a policy refuses, before anything on the page can happen.
WATCH = """window.__refused = []; document.addEventListener("securitypolicyviolation", (event) =>
  window.__refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));"""

#: Where a report leads: inside itself, and to a source.
LEADS = r"^(#|https://doi\.org/)"

#: What a report on a reader's own data does not speak of: the book's cases, its sources' figures, its invented data.
OF_THE_BOOK = re.compile(
    r"Kilifi|Area South|fourteen trusts|\binvented\b|\bsynthetic\b|\bthe review (?:reports|lists|states|says)\b"
    r"|true effect that was built in|true mean|recover the truth|What the source says|Try it yourself|template rows"
)

#: Notebooks about figures of England or of a survey, with a reader's own file beside them: what they may speak of.
ABOUT = {"four_hour_england": {"fourteen trusts"}}

#: What no report has: an element that could act or load by a name in a file.
ACTING = """[...document.querySelectorAll("img, iframe, object, embed, form[action], link, base, video, audio, script")]
  .filter((e) => !(e.tagName === "SCRIPT" && e.type === "application/json")).map((e) => e.outerHTML.slice(0, 200))
  .concat([...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name)))
  .map((e) => e.outerHTML.slice(0, 200)))"""


@pytest.fixture(scope="module")
def browser_page():
    """One page for all, with what it asked for and complained about."""
    found = miniature.chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = opened.new_page(viewport={"width": 390, "height": 844})
        page.add_init_script(WATCH)
        page.asked, page.errors = [], []
        page.on("request", lambda sent: page.asked.append(sent.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))
        page.on("dialog", lambda shown: (page.errors.append("a dialog opened"), shown.dismiss()))
        yield page
        opened.close()


@pytest.fixture(scope="module")
def warm(kernel_server):
    """One process that has imported what notebooks import, to fork their kernels from: the session's if it has one."""
    names = [find_notebook(name) for name in hostile.ATTACKS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEALTHSYS_ROOT", str(miniature.PROJECT))
        if kernel_server:
            patch.setenv(kernels.ADDRESS_VARIABLE, kernel_server)
        with execution.kernels_for(names, jobs=1):
            yield


def opened(page, path):
    page.asked.clear()
    page.errors.clear()
    page.goto(f"file://{path}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.wait_for_timeout(100)
    return page


def assert_harmless(page):
    assert page.evaluate("window.__xss") is None
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
    assert page.errors == []
    assert page.evaluate("window.__refused") == []
    assert page.evaluate(ACTING) == []
    links = page.evaluate("[...document.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))")
    assert [link for link in links if not re.match(LEADS, link)] == []


def test_every_notebook_that_takes_a_file_is_attacked():
    assert set(hostile.takes_a_file()) == {*hostile.ATTACKS, *hostile.REFUSED}
    assert len(set(hostile.NAMES)) == 30


@pytest.mark.parametrize("notebook", hostile.REFUSED)
def test_a_page_that_shows_exact_counts_takes_no_readers_file(notebook, tmp_path, warm):
    with pytest.raises(RunError, match="for synthetic staff only"):
        report.composed(notebook, hostile.REFUSED[notebook](tmp_path), folder=tmp_path)


@pytest.mark.parametrize("notebook", hostile.ATTACKS)
def test_a_report_shows_hostile_names_as_text(notebook, tmp_path, warm, browser_page):
    attack, names = hostile.ATTACKS[notebook]
    text, _ = report.composed(notebook, attack(tmp_path), folder=tmp_path)
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    page = opened(browser_page, tmp_path / "index.html")
    assert_harmless(page)
    shown = hostile.seen(page.evaluate("document.querySelector('main').textContent"))
    missing = [name for name in names if hostile.seen(name) not in shown]
    assert missing == []
    said = re.sub(r"<style>.*?</style>|<details class='hs-code'>.*?</details>", "", text, flags=re.S)
    assert set(OF_THE_BOOK.findall(said)) - ABOUT.get(notebook, set()) == set()
    assert "SHA-256" in text
    assert str(tmp_path) not in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x07\x1b]", text)
    assert page.evaluate("document.querySelectorAll('main h1').length") == 1
    wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"the report is {wide} px wider than a phone"


def test_the_index_of_a_sweep_shows_hostile_names_as_text(tmp_path, browser_page):
    store = Store(str(tmp_path))
    store.write("style.css", report.style())
    rows = [sweep.Row(at + 2, f"row-{at}", {"organisation": name}) for at, name in enumerate(hostile.NAMES)]
    reasons = {row.name: f"there is no organisation '{row.cells['organisation']}'" for row in rows[::2]}
    for at, row in enumerate(rows[1::2]):
        _, unit, _, meaning, *_ = hostile.NAMES
        said = {"text": row.cells["organisation"], "unit": unit, "meaning": meaning, "format": "{}"}
        found = {"ratio": {"name": "ratio", "value": 1.5 + at, "n": 10 + at, **said}}
        store.write(f"{row.name}/results.json", files.as_json({"results": found}))
    sweep_index.write(store, iter(rows), reasons, title=hostile.NAMES[2], parameters=["organisation"])
    page = opened(browser_page, tmp_path / "index.html")
    refused = page.evaluate("window.__refused")
    assert refused == []
    assert page.evaluate("window.__xss") is None
    assert page.errors == []
    assert not [url for url in page.asked if not url.startswith(("file:", "data:"))]
    shown = hostile.seen(page.evaluate("document.querySelector('main').textContent"))
    assert [name for name in hostile.NAMES if hostile.seen(name) not in shown] == []
    page.fill("#q", "hyperlink")
    assert page.evaluate("[...document.querySelectorAll('#rows tbody tr')].filter((row) => !row.hidden).length") == 1
    for name in ("index.csv", "results.csv"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as table:
            cells = [cell for line in csv.reader(table) for cell in line]
        assert not [cell for cell in cells if cell.startswith(STARTS_A_FORMULA)]
        assert any("=HYPERLINK" in cell for cell in cells)


@pytest.fixture
def listening():
    """A host on this machine, and what it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("guarded", [True, False])
def test_what_would_come_through_is_stopped_by_the_policy(tmp_path, browser_page, listening, guarded):
    """Without its policy the same page runs scripts and asks the host: the test can tell."""
    host, asked = listening
    attack = (
        f'<script>window.__xss = 1</script><img src="{host}/x.png" onerror="window.__xss = 2">'
        f'<svg onload="window.__xss = 3"></svg><iframe src="{host}/frame"></iframe><p>x</p>'
        f'<style>p {{ background: url({host}/b.png) }}</style><script src="{host}/s.js"></script>'
    )
    plain = '<!doctype html><html><head><meta charset="utf-8"><title>x</title></head><body><main></main></body></html>'
    made = policy.carry(plain, policy.of_report(plain)) if guarded else plain
    (tmp_path / "index.html").write_text(made.replace("<main>", f"<main>{attack}"), encoding="utf-8")
    page = opened(browser_page, tmp_path / "index.html")
    assert (page.evaluate("window.__xss") is None) is guarded
    assert (asked == []) is guarded
    assert (len(page.evaluate("window.__refused")) >= 5) is guarded


def test_a_message_reaches_the_terminal_without_its_control_characters():
    assert escape.lines("first\nsecond\x1b]0;title\x07") == "first\nsecond\ufffd]0;title\ufffd"
