"""The opening of each chapter: four findings from the records with their evidence, and a path to every page."""

from __future__ import annotations

import re

import pytest
import yaml
from lxml import etree
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from compendium import chapters, datasets, generated, paths, project
from compendium.runs import load_runs

FINDING = re.compile(
    r"^\d\. \*\*\[\]\(\.\./analyses/(\S+)\.ipynb\)\*\*\n\n   \{result\}`(\S+)/finding`\n\n   (.+)$", re.M
)
_KINDS = rf"\w+(?= data)|{datasets.COLLECTED}"
EVIDENCE = re.compile(rf'<p class="hs-kind">Evidence: ({_KINDS})(?: data)?\. (.+\.)</p>')
SVG = "{http://www.w3.org/2000/svg}"


def parts():
    toc = yaml.safe_load((paths.book() / "_toc.yml").read_text(encoding="utf-8"))
    for part in toc["parts"]:
        entries = [one["file"] for entry in part["chapters"] for one in (entry, *entry.get("sections", ()))]
        if entries[0].startswith("chapters/"):
            yield entries[0], entries[1:]


def text_of(page):
    return (paths.book() / f"{page}.md").read_text(encoding="utf-8")


def test_the_four_chapters_of_analyses_have_an_opening():
    listed = {page for page, _ in parts()}
    assert listed == {f"chapters/{path.stem}" for path in (paths.book() / "chapters").glob("*.md")}
    assert len(listed) == 4


@pytest.mark.parametrize(("page", "below"), list(parts()))
def test_a_chapter_begins_with_four_findings_of_its_own_pages(page, below):
    found = FINDING.findall(text_of(page))
    assert len(found) == 4
    runs, known = load_runs(), chapters.load()
    for linked, recorded, evidence in found:
        assert linked == recorded
        assert f"analyses/{linked}" in below
        kind, said = EVIDENCE.fullmatch(evidence).groups()
        assert kind == generated.kind_shown(runs[linked], known[linked].kind), linked
        assert not re.search(r"\d", said), "a number in the evidence is typed"


@pytest.mark.parametrize(("page", "below"), list(parts()))
def test_the_path_of_a_chapter_leads_to_each_of_its_pages(page, below):
    _, path = text_of(page).split("## A path through the pages\n")
    assert path.lstrip().startswith("1. **Read first**")
    assert {f"analyses/{name}" for name in re.findall(r"\]\(\.\./analyses/(\S+?)\.ipynb\)", path)} == set(below)


def test_real_data_come_first_where_a_chapter_has_any():
    for page, _ in parts():
        found = [EVIDENCE.fullmatch(evidence)[1] for *_, evidence in FINDING.findall(text_of(page))]
        kinds = [generated.kind_order(kind) for kind in found]
        assert kinds == sorted(kinds), page


def drawings():
    text = (paths.book() / "resilience-fragment.md").read_text(encoding="utf-8")
    return [etree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.S)]


def boxes(drawing):
    """Return the box of each line of text, as wide as Inter Bold sets it."""
    font = FontProperties(fname=str(project.fonts() / "Inter-Bold.ttf"))
    for text in drawing.iter(f"{SVG}text"):
        x, y, size = (float(text.get(name)) for name in ("x", "y", "font-size"))
        width = TextPath((0, 0), text.text, size=size, prop=font).get_extents().width
        yield text.text, (x, y - 0.8 * size, x + width, y + 0.25 * size)


@pytest.mark.parametrize("drawing", drawings(), ids=["wide", "narrow"])
def test_no_text_of_the_framework_meets_another_or_leaves_its_box(drawing):
    found = list(boxes(drawing))
    assert len(found) > 12
    for place, (said, (left, top, right, bottom)) in enumerate(found):
        for other, (left2, top2, right2, bottom2) in found[place + 1 :]:
            assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top, (said, other)
        around = [
            (x, y, x + float(rect.get("width")), y + float(rect.get("height")))
            for rect in drawing.iter(f"{SVG}rect")
            for x, y in [(float(rect.get("x")), float(rect.get("y")))]
        ]
        holding = [box for box in around if box[0] < left < box[2] and box[1] < bottom < box[3]]
        inner = min(holding, key=lambda box: box[2] - box[0])
        assert right < inner[2] - 4, said
        assert bottom < inner[3], said


@pytest.mark.parametrize("drawing", drawings(), ids=["wide", "narrow"])
def test_the_framework_is_named_and_takes_its_colours_from_the_page(drawing):
    title, described = drawing.get("aria-labelledby").split()
    assert drawing.xpath(f"//*[@id='{title}']")[0].text
    assert drawing.xpath(f"//*[@id='{described}']")[0].text
    for element in drawing.iter():
        for name in ("fill", "stroke"):
            assert element.get(name, "none") == "none" or element.get(name).startswith("var(--hs-"), element.attrib


def test_the_framework_is_on_the_landing_page_and_in_its_chapter():
    assert "{include} resilience-fragment.md" in text_of("index")
    assert "{include} ../resilience-fragment.md" in text_of("chapters/narratives")
