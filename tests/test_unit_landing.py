"""The landing page's pieces and the endings of pages: what is drawn and linked is what the records and the toc hold."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from compendium import chapters, datasets, paths
from compendium.runs import load_runs
from everyday import landing


def test_the_landing_page_counts_the_kinds_of_check_apart():
    shown = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", landing.verdicts()))
    committed = datasets.load("claims")
    for kind, part in committed.groupby("check_kind"):
        holds = part["verdict"].isin(["reproduced", "consistent", "rounding"]).sum()
        fails = part["verdict"].isin(["inconsistent", "wordings disagree"]).sum()
        assert shown[kind] == (f"{holds} of {holds + fails}" if holds + fails else str(len(part)))
    assert "3 years apart" in landing.verdicts(), "the strongest results stand before the counts"


def test_a_project_without_the_runs_has_no_pieces(mini):
    assert landing.fragments() == {}


def test_the_cards_show_official_data_and_a_figure_that_the_record_has():
    runs = load_runs()
    for card in landing.CARDS:
        assert datasets.describe(runs[card.run].data[0])["kind"] == "official", card
        record = json.loads((paths.results() / f"{card.run}.json").read_text())
        assert card.figure in record["figures"]
        assert record["results"]["finding"]["text"]


def part_of(name):
    toc = yaml.safe_load((paths.book() / "_toc.yml").read_text())
    for part in toc["parts"]:
        entries = [one for entry in part["chapters"] for one in (entry, *entry.get("sections", ()))]
        listed = [entry["file"].removeprefix("analyses/") for entry in entries]
        if name in listed:
            return [one for one in listed if one in load_runs()]
    return []


@pytest.mark.parametrize("name", ["climate-printed", "interval-coverage", "bed-slack", "methods-checked"])
def test_next_steps_follow_the_order_of_the_book(name):
    runs, known = load_runs(), chapters.load()
    said = chapters.next_steps(runs[name], known[name])
    same = part_of(name)
    if len(same) > 1:
        following = same[(same.index(name) + 1) % len(same)]
        assert f"- **Next page.** [{runs[following].title}]({following}.ipynb)" in said
    else:
        assert "Next page" not in said
    for key in known[name].evidence:
        assert f"[](../evidence/{key}.md)" in said
    assert said.startswith("## Next steps\n\n- **")
    assert "[Run this page again](../re-execute.md), or [use your own data](../own-data.md)" in said


def test_next_steps_name_the_room_that_a_notebook_calls():
    runs = load_runs()
    assert "healthsys.queueing`](../reference/api.md)" in chapters.next_steps(runs["bed-slack"], chapters.Chapter())
    assert "../reference/api-did.md" in chapters.next_steps(runs["staggered-starts"], chapters.Chapter())
    assert "../reference/api-climate.md" in chapters.next_steps(runs["climate-printed"], chapters.Chapter())


def test_no_explorer_is_offered_twice():
    runs = load_runs()
    step = chapters.next_steps(runs["explore-control-chart"], chapters.load()["explore-control-chart"])
    assert step.count("explore-bed-slack.ipynb") == 1


def test_a_book_without_entries_has_none(mini):
    assert chapters.load() == {}
