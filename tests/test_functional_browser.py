"""Every page opened in a real browser: nothing fetched from elsewhere, no overflow, no accessibility violation."""

import os
import shutil

import pytest

from test_functional_book import HTML, book, pages  # noqa: F401  (the fixture builds the book)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

VIEWS = {"desktop, light": (1280, 900, "light"), "phone, dark": (390, 844, "dark")}


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium through Playwright; compulsory where HEALTHSYS_REQUIRE_BROWSER=1."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        if os.environ.get("HEALTHSYS_REQUIRE_BROWSER") == "1":
            pytest.fail("HEALTHSYS_REQUIRE_BROWSER=1, but there is no Chromium: apt-get install chromium")
        pytest.skip("no Chromium on this machine; install one to open the pages in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=VIEWS)
def view(request, browser):
    """A page of one size and colour scheme, with what it asked for and complained about."""
    width, height, scheme = VIEWS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.seen = {"requests": [], "errors": []}
    page.on("request", lambda sent: page.seen["requests"].append(sent.url))
    page.on("pageerror", lambda error: page.seen["errors"].append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.seen["errors"].append(said.text))
    yield page
    context.close()


@pytest.mark.parametrize("name", pages())
def test_page_in_a_browser(view, name):
    from axe_playwright_python.sync_playwright import Axe

    view.seen["requests"].clear()
    view.seen["errors"].clear()
    view.goto(f"file://{HTML / name}.html", wait_until="load")
    outside = [url for url in view.seen["requests"] if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert view.seen["errors"] == []
    overflow = view.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"{name} is {overflow} px wider than the window"
    found = Axe().run(view, options={"runOnly": {"type": "tag", "values": TAGS}, "preload": False}).response["violations"]
    said = [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:3]]
    assert not said, "\n".join(said)


def test_a_figure_is_drawn_for_the_width_it_is_seen_at(view):
    name = next(name for name in pages() if name.startswith("analyses/"))
    view.goto(f"file://{HTML / name}.html")
    drawing = view.locator("figure.hs-figure svg:visible").first
    drawing.scroll_into_view_if_needed()
    size = view.evaluate("(e) => e.getBoundingClientRect().width / e.viewBox.baseVal.width", drawing.element_handle())
    assert 0.9 <= size <= 1.05, "lettering keeps its size"
