"""Means that tell, subtraction between reports, small payrolls, and the mark on each output of an unsafe report."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from compendium import report, sweep_index
from healthsys import climate, pay
from healthsys.disclosure import HES, mean_is_safe
from healthsys.disclosure.magnitudes import DOMINANCE, P_PERCENT
from healthsys.pay.gaps import PROTECTS


@pytest.mark.parametrize(
    ("values", "dominated", "within_p"),
    [
        ([10] * 10, False, False),
        ([100, 60] + [10] * 6, False, False),
        ([100, 100] + [5] * 6, True, False),  # the (n, k) rule alone decides
        ([100] + [3.2] * 7, False, True),  # the p% rule alone decides
        ([100] + [1] * 7, True, True),
    ],
)
def test_dominance_and_p_percent_as_documented_by_sdctable(values, dominated, within_p):
    """By hand, as primarySuppression of sdcTable 0.34: n largest over k% of the sum; the rest under p% of the first."""
    first, second, *rest = sorted(values, reverse=True)
    assert (first + second > DOMINANCE * sum(values), sum(rest) < P_PERCENT * first) == (dominated, within_p)
    assert mean_is_safe(values, HES) is not (dominated or within_p)


def people(**paid) -> pd.DataFrame:
    """Return staff with a group, its pay, and the side: W is compared with all others."""
    rows = [(group[0], value) for group, values in paid.items() for value in values]
    found = pd.DataFrame(rows, columns=["group", "hourly_pay"]).assign(level="5")
    return found.assign(side=found["group"].map(lambda group: "comparator" if group == "W" else "other"))


def test_groups_are_withheld_until_what_is_left_of_all_others_is_safe():
    staff = people(W=[20.0] * 20, A=[15.0] * 8, B=[900.0], C=[16.0] * 30)
    found = pay.group_gaps(staff, group="group", comparator="W", rule=HES, resamples=100).set_index("group")
    assert found.loc[["A", "B", "C"], "mean_pay"].isna().all(), "A and B joined are nearly B alone"
    assert found.loc["C", "reason"] == PROTECTS
    plain = pay.group_gaps(
        people(W=[20.0] * 20, A=[15.0] * 8, B=[16.0], C=[16.0] * 30),
        group="group",
        comparator="W",
        rule=HES,
        resamples=100,
    ).set_index("group")
    assert plain["mean_pay"].isna().to_dict() == {"W": False, "A": True, "B": True, "C": False}


def test_no_selection_is_shown_whose_complement_tells_of_one_person():
    staff = people(W=[20.0] * 40, C=[16.0] * 39 + [900.0])
    parts = {
        "first": staff.iloc[list(range(20)) + list(range(40, 70))],
        "rest": staff.iloc[[*range(20, 40), *range(70, 80)]],
    }
    found = pay.gaps_of_choices({"all": staff} | parts, rule=HES).set_index("choice")["mean_gap"]
    assert found.isna().to_dict() == {"all": False, "first": True, "rest": True}, "all less the first is the rest"
    parts["small"] = staff.iloc[[0, 1, 40, 41]]
    parts["others"] = staff.drop(index=parts["small"].index)
    found = pay.gaps_of_choices({"all": staff} | parts, rule=HES).set_index("choice")["mean_gap"]
    assert found[["small", "others"]].isna().all()


@pytest.mark.parametrize("turned", [False, True])
def test_two_nested_selections_do_not_tell_of_the_person_between_them(turned):
    """Neither tells with all: 20 and 21 others are missing. Forty less 39 others would be the one person paid 87.65."""
    staff = people(W=np.linspace(12, 30, 60), C=[*np.linspace(12, 30, 59), 87.65])
    parts = {"forty": staff.drop(index=range(60, 80))}
    parts["all but one"] = parts["forty"].drop(index=119)
    parts = dict(reversed(parts.items())) if turned else parts
    found = pay.gaps_of_choices({"all": staff} | parts, rule=HES)["mean_gap"]
    assert found.isna().tolist() == [False, False, True]


def test_a_hidden_count_of_a_pay_quarter_does_not_follow_from_the_size_of_quarters():
    women = [11.0] * 13 + [13.0] * 12 + [15.0] * 12 + [17.0] * 3
    men = [11.3] * 12 + [13.3] * 13 + [15.3] * 13 + [17.3] * 22
    page = pay.protect_counts(people(W=men, F=women), group="group", rule=HES)
    shown = [page.shown({"full": "Y", "quarter": "upper", "side": side}) for side in ("other", "comparator")]
    assert shown == [None, None], "25 less the men of a quarter are its women"
    assert page.proof.holds


@pytest.mark.parametrize(("everybody", "few"), [(20, 6), (20, 3), (18, 5), (25, 7), (30, 3)])
def test_a_small_payroll_gets_a_protected_page_not_a_refusal(everybody, few):
    staff = people(W=np.linspace(12, 20, everybody - few), F=np.linspace(12, 18, few))
    staff["level"] = np.where(staff.index % 2, "5", "6")
    page = pay.protect_counts(staff, group="group", rule=HES)
    assert page.proof.holds
    assert page.shown({"full": "Y", "side": "other"}) is None
    assert page.shown({"full": "Y"}) == HES.show(everybody)


# Subtraction between reports: what the guide warns of


def test_two_months_give_away_the_pay_of_who_left():
    before, after = people(W=[20.0] * 20, F=[15.0] * 20 + [68.5]), people(W=[20.0] * 20, F=[15.0] * 20)
    means = [
        round(pay.group_gaps(one, group="group", comparator="W", rule=HES, resamples=100)["mean_pay"].iloc[1], 2)
        for one in (before, after)
    ]
    assert 21 * means[0] - 20 * means[1] == pytest.approx(68.5, abs=0.21)


def test_one_organisation_less_than_the_total_gives_away_the_small_one():
    large, small = people(W=[20.0] * 20, F=[15.0] * 20), people(W=[20.0] * 9, F=[68.5])
    both = pd.concat([large, small], ignore_index=True)
    alone, total = (
        pay.group_gaps(one, group="group", comparator="W", rule=HES, resamples=100)["mean_pay"].iloc[1]
        for one in (large, both)
    )
    assert 21 * round(total, 2) - 20 * round(alone, 2) == pytest.approx(68.5, abs=0.21)
    page = pay.gaps_of_choices({"all": both, "large": both.iloc[:40], "small": both.iloc[40:]}, rule=HES)
    assert page["mean_gap"].isna().tolist() == [False, True, True], "one report does not show both"


def test_two_settings_give_away_the_answers_of_one_person():
    items = [f"trust_{number}" for number in range(1, 6)]
    survey = pd.DataFrame([[at % 3] * 4 + [1] for at in range(12)], columns=items).astype("Int64")
    survey.insert(0, "team", "North")
    survey.insert(0, "respondent", [f"P{at}" for at in range(12)])
    survey.loc[3, items[4]] = pd.NA
    survey.loc[3, items[:4]] = 3
    half, full = (
        climate.withhold_small_teams(survey, minimum_team_size=11, minimum_answered=share).scores["trust"]
        for share in (0.5, 1.0)
    )
    assert (half.count(), full.count()) == (12, 11)
    assert 12 * round(half.mean()) - 11 * round(full.mean()) == pytest.approx(300, abs=12)


# The mark on each output


UNSAFE = {"value": "no", "text": "no", "meaning": "no count is suppressed", "format": "{}", "name": "safe_to_share"}
GAP = {"value": 7.254, "text": "7.3%", "meaning": "Gap", "format": "{:.1f}%", "name": "gap"}


@pytest.mark.parametrize(("answer", "marked"), [("no", True), ("yes", False)])
def test_an_unsafe_report_is_marked_in_page_captions_and_results(answer, marked):
    record = {
        "results": {"gap": GAP, "safe_to_share": UNSAFE | {"value": answer}},
        "figures": {"gaps": {"caption": "Gaps"}},
    }
    found = report.as_shown(record)
    assert all(one["meaning"].startswith("Not for sharing. ") == marked for one in found["results"].values())
    assert found["figures"]["gaps"]["caption"].startswith("Not for sharing. ") == marked
    page = '<main class="bd-article"><table><caption><span>T</span></caption></table><figcaption>F</figcaption></main>'
    said = report.with_verdict(page, found)
    banner = "Safe to share? No." if marked else "Safe to share? Yes, under the rules below."
    assert said.index(banner) < said.index("<table>")
    assert ("<caption><span>Not for sharing. T" in said, "<figcaption>Not for sharing. F" in said) == (marked, marked)


@pytest.mark.parametrize(("answer", "marked"), [("no", True), ("yes", False)])
def test_the_index_and_tables_of_a_sweep_with_an_unsafe_report_are_marked(answer, marked):
    record = report.as_shown({"results": {"gap": GAP, "safe_to_share": UNSAFE | {"value": answer}}})
    written = {}
    store = SimpleNamespace(
        read=lambda path: json.dumps(record | {"sweep": {}}),
        write=lambda path, text: written.update({path: text}),
        folders=list,
    )
    rows = [SimpleNamespace(name=name, cells={}) for name in ("north", "south")]
    sweep_index.write(store, rows, {}, title="Pay gap", parameters=["staff"])
    assert ("<h1>Not for sharing. Pay gap" in written["index.html"]) == marked
    assert ("north,done,Not for sharing.," in written["index.csv"]) == marked
    results = written["results.csv"].splitlines()[1:]
    assert len(results) == 4
    assert all(("Not for sharing. " in line) == marked for line in results)


@pytest.mark.parametrize(("lacking", "told"), [(1, False), (10, False), (11, True), (0, True)])
def test_means_with_and_without_incomplete_answers_do_not_tell_of_a_few(lacking, told):
    items = ["trust_1", "trust_2"]
    draw = np.random.default_rng(3)
    survey = pd.DataFrame(draw.integers(0, 4, (60, 2)), columns=items).astype("Int64")
    survey.insert(0, "team", ["North", "South", "West"] * 20)
    survey.insert(0, "respondent", [f"P{at}" for at in range(60)])
    survey.loc[: lacking - 1, "trust_2"] = pd.NA
    ends = pd.DataFrame({"dimension": ["trust"], "label": ["Trust"], "innovative": [178], "stagnant": [112]})
    rules = {"minimum_team_size": 11, "minimum_answered": 0.5, "hide_unanimous": True}
    shown = climate.withhold_small_teams(survey, **rules)
    found = climate.profile_sensitivity(shown, ends).set_index("choice")["score"].filter(like="every item")
    assert found.notna().tolist() == [told]
    changed = climate.change_sensitivity(shown, shown).set_index("kind")
    assert pd.notna(changed.loc["complete", "change"]) == told
