"""Every page opened in a real browser: nothing fetched from elsewhere, nothing lost, no accessibility violation.

What is found goes to ``book/_build/verification/pages.csv`` (a row a page) and ``axe-incomplete.csv`` (what axe could
not decide). What it could not decide has been looked at: the reasons are in ``tests/axe_reviewed.csv``, and anything
that is not there fails.
"""

import collections
import csv
import json
import os
import time
from pathlib import Path

import pytest

import miniature
from test_functional_book import HTML, PROJECT, book, pages  # noqa: F401  (the fixture builds the book)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

#: In this order: one change of size a page, and after it the time the theme takes to look what scrolls now.
EVERY_VIEW = {"1280 light": (1280, 900), "1280 dark": (1280, 900), "390 dark": (390, 844), "390 light": (390, 844)}

#: A theme changes colours and nothing else, so that two views see each layout and each set of colours once.
#: ``HEALTHSYS_EVERY_VIEW=1`` looks at all four, which takes twice the time.
VIEWS = {
    label: size
    for label, size in EVERY_VIEW.items()
    if os.environ.get("HEALTHSYS_EVERY_VIEW") == "1" or label in ("1280 light", "390 dark")
}

#: Pages that are no chapter of the book but are seen as well.
ALSO = ["search", "404", "genindex"]

REPORT = PROJECT / "book/_build/verification"


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium through Playwright; compulsory where HEALTHSYS_REQUIRE_BROWSER=1."""
    found = miniature.chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A folder of what was found, page by page, that all workers share; the last of them writes the whole report."""
    folder = miniature.once(tmp_path_factory, "seen", lambda folder: folder.mkdir())
    yield folder
    every = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    times, example = collections.Counter(), {}
    for page in every:
        for rule, message, where in page["undecided"]:
            times[rule, message] += 1
            example.setdefault((rule, message), where)
    REPORT.mkdir(parents=True, exist_ok=True)
    write_csv(REPORT / "pages.csv", [page["row"] for page in every])
    undecided = [
        {"rule": rule, "message": message, "times": number, "example": example[rule, message]}
        for (rule, message), number in times.most_common()
    ]
    write_csv(REPORT / "axe-incomplete.csv", undecided)


@pytest.fixture(scope="module")
def reviewed():
    """Why each thing that axe could not decide is right, by rule and message."""
    with (PROJECT / "tests/axe_reviewed.csv").open(encoding="utf-8") as file:
        return {(row["rule"], row["message"]): row["why"] for row in csv.DictReader(file)}


def write_csv(path, rows):
    if rows:
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture(scope="module")
def view(browser):
    """One page for all, with what it asked for and complained about; without motion, so that colours stand still."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda sent: page.asked.append(sent.url))
    page.on("requestfailed", lambda sent: page.errors.append(f"failed: {sent.url}"))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))
    yield page
    context.close()


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, from the package that carries it."""
    import axe_playwright_python

    (script,) = Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")
    return script.read_text(encoding="utf-8")


def overflow(view):
    return view.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")


#: Contrast depends on colours, size and weight, and on what lies behind. Of words that are equal in all of them, and
#: that hold no other element, axe looks at three: a page of code has thousands. Drawings are looked at whole.
ALIKE = r"""() => {
  const paper = new Map([[null, ""]]), times = new Map();
  const behind = (e) => {
    if (!paper.has(e)) {
      const s = getComputedStyle(e), under = behind(e.parentElement);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter].join(" ");
      paper.set(e, own === "rgba(0, 0, 0, 0) none 1 none" ? under : under + "|" + own);
    }
    return paper.get(e);
  };
  for (const e of document.body.querySelectorAll("*")) {
    e.removeAttribute("data-alike");
    if (e.firstElementChild || e.closest("svg") || !e.textContent.trim()) continue;
    const s = getComputedStyle(e), text = e.textContent.trim(), shown = e.getClientRects().length > 0;
    const kind = [shown, text.length === 1, /[\p{L}\p{N}]/u.test(text), s.position];
    const key = [behind(e), s.color, s.fontSize, s.fontWeight, s.textShadow, ...kind].join(";");
    times.set(key, (times.get(key) ?? 0) + 1);
    if (times.get(key) > 3) e.setAttribute("data-alike", "");
  }
}"""

ONCE = "axe.configure({rules: [{id: 'color-contrast', selector: ':not([data-alike])'}]})"


def examined(view):
    view.evaluate(ALIKE)
    view.evaluate(ONCE)
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "preload": False,
        "resultTypes": ["violations", "incomplete"],
    }
    return view.evaluate("(options) => axe.run(document, options)", options)


@pytest.mark.parametrize("name", [*pages(), *ALSO])
def test_page_in_a_browser(view, axe, seen, reviewed, name):
    view.asked.clear()
    view.errors.clear()
    view.set_viewport_size({"width": 1280, "height": 900})
    started = time.perf_counter()
    view.goto(f"file://{HTML / name}.html", wait_until="load")
    view.evaluate(axe)
    row, faults, undecided, width = {"page": name, "seconds": 0.0}, [], [], 1280
    for label, (wide, high) in VIEWS.items():
        if wide != width:
            width = wide
            view.set_viewport_size({"width": wide, "height": high})
            view.wait_for_timeout(400)
        view.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", label.split()[1])
        found = examined(view)
        row[label] = len(found["violations"])
        row[f"undecided {label}"] = sum(len(rule["nodes"]) for rule in found["incomplete"])
        row[f"overflow {wide}"] = max(0, overflow(view))
        faults += [
            f"{label}: {rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"][:3]
        ]
        for rule in found["incomplete"]:
            for node in rule["nodes"]:
                undecided.append((rule["id"], reason(node), f"{name}, {label}: {node['html'][:200]}"))
    view.set_viewport_size({"width": 320, "height": 640})
    row["overflow 320"] = max(0, overflow(view))
    outside = [url for url in view.asked if not url.startswith(("file:", "data:", "blob:"))]
    row |= {
        "requests elsewhere": len(outside),
        "errors": len(view.errors),
        "seconds": round(time.perf_counter() - started, 1),
    }
    whole = json.dumps({"row": row, "undecided": undecided})
    (seen / f"{name.replace('/', '--')}.json").write_text(whole, encoding="utf-8")
    assert outside == []
    assert view.errors == []
    assert not faults, "\n".join(faults)
    new = [f"{rule} ({message}): {where}" for rule, message, where in undecided if (rule, message) not in reviewed]
    assert not new, "look at these, then say in tests/axe_reviewed.csv why they are right:\n" + "\n".join(new)
    for wide in (1280, 390, 320):
        assert not row[f"overflow {wide}"], f"{name} is {row[f'overflow {wide}']} px wider than a window of {wide}"


def reason(node):
    """Return why axe could not decide: the key of its message where there is one."""
    for check in [*node["any"], *node["all"], *node["none"]]:
        data = check.get("data")
        return (data.get("messageKey") if isinstance(data, dict) else None) or check["message"]
    return ""


def test_what_axe_could_not_decide_has_a_reason(reviewed):
    assert all(len(why) > 20 for why in reviewed.values())


def test_one_faint_word_among_thousands_alike_is_found(view, axe):
    view.goto(f"file://{HTML}/reference/api-compendium.html")
    view.evaluate(axe)
    words = "[...document.querySelectorAll('article .highlight span')].filter(e => /\\w/.test(e.textContent))"
    view.evaluate(f"{words}.filter(e => !e.children.length).at(-1).style.color = '#c4c4c4'")
    (rule,) = [rule for rule in examined(view)["violations"] if rule["id"] == "color-contrast"]
    assert len(rule["nodes"]) == 1
    assert view.evaluate("document.querySelectorAll('[data-alike]').length") > 1000


@pytest.mark.parametrize("width", [1280, 390])
def test_a_figure_is_drawn_for_the_width_it_is_seen_at(view, width):
    name = "analyses/climate-baseline"
    view.set_viewport_size({"width": width, "height": 844})
    view.goto(f"file://{HTML / name}.html")
    drawing = view.locator("figure.hs-figure svg:visible").first
    drawing.scroll_into_view_if_needed()
    size = view.evaluate("(e) => e.getBoundingClientRect().width / e.viewBox.baseVal.width", drawing.element_handle())
    assert 0.9 <= size <= 1.05, "lettering keeps its size"


#: What a reader can reach with the tabulator: shown, enabled, not taken out of the order.
TABBABLE = """() => [...document.querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex]')].filter(e =>
  e.tabIndex >= 0 && !e.disabled && e.checkVisibility({checkVisibilityCSS: true}) && e.getClientRects().length)"""


@pytest.mark.parametrize("name", ["index", "analyses/climate-baseline", "evidence/claims-table", "search"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_keyboard_reaches_and_leaves_everything(view, name, width):
    view.set_viewport_size({"width": width, "height": 844})
    view.goto(f"file://{HTML / name}.html")
    view.wait_for_timeout(400)
    view.evaluate("document.activeElement.blur(); window.reached = new Set()")
    wanted = view.evaluate(f"(window.wanted = ({TABBABLE})()).length")
    assert wanted > 3
    step = (
        "(e => { const again = window.reached.has(e); window.reached.add(e); "
        "return again || e === document.body })(document.activeElement)"
    )
    for _ in range(wanted + 20):
        view.keyboard.press("Tab")
        if view.evaluate(step):
            break
    missed = view.evaluate("window.wanted.filter(e => !window.reached.has(e)).map(e => e.outerHTML.slice(0, 120))")
    assert missed == []
    unseen = view.evaluate(
        "[...window.reached].filter(e => e !== document.body && (e.focus({focusVisible: true}), "
        "getComputedStyle(e).outlineStyle === 'none' && getComputedStyle(e).boxShadow === 'none'))"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert unseen == [], "focus is visible wherever it is"


def test_a_definition_opens_on_focus_and_on_hover_and_goes_with_escape(view):
    view.set_viewport_size({"width": 1280, "height": 844})
    view.goto(f"file://{HTML / 'analyses/climate-baseline.html'}")
    tip = view.locator("#hs-tip")
    for selector in ("a.hs-term", "a.hs-ref:not(.hs-sentence)"):
        view.mouse.move(2, 2)
        link = view.locator(f".bd-article p > {selector}").first
        link.scroll_into_view_if_needed()
        meaning = link.get_attribute("title")
        link.focus()
        assert tip.is_visible()
        assert tip.inner_text() == meaning
        assert link.get_attribute("aria-describedby") == "hs-tip"
        view.keyboard.press("Escape")
        assert tip.is_hidden()
        view.evaluate("document.activeElement.blur()")
        link.hover()
        assert tip.is_visible()
        tip.hover()  # it stays while the pointer is on it
        view.wait_for_timeout(300)
        assert tip.is_visible()
        view.keyboard.press("Escape")
        assert tip.is_hidden()


def test_the_menu_opens_the_part_of_the_page_and_shows_where_it_is(view):
    view.set_viewport_size({"width": 1280, "height": 700})
    view.goto(f"file://{HTML / 'reference/corrections.html'}")
    view.wait_for_timeout(200)
    opened = view.locator(".bd-sidebar-primary details.hs-part[open]")
    assert opened.count() == 1
    assert opened.locator("summary").first.inner_text() == "Reference"
    where = view.evaluate("document.querySelector('.bd-sidebar-primary a.current').getBoundingClientRect().top")
    assert 0 < where < 700


def test_a_table_says_that_it_scrolls_only_where_it_does(view):
    """The hint is computed here again from the widths of each table that is shown."""
    shown = """[...document.querySelectorAll('.hs-table')].filter(e => e.checkVisibility()).map(e => [
      e.scrollWidth > e.clientWidth + 1, e.previousElementSibling.matches('.hs-scrolls') &&
      e.previousElementSibling.checkVisibility()])"""
    scrolls = {}
    for width in (390, 1280):
        view.set_viewport_size({"width": width, "height": 844})
        view.goto(f"file://{HTML / 'reference/data-dictionary.html'}")
        view.wait_for_timeout(200)
        found = view.evaluate(shown)
        assert all(wide == said for wide, said in found)
        scrolls[width] = sum(wide for wide, _ in found)
    assert scrolls[390] > scrolls[1280]


@pytest.mark.parametrize(("name", "place"), [("evidence/claims-table", 4), ("evidence/bolden2021", 4)])
def test_the_verdict_of_a_claim_is_seen_on_a_phone(view, name, place):
    view.set_viewport_size({"width": 390, "height": 844})
    view.goto(f"file://{HTML / name}.html")
    cell = view.locator(f":is(.hs-claims, .hs-claim-rows) tbody tr > :nth-child({place})").first
    box = cell.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert overflow(view) <= 0


def test_a_year_in_a_table_stays_on_one_line(view):
    view.set_viewport_size({"width": 390, "height": 844})
    view.goto(f"file://{HTML / 'analyses/nhs-gender-pay-gap.html'}")
    lines = view.evaluate("[...document.querySelectorAll('.hs-table .hs-year')].map(e => e.getClientRects().length)")
    assert len(lines) > 6
    assert set(lines) == {1}


def test_nothing_moves_where_motion_is_reduced(view):
    view.goto(f"file://{HTML}/index.html")
    moving = view.evaluate(
        "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e); return "
        "(s.animationName !== 'none' && parseFloat(s.animationDuration) > 0) "
        "|| parseFloat(s.transitionDuration) > 0.01 })"
        ".map(e => e.outerHTML.slice(0, 100))"
    )
    assert moving == []


def test_a_citation_is_copied_with_the_keyboard(browser):
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"file://{HTML}/findings.html")
    page.locator("#cite summary").focus()
    page.keyboard.press("Enter")
    entry = page.locator("#cite pre").nth(1).inner_text()
    page.locator("#cite button.copybtn").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert copied.strip() == entry.strip()
    assert copied.startswith("@misc{everyday-resilience-findings,")
