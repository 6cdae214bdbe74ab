"""Find numbers that were typed into a page's prose instead of being shown by reference.

The rule, applied to the built HTML: in the running text of a page (paragraphs, lists, headings, written tables,
captions), every number stands inside a reference (a link of class ``hs-ref``), is computed (output of a cell, the
tables of results and provenance), is code or a formula, or is one of these, which are no results:

- a year, a range of years, a date, a quarter;
- the number of a section, table, figure, box, chapter, step, indicator, metric, regulation, band and the like;
- part of a name: COVID-19, EDS2, KH03, ICC(1), Python 3.11, CC BY 4.0, WCAG 2.2;
- a citation or the text of a link to another site.

A number word counts as typed where a unit follows it ("forty per cent", "three-fold").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import html as parser

#: Stands for whatever is not running text.
_GAP = "\N{OBJECT REPLACEMENT CHARACTER}"

_BLOCKS = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dt", "dd", "caption", "figcaption", "summary")

_SKIPPED_TAGS = {"code", "pre", "math", "script", "style", "svg", "button", "nav"}

_SKIPPED_CLASSES = {
    "hs-ref", "hs-computed", "hs-parameters", "hs-results", "hs-provenance", "hs-hash", "cell_input", "cell_output",
    "headerlink", "external", "citation", "footnote-reference", "bibliography", "hs-code",
}  # fmt: skip

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_YEAR = r"(?:19|20)\d\d"
_LABELS = (
    "tables?|figures?|box|boxes|sections?|parts?|chapters?|steps?|indicators?|metrics?|questions?|modules?|pages?|items?"
    "|regulations?|reg\\.|schedules?|paragraphs?|paras?\\.?|SI|bands?|waves?|types?|stages?|volume|vol\\.|no\\."
    "|quarters?|weeks? of|Q|clause|row|column|cell|note|appendix|domain|WRES|WDES|priority|rule"
)
_NUMERAL = r"\d+[a-z]?(?:[.,/]\d+)*"

#: What is not a result, in the order in which it is taken out.
NOT_RESULTS = [
    re.compile(pattern, flags)
    for pattern, flags in (
        (rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\b(?: {_YEAR})?", 0),
        (rf"\b(?:{_MONTHS}) \d{{1,2}}\b(?!\d)(?:, {_YEAR})?", 0),
        (rf"\b(?:{_LABELS})\s+{_NUMERAL}(?:(?:\s?[-–,]\s?|,? and |,? or | to ){_NUMERAL})*", re.I),
        (rf"\b{_YEAR}(?:\s?[-–/]\s?(?:{_YEAR}|\d\d))?s?(?:[- ]Q[1-4]|-\d\d(?:-\d\d)?)?\b", 0),
        (r"\b(?:Python|WCAG|CC BY(?:-[A-Z]+)*|OGL|Open Government Licence|R|version|v)\s?v?\d+(?:\.\d+)*\b", 0),
        (r"\b[A-Z][A-Za-z]*\(\d+(?:,\s?[\dk]+)?\)", 0),
        (r"\b[A-Za-z][A-Za-z&]*[-–]?\d+[A-Za-z]*\b", 0),
        (r"\b10\.\d{4,}/\S+", 0),
    )
]

_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy"
    "|eighty|ninety|hundred|half|third|quarter"
)
_UNITS = "per cent|percent|percentage|points?|times as|times more|times less|fold"
_TYPED = re.compile(rf"[-−+£]?\d[\d,.]*\s?%?|\b(?:{_WORDS})(?:[- ](?:{_WORDS}))?[- ](?:{_UNITS})\b", re.I)


@dataclass(frozen=True)
class Typed:
    """A number typed into prose."""

    page: str
    number: str
    context: str

    def __str__(self) -> str:
        return f"{self.page}: '{self.number}' is typed into prose: …{self.context}…"


def typed_numbers(page: Path | str, *, name: str = "") -> list[Typed]:
    """Return every number typed into the prose of a built page.

    Parameters
    ----------
    page
        The path of an HTML file, or HTML text.
    name
        What to call the page; its file name by default.
    """
    text = page.read_text(encoding="utf-8") if isinstance(page, Path) else page
    name = name or (page.name if isinstance(page, Path) else "page")
    tree = parser.fromstring(text)
    articles = tree.xpath("//article[contains(@class,'bd-article')]") or [tree]
    found = []
    for article in articles:
        for block in article.iter(*_BLOCKS):
            if not any(_skipped(element) for element in [block, *block.iterancestors()]):
                found += _in_text(re.sub(r"\s+", " ", _running_text(block)), name)
    return found


def _skipped(element: parser.HtmlElement) -> bool:
    return element.tag in _SKIPPED_TAGS or bool(_SKIPPED_CLASSES & set((element.get("class") or "").split()))


def _running_text(element: parser.HtmlElement) -> str:
    """Return the text of a block without what is skipped, and without blocks inside it, which are read themselves."""
    parts = [element.text or ""]
    for child in element:
        if (
            not isinstance(child.tag, str)
            or _skipped(child)
            or child.tag in _BLOCKS
            or child.tag in ("ul", "ol", "table")
        ):
            parts.append(_GAP)
        else:
            parts.append(_running_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _in_text(text: str, name: str) -> list[Typed]:
    rest = text
    for pattern in NOT_RESULTS:
        rest = pattern.sub(lambda match: _GAP * len(match[0]), rest)
    return [
        Typed(name, match[0].strip(), text[max(0, match.start() - 40) : match.end() + 40].replace(_GAP, "…").strip())
        for match in _TYPED.finditer(rest)
    ]
