"""The workforce standards page: WRES or WDES of a system of organisations, beside the national series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from compendium import datasets
from healthsys import disclosure
from healthsys.disclosure import Page, Printed, Rule
from healthsys.disclosure.page import Cell
from healthsys.equality import standards, words
from healthsys.equality.calibration import BME
from healthsys.equality.standards import RelativeLikelihood
from healthsys.errors import DataError
from healthsys.funnel import Funnel, funnel
from healthsys.io.payroll import refuse_totals

STANDARDS = ("WRES", "WDES")

#: For each standard: characteristic, group, reference group.
GROUPS = {"WRES": ("ethnicity", "BME", "White"), "WDES": ("disability", "Disabled", "Non-disabled")}

#: What people of a group are called: (staff, applicants).
PEOPLE = {
    "BME": ("BME staff", "BME applicants"),
    "White": ("white staff", "white applicants"),
    "Disabled": ("disabled staff", "disabled applicants"),
    "Non-disabled": ("staff who are not disabled", "applicants who are not disabled"),
}

#: Relative likelihoods: indicator, outcome, over which table, group and reference of the ratio, verb.
LIKELIHOODS = {
    "WRES": (
        ("WRES 2", "appointed from shortlisting", "recruitment", "White", "BME", "to be appointed"),
        (
            "WRES 3",
            "entered a formal disciplinary process",
            "disciplinary",
            "BME",
            "White",
            "to be disciplined formally",
        ),
        (
            "WRES 4",
            "took non-mandatory training",
            "training",
            "White",
            "BME",
            "to take non-mandatory training",
        ),
    ),
    "WDES": (
        (
            "WDES 2",
            "appointed from shortlisting",
            "recruitment",
            "Non-disabled",
            "Disabled",
            "to be appointed",
        ),
        (
            "WDES 3",
            "entered a formal capability process",
            "capability",
            "Disabled",
            "Non-disabled",
            "to enter a formal capability process",
        ),
    ),
}

#: Survey indicators: name on the page, and whether more is better.
SURVEY = {
    "wres5": ("WRES 5: harassed, bullied or abused by patients, relatives or the public", False),
    "wres6": ("WRES 6: harassed, bullied or abused by staff", False),
    "wres7": ("WRES 7: believe in equal opportunities for progression", True),
    "wres8": ("WRES 8: discriminated against by a manager or colleague", False),
    "wdes4a": ("WDES 4a: harassed, bullied or abused by the public", False),
    "wdes4b": ("WDES 4b: harassed, bullied or abused by managers", False),
    "wdes4c": ("WDES 4c: harassed, bullied or abused by colleagues", False),
    "wdes4d": ("WDES 4d: reported it when it last happened", True),
    "wdes5": ("WDES 5: believe in equal opportunities for progression", True),
    "wdes6": ("WDES 6: felt pressed to work while unwell", False),
    "wdes7": ("WDES 7: feel that the organisation values their work", True),
}
#: Asked of disabled staff alone.
ADJUSTMENTS = ("wdes8", "WDES 8: have adequate adjustments (disabled staff only)")

#: Bands from the lowest, and medical grades together.
BANDS = ("2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "VSM", "Medical")

#: Indicator whose funnel over organisations is drawn.
FUNNEL = {"WRES": "wres6", "WDES": "wdes4c"}


@dataclass(frozen=True)
class WorkforcePage:
    """Everything that the workforce standards page shows."""

    standard: str
    tables: Mapping[str, pd.DataFrame]
    year: int
    years_averaged: int
    likelihoods: pd.DataFrame
    ratios: Mapping[str, RelativeLikelihood]
    survey: pd.DataFrame
    representation: pd.DataFrame
    disparity: pd.DataFrame
    board: pd.DataFrame
    funnel: Funnel | None
    withheld: tuple[str, ...]
    change: pd.DataFrame
    pages: Mapping[str, Page]
    rule: Rule
    level: float
    kind: str


def open_page(
    standard: str,
    *,
    files: Mapping[str, str],
    year: int = 2022,
    years_averaged: int = 2,
    rule: str = "hes",
    level: float = 0.95,
) -> WorkforcePage:
    """Read the five tables of a system and work out every indicator of a standard.

    Parameters
    ----------
    standard
        ``WRES`` or ``WDES``.
    files
        Data set or file for each of ``staff``, ``recruitment``, ``processes``, ``survey``, ``boards``.
    year
        Reporting year of the survey.
    years_averaged
        Years over which formal cases are averaged (WDES 3 uses two; WRES 3 has used one and two).

    Raises
    ------
    DataError
        If the standard is not known, a table breaks its layout, or a year is missing.
    """
    if standard not in STANDARDS:
        raise DataError(f"there is no standard '{standard}'; allowed: {', '.join(STANDARDS)}")
    chosen = disclosure.rule(rule)
    tables = {name: datasets.read(source, layout=f"workforce_{name}") for name, source in files.items()}
    for table in tables.values():
        refuse_totals(table, label=_label(table))
    characteristic, group, reference = GROUPS[standard]
    if year not in set(tables["survey"].loc[tables["survey"]["characteristic"] == characteristic, "year"]):
        raise DataError(f"the survey has no answers of {year} by {characteristic}; choose a year that it has")
    if not 0 < level < 1:
        raise DataError(f"level is {level}; allowed: a number between 0 and 1, such as 0.95")
    staff = _staff(tables["staff"], standard)
    pages: dict[str, Page] = {}
    likelihoods, ratios = _likelihoods(tables, standard, years_averaged, chosen, level, pages)
    asked = tables["survey"][tables["survey"]["characteristic"] == characteristic]
    now = asked[asked["year"] == year]
    placed, withheld = _funnel(now, standard, chosen, pages)
    kind = tables["staff"].attrs["provenance"]["kind"]
    return WorkforcePage(
        standard,
        tables,
        year,
        years_averaged,
        likelihoods,
        ratios,
        _survey(now, standard, chosen, level, pages["funnel"]),
        _representation(staff, group, reference, chosen, level, pages),
        _disparity(staff, group, reference, pages["representation"], level),
        _board(tables, staff, standard, chosen, pages),
        placed,
        withheld,
        _change(asked, chosen, year, standard, pages["funnel"]),
        pages,
        chosen,
        level,
        kind,
    )


def _label(table: pd.DataFrame) -> str:
    return str(table.attrs["provenance"]["title"])


#: Names of the parts of the staff whose disparity ratios WRES indicator 1 asks for.
SIDES = {"Y": "clinical", "N": "non-clinical"}


def _staff(staff: pd.DataFrame, standard: str) -> pd.DataFrame:
    """Count staff by band (doctors together), tier, clinical or not, and group, people of unknown group among them."""
    if standard == "WRES":
        group = np.where(
            staff["ethnic_group"].isin(BME),
            "BME",
            np.where(staff["ethnic_group"] == "W", "White", "Not stated"),
        )
    else:
        group = staff["disabled"].map({"Y": "Disabled", "N": "Non-disabled", "U": "Not stated"}).to_numpy()
    band = staff["band"].where(staff["band"].notna(), "Medical")
    side = staff["clinical"].map(SIDES).fillna("not said") if "clinical" in staff else "not said"
    counted = pd.DataFrame({"band": band.to_numpy(), "side": side, "group": group, "people": 1})
    tiers = {one: tier for tier, bands in standards.LEVELS.items() for one in bands}
    counted["tier"] = counted["band"].map(tiers).fillna("none")
    return counted.groupby(["band", "tier", "side", "group"], as_index=False)["people"].sum()


def cases(tables: Mapping[str, pd.DataFrame], over: str, characteristic: str, years: int) -> pd.DataFrame:
    """Return who had an outcome and who could have, by group of the whole system.

    Raises
    ------
    DataError
        If the table lacks the process, a stage, a group, or a group in one of the years.
    """
    standard = next(name for name, groups in GROUPS.items() if groups[0] == characteristic)
    needed = GROUPS[standard][1:]
    table = tables["recruitment" if over == "recruitment" else "processes"]
    rows = table[table["characteristic"] == characteristic]
    if over == "recruitment":
        _needs(rows, "stage", ("shortlisted", "appointed"), f"{characteristic}", _label(table))
        for stage in ("shortlisted", "appointed"):
            _needs(rows[rows["stage"] == stage], "group", needed, f"the stage {stage}", _label(table))
        wide = rows.groupby(["group", "stage"])["people"].sum().unstack()
        wide = wide.dropna(subset=["appointed", "shortlisted"])
        return wide.reset_index()[["group", "appointed", "shortlisted"]].set_axis(["group", "had", "could"], axis=1)
    _needs(rows, "process", (over,), f"{characteristic}", _label(table))
    rows = rows[rows["process"] == over]
    for year in rows["year"].unique():
        _needs(rows[rows["year"] == year], "group", needed, f"the process {over} in {year}", _label(table))
    yearly = rows.groupby(["year", "group"], as_index=False)[["had", "could"]].sum()
    return standards.averaged(yearly, years=1 if over == "training" else years)


def _needs(rows: pd.DataFrame, column: str, wanted: tuple[str, ...], of: str, label: str) -> None:
    found = list(dict.fromkeys(rows[column]))
    for one in wanted:
        if one not in found:
            raise DataError(
                f"{label}: column '{column}' has no row '{one}' for {of}; found: {', '.join(found) or 'none'}. "
                "Where nobody had the outcome, give the row with a count of 0"
            )


def _likelihoods(
    tables: Mapping[str, pd.DataFrame],
    standard: str,
    years: int,
    rule: Rule,
    level: float,
    pages: dict[str, Page],
) -> tuple[pd.DataFrame, dict[str, RelativeLikelihood]]:
    characteristic = GROUPS[standard][0]
    rows, ratios = [], {}
    for indicator, outcome, over, group, reference, verb in LIKELIHOODS[standard]:
        counted = cases(tables, over, characteristic, years).set_index("group")
        counts = {name: (int(counted.loc[name, "had"]), int(counted.loc[name, "could"])) for name in (group, reference)}
        cube = pd.DataFrame(
            [
                (name, said, number)
                for name in counted.index
                for said, number in (
                    ("yes", counted.loc[name, "had"]),
                    ("no", counted.loc[name, "could"] - counted.loc[name, "had"]),
                )
            ],
            columns=["group", "outcome", "people"],
        )
        cells = [cell for name in (group, reference) for cell in ({"group": name, "outcome": "yes"}, {"group": name})]
        shown_in = [
            Printed(indicator, ("group", "outcome"), totals=False, only={"outcome": ("yes",)}),
            Printed("base", ("group",), totals=False),
        ]
        page = disclosure.protect(cube, tables=shown_in, rule=rule, unrounded=True)
        pages[indicator] = page
        shown = [page.shown(cell) for cell in cells]
        found = standards.relative_likelihood(
            *counts[group],
            reference_had=counts[reference][0],
            reference_could=counts[reference][1],
            level=level,
        )
        allowed = all(rule.allows(*count) for count in counts.values())
        if None in shown or not allowed:
            found = RelativeLikelihood(None, None, None, "not shown: too few people in one of the counts")
        ratios[indicator] = found
        index = 0 if over != "recruitment" else 1
        said = standards.likelihood_words(
            found,
            group=words.first_up(PEOPLE[group][index]),
            reference=PEOPLE[reference][index],
            outcome=verb,
        )
        rows.append(
            (
                indicator,
                f"{outcome}: {group} over {reference}",
                *(disclosure.shown_text(value) for value in shown),
                found.ratio,
                found.lower,
                found.upper,
                found.outside_four_fifths,
                said,
            )
        )
    columns = [
        "indicator",
        "outcome",
        "group_had",
        "group_could",
        "reference_had",
        "reference_could",
        "ratio",
        "lower",
        "upper",
        "outside",
        "words",
    ]
    return pd.DataFrame(rows, columns=columns), ratios


def _allowed(counts: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return survey counts, those of which nothing may be known set to nobody: an answer or its opposite is rare."""
    known = [rule.allows(int(row.answered), int(row.base)) for row in counts.itertuples()]
    shown = counts.copy()
    shown[["answered", "base"]] = shown[["answered", "base"]].where(pd.Series(known, index=counts.index), 0)
    return shown.astype({"answered": int, "base": int})


def _given_away(counts: pd.DataFrame, indicator: str, page: Page) -> pd.Series:
    """Say which rows of a survey's counts the funnel page withholds, because an organisation follows from them."""
    hidden = [
        row.indicator == indicator
        and None in [page.shown({"group": row.group, **said}) for said in ({"said": "yes"}, {})]
        for row in counts.itertuples()
    ]
    return pd.Series(hidden, index=counts.index)


def _survey(now: pd.DataFrame, standard: str, rule: Rule, level: float, page: Page) -> pd.DataFrame:
    """Return the survey indicators from unrounded counts, where neither an answer nor its opposite is rare."""
    _, group, reference = GROUPS[standard]
    rows = now[now["indicator"].isin(SURVEY)]
    counts = rows.groupby(["indicator", "group"], as_index=False)[["answered", "base"]].sum()
    counts.loc[_given_away(counts, FUNNEL[standard], page), ["answered", "base"]] = 0
    counts = _allowed(counts, rule)
    better = {name: good for name, (_, good) in SURVEY.items()}
    found = standards.survey_indicators(counts, groups=(group, reference), higher_is_better=better, level=level)
    found["worse_for"] = found["worse_for"].where(found["difference"].notna(), "not shown: too few people")
    found["indicator"] = [SURVEY[name][0] for name in found["indicator"]]
    alone = now[(now["indicator"] == ADJUSTMENTS[0]) & (now["group"] == group)]
    if len(alone):
        one = _allowed(alone[["answered", "base"]].sum().to_frame().T, rule).iloc[0]
        row: dict = dict(
            zip(
                ("group_percent", "group_lower", "group_upper"),
                standards.proportion(one["answered"], one["base"], level=level),
                strict=True,
            )
        )
        row |= {"indicator": ADJUSTMENTS[1], "group_base": one["base"], "worse_for": "asked of one group only"}
        found = pd.concat([found, pd.DataFrame([row])], ignore_index=True)
    for column in ("group_base", "reference_base"):
        found[column] = [None if pd.isna(value) else rule.show(int(value)) for value in found[column]]
    return found


def _representation(
    staff: pd.DataFrame, group: str, reference: str, rule: Rule, level: float, pages: dict[str, Page]
) -> pd.DataFrame:
    """Return the share of the group by band from unrounded counts, where every count behind it is shown."""
    order = [band for band in BANDS if (staff["band"] == band).any()]
    tables = [Printed("group by band", ("band",), where={"group": group}), Printed("staff by band", ("band",))]
    for name in (group, reference):
        tables += [
            Printed(f"{name} by tier", ("tier",), totals=False, where={"group": name}),
            Printed(f"{name} by side and tier", ("side", "tier"), totals=False, where={"group": name}),
        ]
    options = {"rule": rule, "levels": {"band": order}, "derived": {"tier": "band"}}
    page = disclosure.protect(staff, tables=tables, unrounded=True, **options)
    pages["representation"] = page
    rows = []
    for band in (*order, "All"):
        cell = {} if band == "All" else {"band": band}
        part, base = page.exact(cell | {"group": group}), page.exact(cell)
        known = part is not None and bool(base) and rule.allows(part, base)
        interval = standards.proportion(part, base, level=level) if known else (np.nan,) * 3
        shown = (disclosure.shown_text(page.shown(one)) for one in (cell | {"group": group}, cell))
        rows.append((band, *shown, *interval))
    return pd.DataFrame(rows, columns=["band", "part", "base", "percent", "lower", "upper"])


def _disparity(staff: pd.DataFrame, group: str, reference: str, page: Page, level: float) -> pd.DataFrame:
    """Return the disparity ratio of each step, of all staff and of clinical and non-clinical staff apart."""
    rows = []
    for side in ("all", *(name for name in SIDES.values() if (staff["side"] == name).any())):
        part, at = (staff, {}) if side == "all" else (staff[staff["side"] == side], {"side": side})
        for step in standards.STEPS:
            found = standards.disparity_ratio(part, group=group, reference=reference, step=step, level=level)
            cells = [at | {"tier": tier, "group": name} for name in (group, reference) for tier in step]
            counts = [page.shown(cell) if Cell(cell.items()) in page.counts else 0 for cell in cells]
            if None in counts:
                found = RelativeLikelihood(None, None, None, "not shown: too few people")
            said = f"{step[0]} to {step[1]} bands"
            rows.append((side, said, found.ratio, found.lower, found.upper, found.reason or ""))
    return pd.DataFrame(rows, columns=["staff", "step", "ratio", "lower", "upper", "reason"])


def _board(
    tables: Mapping[str, pd.DataFrame], staff: pd.DataFrame, standard: str, rule: Rule, pages: dict[str, Page]
) -> pd.DataFrame:
    characteristic, group, _ = GROUPS[standard]
    members = tables["boards"][tables["boards"]["characteristic"] == characteristic]
    _needs(members, "group", (group,), f"{characteristic}", _label(tables["boards"]))
    people = (
        members.groupby("group", as_index=False)["voting_members"].sum().rename(columns={"voting_members": "people"})
    )
    people["people"] = people["people"].astype(int)
    page = disclosure.protect(people, tables=[Printed("board", ("group",))], rule=rule, unrounded=True)
    pages["board"] = page
    cells = [{"group": group}, {}]
    counts = [page.exact(cell) for cell in cells]
    workforce = [pages["representation"].exact(cell) for cell in cells]
    hidden = None in [*counts, *workforce] or not rule.allows(*counts) or not rule.allows(*workforce)
    difference, reason = (None, None) if hidden else standards.board_difference(*counts, *workforce)
    row = {
        "members": disclosure.shown_text(page.shown(cells[0])),
        "board": disclosure.shown_text(page.shown({})),
        "board_percent": None if difference is None else 100 * counts[0] / counts[1],
        "workforce_percent": None if difference is None else 100 * workforce[0] / workforce[1],
        "difference": difference,
        "reason": "not shown: too few members in the group" if hidden else reason or "",
    }
    return pd.DataFrame([row])


def _funnel(
    now: pd.DataFrame, standard: str, rule: Rule, pages: dict[str, Page]
) -> tuple[Funnel | None, tuple[str, ...]]:
    """Place the organisations in a funnel, from unrounded counts; those that cannot be shown are named."""
    indicator, group = FUNNEL[standard], GROUPS[standard][1]
    rows = now[now["indicator"] == indicator]
    cube = pd.concat(
        [
            rows.assign(said="yes", people=rows["answered"]),
            rows.assign(said="no", people=rows["base"] - rows["answered"]),
        ]
    )[["organisation", "group", "said", "people"]]
    yes = {"said": ("yes",)}
    tables = [
        Printed("organisations", ("organisation", "said"), totals=False, where={"group": group}, only=yes),
        Printed("bases", ("organisation",), totals=False, where={"group": group}),
        Printed("system", ("group", "said"), totals=False, only=yes),
        Printed("system bases", ("group",), totals=False),
    ]
    page = disclosure.protect(cube.astype({"people": int}), tables=tables, rule=rule, unrounded=True)
    pages["funnel"] = page
    points, withheld = [], []
    for name in rows["organisation"].unique():
        counts = [page.exact({"organisation": name, "group": group, **said}) for said in ({"said": "yes"}, {})]
        if None in counts or not counts[1] or not rule.allows(*counts):
            withheld.append(name)
        else:
            points.append((name, *counts))
    if not points:
        return None, tuple(withheld)
    table = pd.DataFrame(points, columns=["organisation", "answered", "base"])
    return funnel(table, unit="organisation", observed="answered", size="base"), tuple(withheld)


def funnel_drawn(page: WorkforcePage) -> pd.DataFrame:
    """Return the points of the funnel as they may be downloaded: percentages and limits, bases rounded, no answers."""
    points = page.funnel.points.copy()
    points["base"] = [page.rule.show(int(number)) for number in points["base"]]
    return points.drop(columns="answered")


def _change(asked: pd.DataFrame, rule: Rule, year: int, standard: str, page: Page) -> pd.DataFrame:
    """Return the survey indicators by year and group, with a number for each comparable stretch."""
    totals = (
        asked[asked["indicator"].isin(SURVEY)]
        .groupby(["indicator", "year", "group"], as_index=False)[["answered", "base"]]
        .sum()
    )
    hidden = _given_away(totals, FUNNEL[standard], page) & (totals["year"] == year)
    totals.loc[hidden.astype(bool), ["answered", "base"]] = 0
    totals = _allowed(totals, rule)
    totals["percent"] = (100 * totals["answered"] / totals["base"]).where(totals["base"] > 0)
    later = (totals["indicator"] == "wres7") & (totals["year"] >= standards.INDICATOR_7_BREAK)
    totals["stretch"] = np.where(later, 2, 1)
    totals["base"] = [rule.show(int(number)) for number in totals["base"]]
    return totals.drop(columns="answered").astype({"year": int})
