"""Tables, sentences and results of the workforce standards page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from healthsys.equality import standards, words
from healthsys.equality.calibration import calibration
from healthsys.equality.pages.workforce import GROUPS, LIKELIHOODS, PEOPLE, WorkforcePage, cases

#: National series drawn: data set, series, group, what it is, unit.
SERIES = {
    "WRES": (
        "wres_national",
        "wres_ind2_rel_likelihood_appointed_white_vs_bme",
        "England, NHS trusts",
        "Relative likelihood of appointment, white over BME",
        "ratio",
    ),
    "WDES": (
        "wdes_national",
        "wdes_m3_rel_likelihood_capability_disabled_vs_nondisabled",
        "England, NHS trusts",
        "Relative likelihood of formal capability, disabled over not disabled",
        "ratio",
    ),
}


def national(page: WorkforcePage, published: pd.DataFrame) -> pd.DataFrame:
    """Return the national series of the standard by year, years not seen in print left blank."""
    _, series, group, *_ = SERIES[page.standard]
    rows = published[(published["series"] == series) & (published["group"] == group)]
    found = pd.DataFrame({"year": rows["period"].astype(int).to_numpy(), "value": rows["value"].to_numpy()})
    return standards.segments(found)


def beside_published(page: WorkforcePage, published: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the figures of the system beside the published ones that it was calibrated to, of this standard."""
    if page.kind != "synthetic":
        return pd.DataFrame()
    own = calibration(shown_values(page), dict(published))
    return own[own["synthetic"].notna()].reset_index(drop=True)


def shown_values(page: WorkforcePage) -> dict[str, float]:
    """Return the figures that this page shows under the names of the calibration, so that both are the same number.

    A figure that the page withholds is missing.
    """
    ratios = {name: found.ratio for name, found in page.ratios.items()}
    share = page.representation.set_index("band")["percent"]
    asked = page.survey.assign(key=page.survey["indicator"].str.split(":").str[0]).set_index("key")
    if page.standard == "WRES":
        found = {
            "WRES 2, appointed: white over BME": ratios["WRES 2"],
            "WRES 3, disciplinary: BME over white": ratios["WRES 3"],
            "WRES 1, BME share of staff": share["All"],
            "WRES 1, BME share of very senior managers": share.get("VSM"),
            "WRES 5, harassed by the public: BME": asked["group_percent"].get("WRES 5"),
            "WRES 6, harassed by staff: BME": asked["group_percent"].get("WRES 6"),
            "WRES 6, harassed by staff: white": asked["reference_percent"].get("WRES 6"),
            "WRES 8, discriminated against: BME": asked["group_percent"].get("WRES 8"),
            "WRES 8, discriminated against: white": asked["reference_percent"].get("WRES 8"),
            "WRES 9, BME share of boards": page.board["board_percent"].iloc[0],
        }
    else:
        found = {
            "WDES 1, share of staff who declare a disability": share["All"],
            "WDES 2, appointed: non-disabled over disabled": ratios["WDES 2"],
            "WDES 3, capability: disabled over non-disabled": ratios["WDES 3"],
            "WDES 4a, harassed by the public: disabled": asked["group_percent"].get("WDES 4a"),
            "WDES 4b, harassed by managers: disabled": asked["group_percent"].get("WDES 4b"),
            "WDES 4c, harassed by colleagues: disabled": asked["group_percent"].get("WDES 4c"),
            "WDES 7, feel valued: disabled": asked["group_percent"].get("WDES 7"),
            "WDES 7, feel valued: not disabled": asked["reference_percent"].get("WDES 7"),
            "WDES 8, adequate adjustments: disabled": asked["group_percent"].get("WDES 8"),
        }
    return {name: float("nan") if value is None else float(value) for name, value in found.items()}


def conflicts(page: WorkforcePage, published: pd.DataFrame) -> pd.DataFrame:
    """Return published figures that conflict with one another or are misprinted, as printed."""
    rows = published[published["note"].fillna("").str.contains("conflict|as printed", regex=True)]
    return rows[["series", "period", "group", "value", "unit", "note", "source"]].reset_index(drop=True)


def finding(page: WorkforcePage) -> str:
    """Say the finding: the likelihoods, who the survey is worse for, and the board."""
    _, group, _reference = GROUPS[page.standard]
    parts = []
    for row in page.likelihoods.itertuples():
        if pd.isna(row.ratio):
            parts.append(f"{row.indicator} is not shown ({row.words.removeprefix('not shown: ')})")
            continue
        limits = "" if pd.isna(row.lower) else f", {words.interval(row.lower, row.upper, page.level, format='{:.2f}')}"
        if row.lower <= 1 <= row.upper:
            parts.append(
                f"{row.indicator} shows no clear difference ({row.ratio:.2f}{limits}, which holds equal likelihood)"
            )
            continue
        parts.append(f"{row.words.split(';')[0]} ({row.indicator}: {row.ratio:.2f}{limits})")
    worse = int((page.survey["worse_for"] == group).sum())
    asked = int(page.survey["difference"].notna().sum())
    board = page.board.iloc[0]
    last = (
        "The board's share is not shown because it rests on too few members."
        if pd.isna(board["difference"])
        else "Their share of voting board members is "
        f"{words.percent(abs(board['difference'])).replace(' %', '')} percentage "
        f"points {'below' if board['difference'] < 0 else 'above'} their share of staff."
    )
    return words.opened(page.kind, f"{'. '.join(words.first_up(part) for part in parts)}.") + (
        f" {worse} of {asked} survey indicators are "
        "worse for "
        f"{PEOPLE[group][0]} beyond chance. {last}"
    )


def proof_words(page: WorkforcePage) -> str:
    """Say what the disclosure check found over all the counts of the page."""
    proofs = [shown.proof for shown in page.pages.values() if shown.proof is not None and not shown.proof.ranges.empty]
    if not page.rule.on:
        return page.rule.sentence()
    said = page.rule.sentence(unrounded=True)
    if not proofs:
        return said + " No cell had to be suppressed."
    cells = sum(len(proof.ranges) for proof in proofs)
    return (
        f"{said} An integer programme confirms, also for somebody who knows the exact count of every other cell, "
        f"that each of the {cells} suppressed cells can still be at least "
        f"{min(proof.smallest for proof in proofs)} different numbers."
    )


def results(page: WorkforcePage) -> list[dict[str, Any]]:
    """Return the named results of the page."""
    rows: list[dict[str, Any]] = []
    for row in page.likelihoods.itertuples():
        known = not pd.isna(row.ratio)
        ends = {"lower": row.lower, "upper": row.upper, "level": page.level} if known and not pd.isna(row.lower) else {}
        rows.append(
            {
                "name": row.indicator.lower().replace(" ", ""),
                "value": row.ratio if known else None,
                "unit": "ratio",
                "format": "{:.2f}",
                "meaning": row.outcome,
                "reason": None if known else row.words,
                **ends,
            }
        )
    for row in page.survey.itertuples():
        if pd.notna(row.difference):
            name = row.indicator.split(":")[0].lower().replace(" ", "")
            rows.append(
                {
                    "name": f"{name}_difference",
                    "value": row.difference,
                    "unit": "percentage points",
                    "format": "{:+.1f}",
                    "meaning": f"{row.indicator}; {GROUPS[page.standard][1]} less {GROUPS[page.standard][2]}",
                    "lower": row.difference_lower,
                    "upper": row.difference_upper,
                    "level": page.level,
                }
            )
    for row in page.disparity.itertuples():
        known = pd.notna(row.ratio)
        staff = "all" if row.staff == "all" else row.staff.replace("-", "")
        name = f"disparity_{staff}_{row.step.removesuffix(' bands').replace(' ', '_')}"
        ends = {"lower": row.lower, "upper": row.upper, "level": page.level} if known else {}
        rows.append(
            {
                "name": name,
                "value": row.ratio if known else None,
                "unit": "ratio",
                "format": "{:.2f}",
                "meaning": f"disparity ratio of the step from {row.step}, {row.staff} staff",
                "reason": None if known else row.reason,
                **ends,
            }
        )
    board = page.board.iloc[0]
    rows.append(
        {
            "name": "board_difference",
            "value": None if pd.isna(board["difference"]) else board["difference"],
            "unit": "percentage points",
            "format": "{:+.1f}",
            "reason": board["reason"],
            "meaning": "share of voting board members less share of staff",
        }
    )
    rows.append({"name": "finding", "value": finding(page), "unit": "", "meaning": "the finding of this page"})
    rows.append({"name": "data_kind", "value": words.kind_words(page.kind), "unit": "", "meaning": "kind of data"})
    proofs = [shown.proof.smallest for shown in page.pages.values() if shown.proof and shown.proof.smallest]
    rows.append(
        {
            "name": "smallest_range",
            "value": min(proofs, default=None),
            "unit": "whole numbers",
            "meaning": "fewest numbers that a suppressed cell of this page can still be",
            "reason": "no cell is suppressed",
        }
    )
    return rows


def likelihoods_table(page: WorkforcePage) -> pd.DataFrame:
    """Return the relative likelihoods as printed: counts, ratio with its interval, four-fifths band."""
    rows = []
    for row in page.likelihoods.itertuples():
        shown = "not shown" if pd.isna(row.ratio) else f"{row.ratio:.2f}"
        if pd.notna(row.lower):
            shown += f" ({row.lower:.2f} to {row.upper:.2f})"
        outside = "–" if row.outside is None or pd.isna(row.outside) else "outside" if row.outside else "inside"
        counts = [f"{row.group_had} of {row.group_could}", f"{row.reference_had} of {row.reference_could}"]
        rows.append((f"{row.indicator}, {row.outcome}", *counts, shown, outside))
    return pd.DataFrame(rows, columns=["indicator", "group", "reference", "ratio", "four_fifths"])


def fairness(page: WorkforcePage) -> str:
    """Say the direction of every relative likelihood in words, as a list."""
    return "\n".join(f"- {row.indicator}: {row.words}." for row in page.likelihoods.itertuples())


def survey_table(page: WorkforcePage) -> pd.DataFrame:
    """Return the survey indicators as printed, bases through the rule."""
    table = page.survey.copy()
    for column in ("group_base", "reference_base"):
        table[column] = [f"{int(value):,}" if pd.notna(value) and value else "*" for value in table[column]]
    table["group_shown"] = [_with_interval(row, "group") for row in table.to_dict("records")]
    table["reference_shown"] = [_with_interval(row, "reference") for row in table.to_dict("records")]
    table["difference_shown"] = [
        "–"
        if pd.isna(row["difference"])
        else f"{row['difference']:+.1f} ({row['difference_lower']:+.1f} to {row['difference_upper']:+.1f})".replace(
            "-", "−"
        )
        for row in table.to_dict("records")
    ]
    return table[
        [
            "indicator",
            "group_shown",
            "group_base",
            "reference_shown",
            "reference_base",
            "difference_shown",
            "worse_for",
        ]
    ]


def _with_interval(row: Mapping[str, Any], name: str) -> str:
    value = row.get(f"{name}_percent")
    if value is None or pd.isna(value):
        return "–"
    return f"{value:.1f} ({row[f'{name}_lower']:.1f} to {row[f'{name}_upper']:.1f})"


def windows_table(page: WorkforcePage) -> pd.DataFrame:
    """Return the likelihood of formal cases under an average of one and of two years."""
    rows = []
    characteristic = GROUPS[page.standard][0]
    for indicator, _outcome, over, group, reference, _verb in LIKELIHOODS[page.standard]:
        if over in ("recruitment", "training"):
            continue
        main = _window(page, over, characteristic, page.years_averaged, (group, reference))
        for years in (1, 2):
            counts = _window(page, over, characteristic, years, (group, reference))
            apart = [abs(one - other) for one, other in zip(counts, main, strict=True)]
            hidden = not (page.rule.allows(*counts[:2]) and page.rule.allows(*counts[2:]))
            # The cases of the years by which two windows differ follow from both figures: they must not be few either.
            hidden = hidden or None in [page.rule.show(number) for number in apart]
            found = standards.relative_likelihood(
                counts[0], counts[1], reference_had=counts[2], reference_could=counts[3], level=page.level
            )
            value = (None,) * 3 if hidden else (found.ratio, found.lower, found.upper)
            rows.append((indicator, years, *value, "not shown: too few cases" if hidden else found.reason or ""))
    return pd.DataFrame(rows, columns=["indicator", "years", "ratio", "lower", "upper", "reason"])


def _window(page: WorkforcePage, over: str, characteristic: str, years: int, names: tuple[str, str]) -> list[int]:
    counted = cases(page.tables, over, characteristic, years).set_index("group")
    return [int(counted.loc[name, column]) for name in names for column in ("had", "could")]
