"""What holds of every built page: no text is struck through, and a policy says what a browser may run and load.

The class ``hs-claim`` was for a block and for words in a line, so that the line above the block of a claim crossed out
the words that refer to one. What a policy refuses while a page is open is an error in its console, which
``test_functional_browser.py`` reads on every page.
"""

import re
from collections import defaultdict

import pytest

import miniature
from compendium import policy
from test_functional_book import HTML, PROJECT, book, pages, trees  # noqa: F401  (the fixture builds the book)

#: Elements that stand in a line of text.
INLINE = {"a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "u"}

#: What has a line across it, or stands in a line with a border above it alone, which crosses out text; a deliberate
#: strike is <s> or <del>.
STRUCK = """[...document.querySelectorAll("article *")].filter((element) => {
  const style = getComputedStyle(element);
  const struck = style.textDecorationLine.includes("line-through") && !element.closest("s, del");
  const [above, below] = [style.borderTopWidth, style.borderBottomWidth].map(parseFloat);
  const bordered = style.display === "inline" && above && !below;
  return element.textContent.trim() && (struck || bordered);
}).map((element) => element.outerHTML.slice(0, 160))"""


def styled():
    """Every class that a rule of the book's style sheets speaks of."""
    found = set()
    for path in (PROJECT / "book/_static").glob("*.css"):
        rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}|url\([^)]*\)", " ", path.read_text(encoding="utf-8"), flags=re.S)
        found |= set(re.findall(r"\.(hs-[a-z0-9-]+)", rules))
    return found


def test_no_style_is_for_a_block_and_for_a_word_in_a_line():
    uses = defaultdict(lambda: defaultdict(set))
    for name, tree in trees():
        for element in tree.iter():
            if isinstance(element.tag, str):
                for one in (element.get("class") or "").split():
                    if one.startswith("hs-"):
                        uses[one][element.tag in INLINE].add(name)
    shared = {one: sorted(where[True])[:3] for one, where in uses.items() if len(where) == 2 and one in styled()}
    assert shared == {}
    assert "hs-claim-block" in uses, "the test reads the pages"
    assert "hs-claim-block" in styled(), "the test reads the style sheets"


@pytest.fixture(scope="module")
def view():
    """One page for all."""
    found = miniature.chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield opened.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        opened.close()


def most_claims():
    """The pages that refer to most claims: no other class is in as many lines."""
    counts = {name: (HTML / f"{name}.html").read_text(encoding="utf-8").count("hs-ref-claim") for name in pages()}
    return sorted(counts, key=counts.get)[-4:]


def test_nothing_is_struck_through_in_a_browser(view):
    for name in [*most_claims(), "evidence/bolden2021", "reference/glossary"]:
        view.goto(f"file://{HTML / name}.html")
        view.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert view.evaluate(STRUCK) == [], name


def test_a_struck_line_would_be_seen(view):
    name = most_claims()[-1]
    view.goto(f"file://{HTML / name}.html")
    view.evaluate("document.querySelectorAll('.hs-ref-claim').forEach((one) => { one.style.borderTop = '1px solid' })")
    assert len(view.evaluate(STRUCK)) >= 3


def test_every_page_carries_a_policy_that_names_what_it_runs_and_nothing_else():
    for path in sorted(HTML.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        (said,) = re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        assert text.index(said) < min(text.index(f"<{tag}") for tag in ("script", "link", "style")), path
        assert said == policy.of_page(text), path
        scripts = re.search("script-src ([^;]*)", said)[1].split()
        assert {one for one in scripts if not one.startswith("'sha256-")} == {"'self'", "file:"}, path
        assert not re.search(r"https?:|unsafe-eval|\*", said), path
        assert not re.search(r"<[a-z][^<>]*\son[a-z]+=", re.sub(r"(?s)<(script|style|pre).*?</\1>", "", text)), path


def test_a_page_works_under_its_policy(view):
    """An explorer computes and draws, the search finds, and nothing is refused, from a disk."""
    refused = """window.__refused = []; document.addEventListener("securitypolicyviolation", (event) =>
      window.__refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));"""
    view.add_init_script(refused)
    view.goto(f"file://{HTML / 'analyses/explore-bed-slack'}.html")
    view.wait_for_selector(".hs-explorer[data-ready=yes]")
    view.wait_for_selector(".hs-live svg path")
    assert view.evaluate("window.__refused") == []
    view.goto(f"file://{HTML / '404'}.html")
    view.fill("form.hs-search-form input", "climate")
    view.press("form.hs-search-form input", "Enter")
    view.wait_for_selector("#search-results li a")
    assert view.evaluate("window.__refused") == []


def test_every_icon_of_the_frame_has_a_drawing():
    """Without one it is a filled square, as the arrow of nested pages once was."""
    styles = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "book/_static").glob("*.css"))
    used = {
        one
        for _, tree in trees()
        for place in tree.xpath("//*[contains(@class, 'fa-solid')]/@class")
        for one in place.split() if one not in ("fa-solid", "fa-lg") and one.startswith("fa-")
    }  # fmt: skip
    assert "fa-chevron-down" in used
    assert {one for one in used if f".{one} {{ --hs-icon:" not in styles} == set()
