"""The long description of a figure: what it says of the data, where it stands, what it leaves to the drawing."""

from __future__ import annotations

import json

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

from compendium import described, paths


def record(rows, columns=("period", "value")):
    return {"name": "beds-over-time", "columns": list(columns), "rows": rows}


def test_few_rows_are_told_one_by_one():
    made = described.description(record([[f"2020-0{month}-01", 90.0 + month] for month in range(1, 6)]))
    tree = parser.fromstring(made)
    assert tree.get("class") == "hs-described"
    assert tree.xpath("string(summary)") == "Longer description"
    rows = [[cell.text_content() for cell in row] for row in tree.xpath(".//tbody/tr")]
    assert rows == [[f"2020-0{month}-01", str(90 + month)] for month in range(1, 6)]
    assert not tree.xpath(".//li")
    assert tree.xpath(".//thead//th/@scope") == ["col", "col"]


def test_more_rows_are_told_by_column_and_very_many_by_column_alone():
    tree = parser.fromstring(described.description(record([[place, (place - 10) ** 2 / 1.0] for place in range(20)])))
    assert len(tree.xpath(".//tbody/tr")) == 20
    assert [item.text_content() for item in tree.xpath(".//li")] == [
        "period: 0 to 19", "value: 100 at first, 81 at last; lowest 0 (10), highest 100 (0)"
    ]  # fmt: skip
    tree = parser.fromstring(described.description(record([[place, 1.5] for place in range(41)])))
    assert not tree.xpath(".//table")
    assert tree.xpath("string(p)") == "The figure shows 41 rows of data."
    assert tree.xpath("string(.//li[2])") == "value: 1.5 throughout"


def test_words_are_counted_or_named_and_truth_is_said():
    rows = pd.DataFrame(
        {
            "name": [f"event_{place:02d}" for place in range(13)],
            "kind": ["pressure"] * 3 + ["response"] * 10,
            "clear": [True] + [False] * 12,
            "empty": [None] * 13,
            "actor": [f"who {place}" for place in range(12)] + ["who 0"],
        }
    )
    assert described.columns_in_words(rows) == [
        "name: event 00 to event 12", "kind: pressure (3), response (10)", "clear: yes (1), no (12)",
        "actor: 12 different, who 0 to who 9",
    ]  # fmt: skip


def test_short_names_of_columns_are_opened():
    rows = [[place, place + 0.5] for place in range(20)]
    tree = parser.fromstring(described.description(record(rows, columns=("lag", "acf"))))
    assert tree.xpath("string(.//li[2])").startswith("autocorrelation: 0.5 at first")
    assert tree.xpath("string(.//thead//th[2])") == "autocorrelation"


def test_missing_cells_are_left_out_and_large_numbers_whole():
    rows = pd.DataFrame({"year": ["a", "b", "c"], "beds": [None, 101398.4, 92560.0]})
    assert described.columns_in_words(rows)[1] == (
        "beds: 101,398 at first, 92,560 at last; lowest 92,560 (c), highest 101,398 (b)"
    )


def test_a_year_has_no_comma_and_a_count_of_the_same_size_has_one():
    rows = [[f"site {place}", 2000 + place, 2010.0 + place if place else None, 2000 + place] for place in range(13)]
    made = described.description(record(rows, columns=("site", "start", "last_year", "people")))
    tree = parser.fromstring(made)
    assert [cell.text_content() for cell in tree.xpath(".//tbody/tr[2]/*")] == ["site 1", "2001", "2011", "2,001"]
    said = [item.text_content() for item in tree.xpath(".//li")]
    assert said[1:3] == [
        "start: 2000 at first, 2012 at last; lowest 2000 (site 0), highest 2012 (site 12)",
        "last year: 2011 at first, 2022 at last; lowest 2011 (site 1), highest 2022 (site 12)",
    ]


def test_what_stands_in_data_reaches_the_page_as_text():
    made = described.description(record([[f"<script>{place}</script>", place] for place in range(14)]))
    assert "<script>" not in made
    assert "&lt;script&gt;0&lt;/script&gt;" in made


def test_it_stands_inside_the_figure_and_a_small_one_has_none():
    markup = '<figure class="hs-figure" id="figure-a"><svg></svg><figcaption>A</figcaption></figure>'
    long = described.with_description(markup, record([[place, place] for place in range(5)]))
    (figure,) = parser.fromstring(f"<div>{long}</div>").xpath("./figure")
    assert [child.tag for child in figure] == ["svg", "figcaption", "details"]
    assert described.with_description(markup, record([[1, 2]] * 3)) == markup
    assert described.with_description("<p>none</p>", record([[1, 2]] * 9)) == "<p>none</p>"


def test_every_recorded_figure_can_be_described():
    for path in sorted(paths.results().glob("*.json")):
        for name, figure in json.loads(path.read_text())["figures"].items():
            made = described.description({**figure, "name": name})
            assert bool(made) == (len(figure["rows"]) >= described.FEWEST_ROWS), (path.stem, name)
            if made:
                parser.fromstring(made)


@given(st.lists(st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.4g}")), min_size=13, max_size=60))
def test_lowest_and_highest_are_those_of_the_data(values):
    said = described.columns_in_words(pd.DataFrame({"place": range(len(values)), "value": values}))[1]
    if len(set(values)) > 1:
        assert f"lowest {described._number(min(values))} ({values.index(min(values))})" in said
        assert f"highest {described._number(max(values))} ({values.index(max(values))})" in said


def test_years_are_shown_as_years():
    """Work that began in 2007 was shown as 2,007 in the data of the figure."""
    record = {"name": "work", "columns": ["site", "start", "end", "beds"],
              "rows": [["A", 2007, 2011.0, 2007.5], ["B", 2010, None, 1200.0], ["C", 2012, 2018.0, 900.0],
                       ["D", 2013, 2019.0, 3000.0]]}  # fmt: skip
    said = described.description(record)
    assert ">2007<" in said
    assert ">2011<" in said
    assert "2,011" not in said
    assert ">1,200<" in said
    years = pd.DataFrame({"year": [2018.0, 2019.0, 2020.0], "n": [5, 7, 6]})
    of_n = "n: 5 at first, 6 at last; lowest 5 (2018), highest 7 (2019)"
    assert described.columns_in_words(years) == ["year: 2018 to 2020", of_n]
