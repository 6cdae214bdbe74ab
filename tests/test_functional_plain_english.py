"""The words of the built pages: no word that a reader would stumble over, and leads of two short sentences."""

import json
import re

import pytest
from lxml import html as parser

from compendium import paths
from test_functional_book import HTML, book  # noqa: F401  (the fixture builds the book)

#: Pages that are listings made from code or data, and the log of changes.
LISTINGS = re.compile(r"^(_static/|reference/(api|data-dictionary|changelog|bibliography)|genindex|py-mod|_modules/)")

#: What is no sentence of ours: code and outputs, formulas, the theme's own parts, and works that we cite.
NOT_OURS = {"code", "pre", "kbd", "samp", "script", "style", "noscript", "math", "svg:metadata"}
NOT_OURS_CLASSES = {
    "highlight",
    "math",
    "citation",
    "hs-ref-claim",  # what a source reports
    "hs-hash",
    "hs-provenance",  # names of files
    "headerlink",
}

#: Elements that hold a text of their own; the words of others count with the one around them.
BLOCKS = {
    *("p", "li", "dt", "dd", "td", "th", "caption", "figcaption", "summary", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("label", "button", "option", "text", "title", "desc", "blockquote", "div"),
}

#: Attributes that a reader hears or sees.
SAID = ("alt", "aria-label", "title", "placeholder")

#: Words to avoid, what to write, and exceptions as part of the pattern.
WORDS = {
    r"nought": "zero",
    r"stands?(?!-| ?alone)|stood|standing(?! (?:committee|order|item|meeting|financial|instruction))": "is, remains",
    r"beside": "next to, compared with",
    r"prints(?! (?:on|in) )|printed(?! (?:page|copy|sheet|handout|book|version|out|on paper))": "reports, reported",
    r"lies?": "is",
    r"(?:intervals?|bands?|ranges?) (?:that )?(?:leaves?|leaving) out": "excludes",
    r"other choices|another choice": "alternatives, sensitivity analysis",
    r"(?:hold|holds|held|holding) (?:no|the truth|true|its|what|neither|too|here)": "contains, is true",
    r"leav(?:e|es|ing) its course|left its course|earlier course": "earlier trend",
    r"clear of no (?:change|difference|gap|effect)": "excludes zero",
    r"no change too|no gap too|no difference too": "chance alone could explain it",
    r"nothing for (?:none|all|the first|the last)|for none": "leave empty if there is none",
    r"three of neighbouring|true without|what but costs": "a plain phrase",
    r"per cent|percent age": "percent",
    r"rests? on|resting on": "is based on",
    r"mend(?! the gap)|mends|mended": "fix",
    r"by (?:its|their) whole kind": "every instance",
    r"in words": "explained",
    r"has its number": "gives a number",
    r"is told by|tells? of": "reports, shows",
    r"this page was run with": "Settings used on this page",
    r"link to it": "Copy link",
}
PATTERNS = {re.compile(rf"(?<![\w-])(?:{word})(?![\w-])", re.I): instead for word, instead in WORDS.items()}
PATTERNS[re.compile(r"\d[\s\u00a0\u202f]+%")] = "5% without a space"

#: A lead: sentences, words of one, numbers of one (an interval and its estimate are three).
SENTENCES, MOST_WORDS, MOST_NUMBERS = 2, 30, 3

#: What is no number of a lead: levels, years, dates, quarters, how long after a change, names.
NO_NUMBER = re.compile(
    r"\d+(?:\.\d+)?%(?= (?:CI|confidence|interval|prediction))|\b(?:1[89]|20)\d\d(?:[-/]\d\d)?\b|\bQ[1-4]\b|COVID-19"
    r"|\bafter \d+ (?:months|years)|\b\d+ (?:months|years) after|\b[Tt]ype \d\b|\b[Bb]and \d\w?\b"
    r"|\b\d{1,2} (?=(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)"
)


def names():
    if not HTML.is_dir():
        return []
    found = (path.relative_to(HTML).as_posix() for path in sorted(HTML.rglob("*.html")))
    return [name for name in found if not LISTINGS.search(name)]


def is_ours(element):
    if not isinstance(element.tag, str) or element.tag in NOT_OURS:
        return False
    return not NOT_OURS_CLASSES & set((element.get("class") or "").split())


def is_quoted(element):
    """Whether it is what a source reports (in a claim), or what a page said before (on the page of corrections)."""
    label = element.getprevious() if element.tag == "dd" else None
    while label is not None and label.tag == "dd":
        label = label.getprevious()
    return label is not None and (label.text_content() or "").strip() in ("Printed", "Reported", "Wordings")


def texts(element):
    """Yield each text of ours below an element, inline elements joined, and what is heard or seen of attributes."""
    if not is_ours(element) or is_quoted(element):
        return
    yield from (element.get(name) for name in SAID if element.get(name))
    pieces = [element.text or ""]
    for child in element:
        inline = isinstance(child.tag, str) and child.tag not in BLOCKS
        if inline and is_ours(child) and not child.xpath(" | ".join(f".//{tag}" for tag in BLOCKS)):
            pieces.append(child.text_content() if not child.xpath(".//code | .//math") else own(child))
            yield from (node.get(name) for node in child.iter() for name in SAID if node.get(name))
        elif inline and not is_ours(child):
            pieces.append("…")
        else:
            yield from texts(child)
            pieces.append("\n")
        pieces.append(child.tail or "")
    yield from filter(None, map(str.strip, "".join(pieces).split("\n\n")))


def own(element):
    """Return the text of an inline element without code and formulas."""
    parts = [element.text or ""]
    for child in element:
        parts += [own(child) if is_ours(child) else "…", child.tail or ""]
    return "".join(parts)


def sentences(text):
    plain = " ".join(text.split())
    return [one for one in re.split(r"(?<=[.?!])[”’\"')]*\s+(?=[“\"'(]?[A-Z0-9])", plain) if one]


def complaints(name, root):
    """Return page, word, better word and sentence of each word to avoid."""
    found = []
    articles = root.xpath("//article[contains(@class, 'bd-article')]") or [root]  # titles in the menus are headings too
    for text in (text for article in articles for text in texts(article)):
        for sentence in sentences(text):
            for pattern, instead in PATTERNS.items():
                found += [f"{name}: '{hit[0]}' ({instead}): {sentence[:200]}" for hit in pattern.finditer(sentence)]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("name", names())
def test_a_page_has_no_word_to_avoid(name):
    tree = parser.parse(str(HTML / name)).getroot()
    if name == "reference/corrections.html":  # what a page said before stays as it was
        for said in tree.xpath("//*[contains(@class, 'hs-computed')]"):
            said.drop_tree()
    found = complaints(name, tree)
    assert not found, "\n" + "\n".join(found)


def findings():
    return sorted((paths.build() / "results").glob("*.json"))


def too_much(text):
    """Return what is wrong with a lead: too many sentences, or a sentence with too many words or numbers."""
    said = sentences(text)
    found = [f"{len(said)} sentences, at most {SENTENCES}"] if len(said) > SENTENCES else []
    for sentence in said:
        words = len(sentence.split())
        numbers = re.findall(r"\d[\d,]*(?:\.\d+)?", NO_NUMBER.sub(" ", sentence))
        if words > MOST_WORDS:
            found.append(f"{words} words, at most {MOST_WORDS}: {sentence}")
        if len(numbers) > MOST_NUMBERS:
            found.append(f"{len(numbers)} numbers ({', '.join(numbers)}), at most {MOST_NUMBERS}: {sentence}")
    return found


@pytest.mark.parametrize("path", findings(), ids=lambda path: path.stem)
def test_a_lead_is_two_short_sentences(path):
    found = json.loads(path.read_text(encoding="utf-8"))["results"].get("finding")
    wrong = too_much(found["text"]) if found else []
    assert not wrong, "\n" + "\n".join(f"{path.stem}: {one}" for one in wrong)


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>Nought of 3.</p>", ["Nought"]),
        ("<p>It <b>stands</b> beside 5 %.</p>", ["stands", "beside", "5 %"]),
        ("<p>A stand-alone standard is understood by the standing committee. Run <code>beside</code>.</p>", []),
        ("<p>Print the handout; the printed sheet is A4.</p>", []),
        ("<p><img alt='The limit lies at 3'></p>", ["lies"]),
        ("<dl><dt>Reported</dt><dd>printed in the paper</dd></dl>", []),
        ("<table><tr><td>a quarter per cent</td></tr></table>", ["per cent"]),
    ],
)
def test_the_words_are_found(markup, words):
    found = complaints("page", parser.fromstring(f"<div>{markup}</div>"))
    assert [one.split("'")[1] for one in found] == words


@pytest.mark.parametrize(
    ("lead", "wrong"),
    [
        ("In this synthetic example coverage was 5.7 points higher (95% CI 1.4 to 9.9) in March 2021. So it rose.", 0),
        ("It is 1, 2, 3 and 4.", 1),
        ("One. Two. Three.", 1),
        (" ".join(["word"] * 31) + ".", 1),
    ],
)
def test_the_length_of_a_lead_is_counted(lead, wrong):
    assert len(too_much(lead)) == wrong
