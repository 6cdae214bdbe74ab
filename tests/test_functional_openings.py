"""Openings, next steps and the landing page: a question, an answer, how sure, and where to go on, on every page."""

import json
import re

import pytest
from lxml import html as parser

from compendium import chapters, paths
from compendium.errors import RunError
from compendium.runs import load_runs
from everyday import landing
from everyday.ledger import book as ledger
from everyday.ledger import claims
from test_functional_book import HTML, book  # noqa: F401  (the fixture builds the book)

#: What says how sure an answer is: an interval, a test, or why there is none.
SURE = re.compile(r"interval|\d% CI |chance|p = |how sure|shuffle|control chart|cannot be said|cannot tell|agree", re.I)


def opening(name):
    tree = parser.parse(str(HTML / f"analyses/{name}.html")).getroot()
    (article,) = tree.xpath("//article[contains(@class, 'bd-article')]")
    paragraphs = []
    for element in article.xpath("(.//section)[1]/*")[1:]:
        if element.tag != "p":
            break
        paragraphs.append(element)
    return article.xpath("string(.//h1)").rstrip("#"), paragraphs


@pytest.mark.parametrize("name", load_runs())
def test_a_page_opens_with_question_answer_and_how_sure(name):
    title, paragraphs = opening(name)
    asked = [element for element in paragraphs if element.get("class") == "hs-question"]
    assert title.strip().endswith("?") or asked, "no question"
    assert all(element.text_content().endswith("?") for element in asked)
    record = json.loads((paths.build() / f"results/{name}.json").read_text())["results"]
    said = " ".join(element.text_content() for element in paragraphs).replace("\N{NO-BREAK SPACE}", " ")
    if "finding" in record:
        assert record["finding"]["text"][:40].replace("'", "’") in said.replace("'", "’"), (
            "the finding is not in the opening"
        )
    assert SURE.search(said), f"nothing says how sure: {said}"


@pytest.mark.parametrize("name", load_runs())
def test_a_page_leads_on(name):
    tree = parser.parse(str(HTML / f"analyses/{name}.html")).getroot()
    (section,) = tree.xpath("//section[h2[starts-with(., 'Next steps')]]")
    steps = {item.xpath("string(.//strong)"): item.xpath(".//a/@href") for item in section.xpath("./ul/li")}
    assert "Run it." in steps
    assert all(steps.values())
    chapter = chapters.load()[name]
    explorers = {f"{one}.html" for one in chapter.explore}
    assert explorers <= {*steps.get("Explore.", []), *steps.get("Next page", []), *steps.get("Next page.", [])}
    assert not {*steps.get("Explore.", [])} & {*steps.get("Next page.", [])}
    assert len(steps.get("Check the source.", [])) == len(chapter.evidence)


def test_every_run_has_its_entry():
    assert set(chapters.load()) == set(load_runs())


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("waits-onse: {}", r"'waits-onse': there is no run 'waits-onse' in notebooks/runs.yml.*waits-once"),
        ("waits-once: {asks: Why}", r"unknown key 'asks'.*Allowed: question, sure, kind, find, explore, evidence"),
        ("waits-once: {", r"book/_chapters.yml is not readable YAML"),
        ("waits-once: {explore: [nowhere]}", r"there is no run 'nowhere'"),
    ],
)
def test_a_wrong_entry_is_named(mini, entry, said):
    (mini / "book/_chapters.yml").write_text(entry)
    with pytest.raises(RunError, match=said):
        chapters.load()


def test_the_landing_page_shows_three_findings_and_the_claims_by_kind_of_check():
    tree = parser.parse(str(HTML / "index.html")).getroot()
    cards = tree.xpath("//section[starts-with(@class, 'hs-card')]")
    assert [card.xpath("string(.//h3/a/@href)") for card in cards] == [
        f"analyses/{one.run}.html" for one in landing.CARDS
    ]
    for card, one in zip(cards, landing.CARDS, strict=True):
        record = json.loads((paths.build() / f"results/{one.run}.json").read_text())
        drawings = card.xpath(".//*[name()='svg']")
        assert {drawing.get("aria-label") for drawing in drawings} == {record["figures"][one.figure]["alt"]}
        assert chapters.typeset(record["results"]["finding"]["text"]) in card.text_content()
    shown = {
        entry.xpath("string(dt)"): entry.xpath("string(dd)")
        for entry in tree.xpath("//dl[contains(@class,'hs-verdicts')]/div")
    }
    counted = claims.counts_by_kind(ledger.evaluated_ledger()).set_index("check_kind")
    lists = counted.loc["list as announced"]
    assert shown["list as announced"] == f"{lists['holds']} of {lists['holds'] + lists['does not hold']}"
    assert set(claims.KINDS) <= set(shown)
