"""The landing page's pieces and the endings of pages: what is drawn and linked is what the records and the toc hold."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
import yaml

from compendium import chapters, datasets, paths
from compendium.runs import load_runs
from everyday import landing


def drawn(card):
    record = json.loads(paths.results().joinpath(f"{card.run}.json").read_text())["figures"][card.figure]
    return pd.DataFrame(record["rows"], columns=record["columns"])


def axes_of(card):
    rows = drawn(card)
    figure = card.draw(rows, title=card.title, width=landing.WIDTH)
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == card.title
    return rows, axes


CLIMATE, TREND, PAIRS, EVENTS = landing.CARDS


def test_the_climate_card_draws_both_means_of_each_dimension():
    rows, axes = axes_of(CLIMATE)
    stagnant, innovative = axes.lines[-2:]
    means = sorted(zip(rows["stagnant"], rows["innovative"], strict=True))
    assert sorted(zip(stagnant.get_xdata(), innovative.get_xdata(), strict=True)) == means
    # The dimension whose means lie furthest apart stands on top.
    gaps = [abs(a - b) for a, b in zip(stagnant.get_xdata(), innovative.get_xdata(), strict=True)]
    assert gaps == sorted(gaps)
    widest = rows.loc[(rows["innovative"] - rows["stagnant"]).abs().idxmax(), "dimension"]
    assert axes.get_yticklabels()[-1].get_text().lower() == widest.replace("_", " ")


def test_the_trend_card_draws_what_was_observed_and_the_earlier_trend():
    rows, axes = axes_of(TREND)
    observed, course = axes.lines[:2]
    assert list(observed.get_ydata()) == pytest.approx(rows["value"].tolist(), nan_ok=True)
    known = rows["counterfactual"].dropna()
    assert list(course.get_ydata()) == known.tolist()
    assert len(known) < len(rows), "before the change there is no counterfactual"
    assert {text.get_text() for text in axes.texts} == {"observed", "earlier trend"}


def test_the_card_of_pairs_draws_each_printed_pair():
    rows, axes = axes_of(PAIRS)
    reference, group = axes.lines[-2:]
    assert list(reference.get_xdata()) == rows["reference_percent"].tolist()
    assert list(group.get_xdata()) == rows["group_percent"].tolist()
    assert [text.get_text() for text in axes.texts] == rows["label"].tolist()


def test_the_card_of_events_draws_every_event_once_in_its_lane():
    rows, axes = axes_of(EVENTS)
    assert sum(len(line.get_xdata()) for line in axes.lines) == len(rows)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[-1] == "Pressure"
    assert names[0] == "Other"
    pressures = axes.lines[names.index("Pressure")]
    assert len(pressures.get_xdata()) == (rows["kind"] == "pressure").sum()


def test_the_line_of_verdicts_counts_the_ledger():
    shown = dict(re.findall(r"<dt>(.*?)</dt><dd>(\d+)</dd>", landing.verdicts()))
    committed = datasets.load("claims")["verdict"].value_counts()
    assert {name: int(count) for name, count in shown.items() if name != "all" and int(count)} == committed.to_dict()
    assert int(shown["all"]) == len(datasets.load("claims"))


def test_a_project_without_the_four_runs_has_no_pieces(mini):
    assert landing.fragments() == {}
    assert landing.analyses() == '<div class="hs-cards hs-computed"></div>\n'


def test_the_cards_carry_finding_link_and_method(monkeypatch, tmp_path):
    (tmp_path / "results").mkdir()
    for card in landing.CARDS:
        (tmp_path / f"results/{card.run}.json").write_text((paths.results() / f"{card.run}.json").read_text())
    monkeypatch.setattr(paths, "build", lambda: tmp_path)
    made = landing.fragments()
    assert set(made) == {"analyses-fragment.md", "verdicts-fragment.md"}
    for card in landing.CARDS:
        assert f'href="analyses/{card.run}.html"' in made["analyses-fragment.md"]
        assert f'href="reference/methods.html#{card.method}"' in made["analyses-fragment.md"]


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
