"""The intersectional page: gaps where characteristics cross, and the multilevel model of the strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from healthsys import disclosure
from healthsys.disclosure import Page, Printed, Rule
from healthsys.equality import intersectional, readers, words
from healthsys.equality.intersectional import JOINED_BY, Strata
from healthsys.equality.pages.pay import _levels
from healthsys.equality.pay_gap import full_pay_mask
from healthsys.equality.payroll import level_of
from healthsys.errors import DataError, nearest


@dataclass(frozen=True)
class StrataPage:
    """Everything that the intersectional page shows; the models are of the logarithm of hourly pay."""

    by: list[str]
    comparator: list[str]
    measure: str
    gaps: pd.DataFrame
    models: dict[str, Strata]
    share: float | None
    share_words: str
    shown: Page
    rule: Rule
    level: float
    left_out: int
    kind: str
    source: str
    truth: pd.DataFrame | None
    notes: tuple[str, ...] = ()

    @property
    def main(self) -> Strata:
        """The model with additive effects."""
        return self.models["Main effects"]


def open_page(
    source: str,
    *,
    by: list[str],
    comparator: list[str],
    measure: str = "median",
    adjust: list[str],
    unknown_too: bool = False,
    rule: str = "hes",
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
    truth: pd.DataFrame | None = None,
) -> StrataPage:
    """Read a staff file, form strata of the characteristics ``by`` and fit the models.

    People whose characteristic is not stated are left out and counted, unless ``unknown_too``. ``adjust``
    names characteristics (such as ``level``) that a third model holds fixed beside the additive effects.
    """
    staff = readers.read_payroll(source, characteristics=by)
    provenance = staff.attrs["provenance"]
    chosen = disclosure.rule(rule)
    if len(by) != len(comparator):
        raise DataError(
            f"by names {len(by)} characteristics but comparator {len(comparator)} levels; give one level of each"
        )
    staff = staff.assign(level=_levels(staff))
    for name in adjust:
        if name not in staff:
            raise DataError(
                f"{provenance['title']}: there is no column '{name}' for the last model to hold fixed."
                f"{nearest(name, staff.columns)} Name in 'adjust' only columns that the file has, or set adjust=[] "
                f"to go without that model. Columns found: {', '.join(map(str, staff.columns))}"
            )
    comparator = [level_of(staff, name, given) for name, given in zip(by, comparator, strict=True)]
    full = staff[full_pay_mask(staff) & staff["hourly_pay"].notna().to_numpy()]
    for name in () if unknown_too else by:
        if name in full:
            full = full[~full[name].isin(words.unknown(name)) & full[name].notna()]
    left_out = len(staff) - len(full)
    options = {"measure": measure, "level": level, "resamples": resamples, "seed": seed}
    gaps = intersectional.stratum_gaps(full, by=by, comparator=comparator, rule=chosen, **options)
    people, _ = intersectional.with_strata(full, by)
    people = people.assign(log_pay=np.log(people["hourly_pay"]))
    models = {
        "Null": intersectional.fit_strata(people, outcome="log_pay", level=level),
        "Main effects": intersectional.fit_strata(people, outcome="log_pay", additive=by, level=level),
    }
    if adjust:
        known = people.dropna(subset=adjust)
        additive = [*by, *adjust]
        models["Main effects, same place"] = intersectional.fit_strata(
            known, outcome="log_pay", additive=additive, level=level
        )
    share, said = intersectional.additive_share(models["Null"], models["Main effects"])
    shown = disclosure.protect(people, tables=[Printed("strata", tuple(by))], rule=chosen)
    return StrataPage(
        by,
        comparator,
        measure,
        gaps,
        models,
        share,
        said,
        shown,
        chosen,
        level,
        left_out,
        provenance["kind"],
        provenance["title"],
        truth,
        tuple(staff.attrs.get("notes", ())),
    )


def name_of(page: StrataPage, stratum: str) -> str:
    """Return a stratum's label from its codes."""
    return JOINED_BY.join(words.short(name, code) for name, code in zip(page.by, stratum.split(JOINED_BY), strict=True))


def _cell(page: StrataPage, stratum: str) -> dict[str, str]:
    return dict(zip(page.by, stratum.split(JOINED_BY), strict=True))


def gaps_table(page: StrataPage) -> pd.DataFrame:
    """Return the gaps as printed: the comparator first, then the strata in the order of their codes."""
    table = page.gaps.copy()
    hidden = [page.shown.shown(_cell(page, stratum)) for stratum in table["stratum"]]
    table["people"] = [disclosure.shown_text(count) for count in hidden]
    table["stratum"] = [name_of(page, stratum) for stratum in table["stratum"]]
    return words.without_empty(table[["stratum", "people", "pay", "gap", "lower", "upper", "holm", "bh", "reason"]])


def models_table(page: StrataPage) -> pd.DataFrame:
    """Return variances between and within strata, the partition, and what additive effects account for."""
    null = page.models["Null"]
    rows = []
    for name, model in page.models.items():
        vpc = None if model.vpc is None else 100 * model.vpc
        change = None if name == "Null" or not null.between else 100 * (null.between - model.between) / null.between
        rows.append((name, model.between, model.within, vpc, change, model.reason or ""))
    columns = ["model", "between", "within", "vpc", "accounted", "remark"]
    return words.without_empty(pd.DataFrame(rows, columns=columns), "remark")


def residuals_table(page: StrataPage, *, model: str = "") -> pd.DataFrame:
    """Return what the additive effects leave of each stratum large enough to show, in percent of pay."""
    chosen = page.models[model or list(page.models)[-1]]
    table = chosen.residuals.copy()
    table["people"] = [page.shown.shown(_cell(page, stratum)) for stratum in table["stratum"]]
    table = table[table["people"].notna()]
    for column in ("residual", "lower", "upper"):
        table[column] = 100 * (np.exp(table[column]) - 1)
    table["stratum"] = [name_of(page, stratum) for stratum in table["stratum"]]
    return table[["stratum", "residual", "lower", "upper"]].reset_index(drop=True)


def finding(page: StrataPage) -> str:
    """Say which stratum stands furthest below the comparator and how much lies between strata."""
    shown = page.gaps.iloc[1:].dropna(subset=["gap"])
    first = name_of(page, page.gaps["stratum"].iloc[0])
    null = page.models["Null"]
    if 0 < page.gaps["people"].iloc[0] <= page.rule.highest:
        return f"The gaps are not shown: too few people are in the stratum compared with, {first}."
    if shown.empty:
        return f"No stratum beside {first} has enough people to show."
    worst = shown.loc[shown["gap"].idxmax()]
    share = (
        ""
        if page.share is None
        else (
            " The single characteristics added together account for "
            f"{words.percent(100 * page.share, decimals=0)} of the "
            f"difference between strata: {page.share_words}."
        )
    )
    return words.in_these(page.kind) + (
        f"{name_of(page, worst['stratum'])} staff stand furthest below {first} staff: "
        f"{words.percent(worst['gap'])} in "
        f"{page.measure} hourly pay ({words.interval(worst['lower'], worst['upper'], page.level)}). "
        f"{words.percent(100 * null.vpc)} of the variance of log pay lies between the {null.strata} "
        "strata; the rest lies "
        f"inside them.{share}"
    )


def truth_words(page: StrataPage) -> str:
    """Say what the generator built in and whether the last model finds it."""
    if page.truth is None or page.by[:2] != ["sex", "ethnic_group"]:
        return "There is no known truth to score these strata on."
    built = 100 * (np.exp(page.truth.set_index("name")["value"]["pay_black_women"]) - 1)
    table = residuals_table(page).set_index("stratum")
    name = JOINED_BY.join(("Women", "Black"))
    if name not in table.index:
        return "The stratum in which an interaction was built in is too small to show."
    row = table.loc[name]
    limits = words.interval(row["lower"], row["upper"], page.level)
    return (
        f"Built in: Black women are paid {words.percent(built)} of pay beyond both single effects. What "
        "the last model "
        f"leaves for them is {words.percent(row['residual'])} ({limits}). It is smaller, because the "
        "additive effects of "
        "the model take up a part of every interaction, and the rest is shrunk towards nought: the model "
        "shows that a "
        "stratum deviates, not by how much it would without the other effects."
    )


def note(page: StrataPage) -> str:
    """Say who was left out and what the disclosure rule did."""
    notes = "".join(f" {words.first_up(note).rstrip('.')}." for note in page.notes)
    return (
        f"{page.rule.text(page.left_out)} people were left out: not on full pay, without a rate, or a "
        f"characteristic not stated.{notes} {page.shown.sentence()}"
    )


def results(page: StrataPage) -> list[dict[str, Any]]:
    """Return the named results of the page."""
    null, main = page.models["Null"], page.main
    people = page.rule.show(null.people)
    rows: list[dict[str, Any]] = [
        {
            "name": "vpc_null",
            "value": None if null.vpc is None else 100 * null.vpc,
            "unit": "percent of the variance",
            "format": "{:.1f} %",
            "meaning": "variance of log hourly pay between strata, null model",
            "n": people,
            "reason": null.reason,
        },
        {
            "name": "vpc_main",
            "value": None if main.vpc is None else 100 * main.vpc,
            "unit": "percent of the variance",
            "format": "{:.1f} %",
            "meaning": "variance between strata left by additive effects",
            "n": people,
            "reason": main.reason,
        },
        {
            "name": "additive_share",
            "value": None if page.share is None else 100 * page.share,
            "unit": "percent of the variance between strata",
            "format": "{:.0f} %",
            "meaning": "what the additive effects account for",
            "n": people,
            "reason": page.share_words,
        },
        {"name": "finding", "value": finding(page), "unit": "", "meaning": "the finding of this page"},
        {"name": "data_kind", "value": words.kind_words(page.kind), "unit": "", "meaning": "kind of data"},
    ]
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
