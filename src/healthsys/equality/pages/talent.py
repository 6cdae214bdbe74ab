"""The talent page: who is recruited and who stays, and what printed figures about it can and cannot show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from compendium import datasets
from compendium.recording import text_of
from healthsys import disclosure
from healthsys.disclosure import Page, Printed, Rule
from healthsys.equality import pipeline, words
from healthsys.equality.pages.workforce import GROUPS, PEOPLE
from healthsys.equality.pipeline import STAGES
from healthsys.errors import DataError, nearest
from healthsys.io.payroll import refuse_totals

#: The group and reference group of each characteristic.
PAIRS = {characteristic: (group, reference) for characteristic, group, reference in GROUPS.values()} | {
    "sex": ("F", "M")
}

#: What a stage is called after "from" and "between".
NOUNS = {
    "viewed": "viewing",
    "applied": "application",
    "shortlisted": "shortlisting",
    "interviewed": "interview",
    "appointed": "appointment",
    "stayed": "a year in post",
}

_PEOPLE = {**PEOPLE, "F": ("women", "women"), "M": ("men", "men")}


@dataclass(frozen=True)
class TalentPage:
    """Everything that the talent page shows."""

    characteristic: str
    groups: tuple[str, str]
    start: str
    counts: pd.DataFrame
    steps: pd.DataFrame
    shown: Page
    printable: frozenset[str]
    rule: Rule
    level: float
    kind: str


def open_page(
    source: str,
    *,
    characteristic: str = "ethnicity",
    group: str = "",
    reference: str = "",
    start: str = "applied",
    organisation: str = "",
    rule: str = "hes",
    level: float = 0.95,
) -> TalentPage:
    """Read counts of a recruitment funnel and compare two groups at every stage.

    Parameters
    ----------
    source
        Data set or file in the layout of ``workforce_recruitment``.
    characteristic, group, reference
        By what people are counted, and the two groups; the usual pair of the characteristic when empty.
    start
        Stage from which the whole is counted.
    organisation
        One organisation; the whole system when empty.
    """
    table = datasets.read(source, layout="workforce_recruitment")
    chosen = disclosure.rule(rule)
    kind = table.attrs["provenance"]["kind"]
    if organisation:
        found = table["organisation"].unique()
        if organisation not in found:
            raise DataError(
                f"there is no organisation '{organisation}'.{nearest(organisation, found)} There are: "
                f"{', '.join(found)}"
            )
        table = table[table["organisation"] == organisation]
    refuse_totals(table, label=str(table.attrs["provenance"]["title"]))
    own = table[table["characteristic"] == characteristic]
    if own.empty:
        there = list(dict.fromkeys(table["characteristic"]))
        raise DataError(
            f"{table.attrs['provenance']['title']}: there is no characteristic '{characteristic}'."
            f"{nearest(characteristic, there)} There are: {', '.join(there)}"
        )
    usual = PAIRS.get(characteristic, ("", ""))
    pair = (group or usual[0], reference or usual[1])
    counts = own.groupby(["stage", "group"], as_index=False)["people"].sum()
    counts["people"] = counts["people"].astype(int)
    steps = pipeline.funnel_table(counts, groups=pair, start=start, level=level)
    shown = _protected(counts, chosen)
    printable = frozenset(
        row.step
        for row in steps.itertuples()
        if None not in [_shown(shown, stage, name) for stage in (row.before, row.after) for name in pair]
        and chosen.allows(row.group_had, row.group_could)
        and chosen.allows(row.reference_had, row.reference_could)
    )
    return TalentPage(characteristic, pair, start, counts, steps, shown, printable, chosen, level, kind)


def _protected(counts: pd.DataFrame, rule: Rule) -> Page:
    """Count people by the last stage that they reached: every printed stage is a sum of these."""
    present = [stage for stage in STAGES if (counts["stage"] == stage).any()]
    reached = counts.set_index(["stage", "group"])["people"]
    rows = []
    for group in counts["group"].unique():
        for place, stage in enumerate(present):
            later = int(reached[present[place + 1], group]) if place + 1 < len(present) else 0
            flags = {_flag(one): "yes" if number <= place else "no" for number, one in enumerate(present)}
            rows.append({"group": group, "last": stage, **flags, "people": int(reached[stage, group]) - later})
    tables = [Printed(stage, ("group",), totals=False, where={_flag(stage): "yes"}) for stage in present]
    options = {"tables": tables, "rule": rule, "derived": {_flag(stage): "last" for stage in present}}
    return disclosure.protect(pd.DataFrame(rows), unrounded=True, **options)


def _flag(stage: str) -> str:
    return f"reached {stage}"


def _shown(page: Page, stage: str, group: str) -> int | None:
    return page.shown({"group": group, _flag(stage): "yes"})


def stages_table(page: TalentPage) -> pd.DataFrame:
    """Return how many of every group reached each stage, as printed; people of unknown group on their own line."""
    present = [stage for stage in STAGES if (page.counts["stage"] == stage).any()]
    groups = [*page.groups, *(name for name in page.counts["group"].unique() if name not in page.groups)]
    rows = [
        {"group": words.short(page.characteristic, group)}
        | {stage: disclosure.shown_text(_shown(page.shown, stage, group)) for stage in present}
        for group in groups
    ]
    return pd.DataFrame(rows)


def steps_table(page: TalentPage) -> pd.DataFrame:
    """Return rates and adverse-impact ratio of every step, those that rest on suppressed counts left empty."""
    table = page.steps.copy()
    numbers = [name for name in table if name.endswith(("rate", "lower", "upper", "ratio"))]
    hidden = ~table["step"].isin(page.printable)
    table.loc[hidden, numbers] = float("nan")
    table["outside"] = [
        "–" if row.step not in page.printable or pd.isna(row.ratio) else "yes" if row.outside else "no"
        for row in page.steps.itertuples()
    ]
    table.loc[hidden, "reason"] = "not shown: too few people in one of the counts"
    columns = ["step", "group_rate", "reference_rate", "ratio", "lower", "upper", "outside", "reason"]
    return table[columns]


def finding(page: TalentPage) -> str:
    """Say over the whole and at which stage the groups part most."""
    group, reference = (_PEOPLE.get(name, (name, name))[1] for name in page.groups)
    table = steps_table(page)
    whole, steps = table.iloc[-1], table.iloc[:-1].dropna(subset=["ratio"])
    if pd.isna(whole["ratio"]) or steps.empty:
        return f"The funnel of {group} is not shown: too few people reached its end."
    last = page.steps["after"].iloc[-1]
    most = steps.loc[(steps["ratio"] - 1).abs().idxmax()]
    before, after = most["step"].split(" to ")
    band = "outside" if page.steps["outside"].iloc[-1] else "inside"
    limits = words.interval(whole["lower"], whole["upper"], page.level, format="{:.2f}")
    chance = "; the interval includes equal chances" if whole["lower"] <= 1 <= whole["upper"] else ""
    start = f"From {NOUNS[page.start]} to {NOUNS[last]}, {group}"
    return (
        f"{words.opened(page.kind, start)} have {text_of(whole['ratio'], '{:.2f}')} "
        "times the chance of "
        f"{reference} ({limits}{chance}), {band} the four-fifths band. The groups part most between "
        f"{NOUNS[before]} and "
        f"{NOUNS[after]}, with a ratio of {text_of(most['ratio'], '{:.2f}')}."
    )


def review_table(review: pd.DataFrame) -> pd.DataFrame:
    """Return what the blood service's printed figures allow: bounds and readings, none of them a rate.

    Parameters
    ----------
    review
        The data set ``review_equality``.
    """
    value = review.set_index("item")["value"]
    bound = pipeline.viewer_share_bound(value["views_rise"] / 100)
    points, relative = pipeline.earlier_values(value["documents_excellent"], value["documents_rise"])
    days = value["home_worth"] / value["home_days"]
    people = value["home_survey_workers"] * value["home_preferred"] / 100
    rows = [
        (
            "Share of viewers who applied, against before",
            f"below {bound:.2f} of what it was",
            "views rose and applicants fell; a larger pool of viewers is not a larger pool of applicants",
        ),
        (
            "Documents rated excellent before, if the rise is in percentage points",
            f"{points:.0f} %",
            "one of two readings",
        ),
        (
            "Documents rated excellent before, if the rise is in percent",
            f"{relative:.1f} %",
            "the other reading",
        ),
        ("Candidates asked", "not printed", "so the share has no interval"),
        ("Retention of those recruited", "not printed", "so that more stay is a statement without a figure"),
        (
            "Workers who prefer two days or more at home",
            f"about {people:,.0f}",
            "of those surveyed; a preference, not a choice made",
        ),
        (
            "Worth of one day at home, if each is worth the same",
            f"{days:.2f} % of pay",
            "an average; people differ",
        ),
    ]
    return pd.DataFrame(rows, columns=["what", "figure", "remark"])


def home_working(review: pd.DataFrame) -> pd.DataFrame:
    """Return who can work from home as printed: shares of both groups, difference and ratio."""
    value = review.set_index("item")["value"]
    bme, white = value["home_working_bme"], value["home_working_white"]
    return pd.DataFrame(
        [("Able to work from home", bme, white, bme - white, bme / white)],
        columns=["what", "bme", "white", "difference", "ratio"],
    )


def results(page: TalentPage) -> list[dict[str, Any]]:
    """Return the named results of the page."""
    rows: list[dict[str, Any]] = []
    for row in steps_table(page).itertuples():
        name = "whole" if row.Index == len(page.steps) - 1 else row.step.replace(" to ", "_to_")
        known = pd.notna(row.ratio)
        ends = {"lower": row.lower, "upper": row.upper, "level": page.level} if known and pd.notna(row.lower) else {}
        rows.append(
            {
                "name": f"ratio_{name}",
                "value": row.ratio if known else None,
                "unit": "ratio",
                "format": "{:.2f}",
                "meaning": f"adverse-impact ratio, {page.groups[0]} over {page.groups[1]}, {row.step}",
                "reason": None if known else row.reason,
                **ends,
            }
        )
    rows.append({"name": "finding", "value": finding(page), "unit": "", "meaning": "the finding of this page"})
    rows.append({"name": "data_kind", "value": words.kind_words(page.kind), "unit": "", "meaning": "kind of data"})
    smallest = page.shown.proof.smallest if page.shown.proof else None
    rows.append(
        {
            "name": "smallest_range",
            "value": smallest,
            "unit": "whole numbers",
            "reason": "no cell is suppressed",
            "meaning": "fewest numbers that a suppressed cell of this page can still be",
        }
    )
    return rows
