"""Reports of the pay and equality notebooks: another level reaches every sentence; own data are not mixed with ours."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from compendium.errors import RunError
from compendium.report import composed

pytestmark = pytest.mark.usefixtures("warm_kernels")

#: A level of 95 as it would be written of an interval or limits. (Two of the pages quote a published share of 95 %.)
NINETY_FIVE = re.compile(r"\b95\s?% ([\w'’]+ ){0,2}(interval|CI|confidence|limit)|(interval|limit)s?( at| of)? 95\s?%")


def text_of(page: str) -> str:
    """Return what a reader reads: without style, code and addresses."""
    page = re.sub(r"<(style|script)\b.*?</\1>|<details class='hs-code'>.*?</details>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize(
    ("notebook", "given"),
    [
        ("pay_gap", {"characteristic": "ethnic_group", "comparator": "W", "resamples": 100}),
        ("review_claims_equality", {}),
    ],
)
def test_at_another_level_nothing_says_95(notebook, given):
    page, record = composed(notebook, {"level": 0.9, **given}, folder=Path.cwd())
    said = text_of(page)
    reported = {name for name, entry in record["results"].items() if name == "maternal_rise"}  # as its source gives it
    for name in reported:
        said = said.replace(record["results"][name]["interval"], "").replace("95% CI 1.11 to 3.72", "")
    found = [said[max(0, one.start() - 60) : one.end() + 20] for one in NINETY_FIVE.finditer(said)]
    assert not found, found
    if notebook != "review_claims_equality":
        assert re.search(r"\b90\s?%", said)
    levels = {entry.get("level") for name, entry in record["results"].items() if name not in reported}
    assert levels <= {None, 0.9}


def test_a_strangers_staff_are_not_mixed_with_invented_tables(shared):
    cases = shared / "cases" / "own_data"
    with pytest.raises(RunError, match=r"staff is your own file, but .*recruitment \(workforce_recruitment\)"):
        composed("workforce_equality", {"staff": "wres_staff.csv"}, folder=cases)


def test_a_report_on_other_returns_says_nothing_of_the_bundled_ones(shared):
    given = {"data": "fs.csv", "source": "My returns", "measure": "seen in 4 weeks"}
    said = text_of(composed("false_step", given, folder=shared / "cases" / "own_data")[0])
    assert "My returns" in said
    assert not re.search(r"England|pandemic|fourteen trusts|four-hour|published returns", said)
