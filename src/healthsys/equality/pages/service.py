"""The page of published pay gaps: any year's file of the gender pay gap service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from healthsys.equality import published, readers, words
from healthsys.equality.published import Change, Placed
from healthsys.equality.readers import ServiceFile

MEASURES = {
    "median_hourly_gap": "median hourly pay gap",
    "mean_hourly_gap": "mean hourly pay gap",
    "median_bonus_gap": "median bonus gap",
    "mean_bonus_gap": "mean bonus gap",
}


@dataclass(frozen=True)
class ServicePage:
    """Everything that the page of published pay gaps shows."""

    year: ServiceFile
    before: ServiceFile | None
    measure: str
    distribution: pd.DataFrame
    placed: Placed
    change: Change | None


def open_page(source: str, *, earlier: str = "", employer: str = "", measure: str = "median_hourly_gap") -> ServicePage:
    """Read a year's file, and an earlier one where given, and work out what the page shows."""
    year = readers.read_service(source)
    before = readers.read_service(earlier) if earlier else None
    return ServicePage(
        year,
        before,
        measure,
        published.distribution(year, measure=measure),
        published.place(year, employer=employer, measure=measure),
        published.change(year, before, measure=measure) if before else None,
    )


def finding(page: ServicePage) -> str:
    """Say the middle of the distribution among health employers and among all."""
    table = page.distribution.set_index("set")
    every, health = table.loc["All employers"], table.loc["Health employers"]
    name = MEASURES[page.measure]
    if not health["with_gap"]:
        return (
            f"None of the {int(every['with_gap']):,} employers of {page.year.year} that published a "
            f"{name} is in health."
        )
    side = "smaller than" if abs(health["median"]) < abs(every["median"]) else "larger than"
    if round(health["median"], 1) == round(every["median"], 1):
        side = "the same as"
    return (
        f"{'Among invented employers, in' if page.year.kind == 'illustrative' else 'In'} {page.year.year} the median "
        f"of the {name}s that {int(health['with_gap']):,} health employers published is "
        f"{words.percent(health['median'])}, {side} the {words.percent(every['median'])} among all "
        f"{int(every['with_gap']):,}. {words.percent(health['above_zero'], decimals=0)} of health "
        "employers paid men more, "
        f"{words.percent(health['below_zero'], decimals=0)} paid women more."
        + ("" if page.year.complete else f" {words.first_up(page.year.reason)}.")
    )


def placed_words(page: ServicePage) -> str:
    """Say where one employer stands among its peers, without a rank."""
    found = page.placed
    if found.reason:
        return f"{found.employer} cannot be placed: {found.reason}."
    return (
        f"{found.employer} published {words.percent(found.gap)}. Its peers are {found.words}: the median of their gaps "
        f"is {words.percent(found.median)}, and {words.percent(found.higher, decimals=0)} a gap further "
        "in favour of men. "
        "The service publishes neither head counts nor the spread of pay, so no interval or limit can be "
        "drawn: an "
        "employer that differs from its peers may differ by chance."
    )


def change_words(page: ServicePage) -> str:
    """Say how the gap changed among the employers in both files, or why it is not compared."""
    if page.change is None:
        return "No earlier file was given."
    if page.change.reason:
        return f"Not compared: {page.change.reason}."
    table = published.change_table(page.change).set_index("set").loc["All matched"]
    if not table["employers"]:
        return f"No employer could be matched by {page.change.by}."
    return (
        f"{int(table['employers']):,} employers are in both files, matched by {page.change.by}. The middle "
        "change is "
        f"{words.percent(table['median']).replace(' %', '')} percentage points, and half of them changed "
        "by between "
        f"{words.percent(table['p25']).replace(' %', '')} and "
        f"{words.percent(table['p75']).replace(' %', '')}; "
        f"{words.percent(table['nearer_zero'], decimals=0)} came nearer to no gap. Left out: "
        f"{page.change.only_now:,} only "
        f"in the later file, {page.change.only_before:,} only in the earlier, {page.change.ambiguous:,} "
        "whose key occurs "
        "twice. Employers that grew past or fell below the threshold, merged or were renamed are not in it."
    )


def notes_table(page: ServicePage) -> pd.DataFrame:
    """Return what was read, changed and set aside in each file."""
    rows = []
    for file in (page.year, page.before):
        if file is not None:
            rows.append((file.year, "records read", file.records))
            rows.append((file.year, "records used for the gap shown", int(file.employers[page.measure].notna().sum())))
            rows += [(file.year, note, number) for note, number in file.notes.items() if number]
    return pd.DataFrame(rows, columns=["year", "what", "records"])


def sensitivity(page: ServicePage) -> pd.DataFrame:
    """Return the middle gap of health employers under other choices of measure and of what counts as health."""
    table = page.year.employers
    rows = []
    for measure, name in MEASURES.items():
        for said, chosen in (
            ("health by industry code or NHS in the name", table["health"]),
            ("NHS in the name only", table["nhs"]),
            ("health without late submissions", table["health"] & ~table["late"]),
        ):
            gap = table.loc[chosen, measure].dropna()
            rows.append((name, said, len(gap), gap.median() if len(gap) else None))
    return pd.DataFrame(rows, columns=["measure", "employers", "with_gap", "median"])


def sectors(page: ServicePage) -> pd.DataFrame:
    """Return the middle gap by sector and size band, all employers."""
    found = page.year.employers.groupby(["sector", "size"])[page.measure].agg(["count", "median"]).reset_index()
    order = {size: place for place, size in enumerate(published.SIZES)}
    found = found.sort_values(
        ["sector", "size"], key=lambda column: column.map(order) if column.name == "size" else column
    )
    return found.rename(columns={"count": "employers"}).reset_index(drop=True)


def results(page: ServicePage) -> list[dict[str, Any]]:
    """Return the named results of the page."""
    rows: list[dict[str, Any]] = []
    for entry in page.distribution.itertuples():
        key = entry.set.split()[0].lower()
        rows.append(
            {
                "name": f"median_{key}",
                "value": entry.median if entry.with_gap else None,
                "unit": "percent",
                "format": "{:.1f} %",
                "n": entry.with_gap,
                "reason": "no employer of this kind",
                "meaning": f"middle of the {MEASURES[page.measure]} among {entry.set.lower()}, {page.year.year}",
            }
        )
    if page.change is not None:
        table = published.change_table(page.change).iloc[0]
        known = bool(table["employers"])
        rows.append(
            {
                "name": "median_change",
                "value": table["median"] if known else None,
                "unit": "percentage points",
                "format": "{:+.1f}",
                "reason": page.change.reason or "no employer is in both files",
                "n": int(table["employers"]),
                "meaning": "middle change of the gap among matched employers",
            }
        )
    rows.append({"name": "finding", "value": finding(page), "unit": "", "meaning": "the finding of this page"})
    rows.append(
        {
            "name": "data_kind",
            "value": words.kind_words(page.year.kind),
            "unit": "",
            "meaning": "kind of data",
        }
    )
    return rows
