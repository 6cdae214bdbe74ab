"""Official layouts of referral-to-treatment waiting times, turned into tidy series."""

import re

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.io.layouts import (
    COLUMNS,
    ENGLAND,
    Reading,
    each,
    long_form,
    month_from,
    number_from,
    numbers,
    reading,
    with_england,
)

#: Group headings of the RTT overview, as found and as the indicator's first word.
_GROUPS = {
    "incomplete rtt pathways": "incomplete",
    "unique patients": "unique_patients",
    "completed admitted (unadjusted) rtt pathways": "admitted",
    "completed non-admitted rtt pathways": "non_admitted",
    "new rtt periods": "new",
    "completed admitted (adjusted) rtt pathways": "admitted_adjusted",
}


def measure_name(text: str) -> str:
    """Turn a heading of the RTT overview into the second part of an indicator name.

    >>> measure_name("% within 18 weeks with estimates for missing data"), measure_name("Median wait (weeks)")
    ('percent_within_18_weeks_estimated', 'median_wait_weeks')
    """
    words = re.sub(r"\(i\.e\..*?\)", "", text.lower()).replace("with estimates for missing data", "estimated")
    for mark, word in (("%", "percent "), ("> ", "over "), ("no. ", "number "), ("(mil)", "millions")):
        words = words.replace(mark, word)
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")


def is_overview(rows: list[list[str]]) -> int | None:
    """Return the line of an RTT overview's group headings, or None if the rows are not one."""
    for place, cells in enumerate(rows[:30]):
        given = [cell.strip().lower() for cell in cells]
        if "year" in given and "month" in given and any(cell in _GROUPS for cell in given):
            return place
    return None


def rtt_overview(rows: list[list[str]], *, top: int, label: str) -> Reading:
    """Read NHS England's consultant-led RTT overview time series, given its group headings' line (:func:`is_overview`).

    The header has two rows below a preamble, with group labels only above the first column of each group. ``-`` is
    not collected and missing; a percentage loses its sign; a censored value such as ``52+`` is missing and counted.
    Unit ``England``; indicators are group and measure, such as ``incomplete_median_wait_weeks``,
    ``incomplete_percent_within_18_weeks``, ``incomplete_total_waiting_millions``.
    """
    headings, below = [cell.strip() for cell in rows[top]], rows[top + 1]
    month = [cell.lower() for cell in headings].index("month")
    group, names = "", {}
    for place in range(month + 1, len(headings)):
        group = _GROUPS.get(headings[place].lower(), group if not headings[place] else headings[place].lower())
        if below[place].strip():
            names[place] = f"{group}_{measure_name(below[place])}"
    if len(set(names.values())) < len(names):
        raise DataError(f"{label}: two columns of the header have the same group and measure; the layout has changed")
    out, rows_in, empty, censored, marked = [], 0, 0, 0, 0
    for line, cells in enumerate(rows[top + 2 :], start=top + 3):
        if len(cells) <= month or not any(cell.strip() for cell in cells[month:]):
            continue
        marked += cells[month].strip().startswith("*")
        rows_in += 1
        period = month_from(cells[month], label=label, row=line)
        given = {place: cells[place].strip() for place in names if place < len(cells)}
        hidden = {place for place, text in given.items() if re.fullmatch(r"\d+\+", text)}
        censored += len(hidden)
        values = [
            (names[place], _number(text, label=label, row=line, name=below[place]))
            for place, text in given.items()
            if text not in ("", "-") and place not in hidden
        ]
        empty += not values
        out += [(name, ENGLAND, period, value, np.nan, np.nan) for name, value in values]
    if not out:
        raise DataError(f"{label}: the header is there but no month row below it; expected rows such as Apr-07")
    table = pd.DataFrame(out, columns=list(COLUMNS)).sort_values(["indicator", "period"], ignore_index=True)
    _as_headed(table)
    notes = (
        f"{censored} censored cells such as 52+ are taken as missing",
        f"{empty} months have no figures yet; {marked} has a footnote mark (a change of definition)",
        "every measure comes as reported and, with _estimated, with estimates for missing data",
    )
    return reading("rtt_overview", table, label, (rows_in, rows_in - empty), {"": (np.nan, np.nan)}, notes)


def _as_headed(table: pd.DataFrame) -> None:
    """Turn what a workbook stores behind its formats into what the headings say: percentages, and millions."""
    percent, largest = table["indicator"].str.contains("percent_"), table.groupby("indicator")["value"].transform("max")
    if percent.any() and table.loc[percent, "value"].max() <= 1:
        table.loc[percent, "value"] *= 100
    table.loc[table["indicator"].str.contains("millions") & (largest > 1e4), "value"] /= 1e6


def _number(text: str, *, label: str, row: int, name: str) -> float:
    number = number_from(text.rstrip("%"))
    percent = "%" in text or "%" in name
    if number is None or number < 0 or (percent and number > 100):
        said = "is not a number" if number is None else "is negative" if number < 0 else "is a share above 100"
        raise DataError(
            f"{label}: column '{name.strip()}', row {row}: '{text}' {said}; allowed: a number of 0 or more with "
            "thousands commas, a percentage up to 100, '-' or a censored value such as 52+"
        )
    return number


def _months(raw: pd.DataFrame, *, label: str) -> pd.Series:
    text = raw["Month"].str.strip() + "-" + raw["Year"].str.strip()
    return text.map(each(text, month_from, label=label))


def rtt_regions(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read waiting lists by NHS region and specialty; the ``Total`` specialty is the region, and is compared.

    Units are regions and ``England`` (own sum); indicators ``waiting_over_18_weeks``, ``waiting_over_52_weeks``.
    """
    rows = pd.DataFrame({"unit": raw["NHSER20NM"].str.strip(), "period": _months(raw, label=label)})
    measures = ["over_18", "over_52"]
    for name, column in zip(measures, ("Total waiting > 18 weeks", "Total waiting > 52 weeks"), strict=True):
        rows[name] = numbers(raw[column], label=label, name=column)
    total = raw["Treatment Function Name"].str.strip().str.lower() == "total"
    parts = rows[~total].groupby(["unit", "period"], as_index=False)[measures].sum()
    said = rows[total][measures].sum(min_count=1)
    checks = {f"pathways {name.replace('_', ' ')} weeks": (parts[name].sum(), said[name]) for name in measures}
    indicators = {"waiting_over_18_weeks": ("over_18", None), "waiting_over_52_weeks": ("over_52", None)}
    table, used = long_form(with_england(parts, measures), indicators), int((~total).sum())
    notes = ["names of specialties change in April 2021, so specialties are added up, not followed"]
    return reading("rtt_regions", table, label, (len(raw), used), checks, notes)


def rtt_flow(raw: pd.DataFrame, *, label: str) -> Reading:
    """Read completed, incomplete and new pathways by system: units are system codes and ``England`` (own sum)."""
    rows = pd.DataFrame({"unit": raw["Provider Parent Org Code"].str.strip(), "period": _months(raw, label=label)})
    measures = ["completed", "incomplete", "new"]
    for name in measures:
        rows[name] = numbers(raw[name.title()], label=label, name=name.title())
    checks = {f"{name} pathways, all months": (rows[name].sum(), np.nan) for name in measures}
    table = long_form(with_england(rows, measures), {name: (name, None) for name in measures})
    return reading("rtt_flow", table, label, (len(raw), len(rows)), checks)


def rtt_wales(rows: list[list[str]], *, label: str) -> Reading:
    """Read the StatsWales export of pathways by weeks waited: three header rows, subtotals among the week bands.

    Bands are those named in the third header row; ``.`` is nil. The sum of the bands is compared with the export's own
    ``All`` column. Unit ``Wales``; indicators ``total_waiting``, ``within_26_weeks_percent`` (of the total),
    ``waiting_over_36_weeks``.
    """
    band = rows[2]
    weeks = {place: _weeks(text) for place, text in enumerate(band) if text.strip() not in ("", ".")}
    if not weeks:
        raise DataError(
            f"{label}: the third header row names no week bands; expected the StatsWales export of RTT waits"
        )
    whole = max((place for place, text in enumerate(rows[0]) if text.strip() == "All"), default=None)
    if whole is None:
        raise DataError(f"{label}: the first header row has no column 'All' to compare with; export it too")
    out = []
    for line, cells in enumerate(rows[3:], start=4):
        if not cells or not cells[0].strip():
            continue
        if len(cells) != len(band):
            raise DataError(
                f"{label}: row {line} has {len(cells)} cells but the header {len(band)}; check quotes and commas"
            )
        period = month_from(cells[0], label=label, row=line)
        given = {place: re.sub(r"^\.$", "0", cells[place].strip()) for place in [*weeks, whole]}
        cell = {place: _number(text, label=label, row=line, name=band[place]) for place, text in given.items()}
        total = sum(cell[place] for place in weeks)
        within = sum(cell[place] for place, (_, to) in weeks.items() if to is not None and to <= 26)
        over = sum(cell[place] for place, (start, _) in weeks.items() if start >= 36)
        out.append((period, total, within, over, cell[whole]))
    wide = pd.DataFrame(out, columns=["period", "total", "within", "over", "said"]).assign(unit="Wales")
    indicators = {"total_waiting": ("total", None), "within_26_weeks_percent": ("within", "total")}
    table = long_form(wide, indicators | {"waiting_over_36_weeks": ("over", None)})
    apart = float((wide["total"] - wide["said"]).abs().max())
    checks = {"pathways, all months": (wide["total"].sum(), wide["said"].sum())}
    notes = (
        "footnote marks in month labels are dropped; their text is not in the export",
        f"the largest difference between the bands and the column 'All' in a month is {apart:g} pathways",
    )
    return reading("rtt_wales", table, label, (len(wide), len(wide)), checks, notes)


def _weeks(text: str) -> tuple[float, float | None]:
    found = [float(number) for number in re.findall(r"\d+", text)]
    return found[0], found[1] if len(found) > 1 else None
