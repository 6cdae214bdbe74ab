"""References in prose: each kind resolves to the recorded text and its place, and a wrong one is named."""

from __future__ import annotations

import json

import pytest

from compendium import datasets, paths
from compendium.errors import CompendiumError
from compendium.lookup import Lookup

LOOKUP = Lookup(paths.results())


def test_a_result_shows_its_recorded_text_here_and_from_elsewhere():
    recorded = json.loads((paths.results() / "community-care.json").read_text())["results"]["saving_percent"]
    for target, page in (("saving_percent", "community-care"), ("community-care/saving_percent", "index")):
        found = LOOKUP.resolve("result", target, page)
        assert found.text == recorded["text"]
        assert (found.document, found.anchor) == ("analyses/community-care", "result-saving_percent")
        assert "computed by community-care" in found.title
        assert not found.is_sentence
    assert LOOKUP.resolve("result", "finding", "community-care").is_sentence
    assert LOOKUP.resolve("result", "saving_percent.unit", "community-care").text == recorded["unit"]


def test_parameters_published_figures_claims_and_constants_resolve():
    assert LOOKUP.resolve("param", "level", "community-care").text == "0.95"
    figure = LOOKUP.resolve("published", "frome_results/admissions_cost/2013-14/Frome/value", "index")
    assert (figure.text, figure.anchor) == ("5,755,487", "data-frome_results")
    claim = datasets.load("claims").iloc[0]
    shown = LOOKUP.resolve("claim", claim["claim_id"], "index")
    assert shown.text == claim["printed"]
    assert shown.document == f"evidence/{claim['source_key']}"
    assert shown.title.endswith(f"Checked: {claim['verdict']}")
    assert LOOKUP.resolve("claim", f"{claim['claim_id']}.verdict", "index").text == claim["verdict"]
    constant = datasets.load("constants").iloc[0]
    assert LOOKUP.resolve("constant", constant["name"], "index").text == constant["value"]


def test_dates_and_whole_numbers_are_shown_plainly():
    found = LOOKUP.resolve("published", "ae_england_monthly/attendances/England/2016-04-01/period", "x")
    assert found.text == "2016-04-01"


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("result", "community-cere/saving", "there is no result of a run 'community-cere'.*community-care"),
        ("result", "saveing", "run 'community-care' records no result 'saveing'.*saving"),
        ("result", "saving.interval", "result 'saving' of run 'community-care' has no interval"),
        ("param", "levle", "run 'community-care' has no parameter 'levle'.*level"),
        ("published", "area_south_series/x/value", "data set 'area_south_series' is synthetic, not published; refer"),
        ("published", "frome_results/nothing/2013-14/Frome/value", "data set 'frome_results' has no row with series"),
        ("published", "frome_results/admissions_cost/value", "is keyed by .*; give 3 keys"),
        ("published", "frome_results/admissions_cost/2013-14/Frome/valu", "has no column 'valu'.*value"),
        ("claim", "od-frome-cost-savin", "has no row with claim_id 'od-frome-cost-savin'.*od-frome-cost-saving"),
        ("constant", "nothing-of-the-kind", "data set 'constants' has no row with name"),
        ("published", "ae_england_monthly/attendances/England/2016-04-01/numerator", "the cell is empty"),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere_is_named(kind, target, said):
    with pytest.raises(CompendiumError, match=said):
        LOOKUP.resolve(kind, target, "community-care")


def test_a_reference_depends_on_the_file_it_is_read_from():
    assert LOOKUP.files("result", "saving", "community-care") == [paths.results() / "community-care.json"]
    assert LOOKUP.files("param", "bed-slack/occupancy", "index") == [paths.results() / "bed-slack.json"]
    assert LOOKUP.files("claim", "od-frome-cost-saving", "index") == [paths.data() / "claims.csv"]
    assert LOOKUP.files("published", "frome_results/a/b", "index") == [
        paths.data() / datasets.describe("frome_results")["path"]
    ]
