"""The figures of this chapter's pages, each shown with caption, alternative text and data computed from its page."""

from __future__ import annotations

import pandas as pd

from compendium import plotting
from compendium.recording import text_of
from healthsys.equality import figures, figures_standards, words
from healthsys.equality.pages import review, talent, workforce, workforce_words

_KINDS = {
    "synthetic": "Synthetic data.",
    "illustrative": "Synthetic employers.",
    "published": "Published figures.",
}


def _data(kind: str, source: str = "") -> str:
    said = _KINDS.get(kind, "Your own data.")
    return f"{said} Source: {source}." if source else said


def _list(table: pd.DataFrame, label: str, value: str, format: str) -> str:
    """List the rows of a table as text: label and number."""
    return "; ".join(
        f"{row[label]} {'not shown' if pd.isna(row[value]) else text_of(row[value], format)}"
        for row in table.to_dict("records")
    )


def show_likelihoods(page: workforce.WorkforcePage) -> None:
    """Show the relative likelihoods beside the four-fifths band."""
    table = page.likelihoods.assign(label=page.likelihoods["indicator"] + ": " + page.likelihoods["outcome"])
    plotting.show(
        figures.draw_estimates,
        table,
        name="likelihoods",
        label="label",
        value="ratio",
        lower="lower",
        upper="upper",
        kind=page.kind,
        reference=1.0,
        log=True,
        band=True,
        format="{:.2f}",
        axis="Relative likelihood (1 is equal; shaded: four-fifths band)",
        caption=(
            f"Relative likelihoods with Katz's {100 * page.level:g} % intervals. The band is a United States guideline "
            f"of 1978, no rule of UK law. {_data(page.kind)}"
        ),
        alt=f"Relative likelihoods: {_list(table, 'label', 'ratio', '{:.2f}')}. One is equal likelihood.",
        drawn=table[["label", "ratio", "lower", "upper"]],
    )


def show_survey(page: workforce.WorkforcePage) -> None:
    """Show the survey indicators of both groups."""
    _, group, reference = workforce.GROUPS[page.standard]
    table = page.survey.rename(columns={"indicator": "label"})
    known = table.dropna(subset=["difference"])
    if known.empty:
        print("No figure: too few people answered.")
        return
    said = "; ".join(
        f"{row.label} {row.group_percent:.1f} and {row.reference_percent:.1f} %" for row in known.itertuples()
    )
    plotting.show(
        figures_standards.draw_pairs,
        table,
        name="survey",
        names=(group, reference),
        kind=page.kind,
        caption=f"Survey indicators of {page.year}, {group} and {reference}. {_data(page.kind)}",
        alt=f"Percent of {group} and of {reference} who gave the answer: {said}.",
        drawn=known[["label", "group_percent", "reference_percent"]],
    )


def show_representation(page: workforce.WorkforcePage) -> None:
    """Show the share of the group in every band."""
    group = workforce.GROUPS[page.standard][1]
    table = page.representation
    plotting.show(
        figures_standards.draw_representation,
        table,
        name="representation",
        group=group,
        kind=page.kind,
        caption=(
            f"Share of {group} staff by pay band over all staff of the band, those of unknown group among "
            f"them, with Wilson's {100 * page.level:g} % intervals. * is not shown. {_data(page.kind)}"
        ),
        alt=f"{group} share by pay band: {_list(table, 'band', 'percent', '{:.1f} %')}.",
        drawn=table[["band", "percent", "lower", "upper"]],
    )


def show_series(page: workforce.WorkforcePage, published: pd.DataFrame) -> None:
    """Show the national series with the system beside it."""
    table = workforce_words.national(page, published)
    name, axis = workforce_words.SERIES[page.standard][3], {"WRES": "WRES 2", "WDES": "WDES 3"}[page.standard]
    found = page.ratios[axis]
    own = None if found.lower is None else (page.year, found.ratio, found.lower, found.upper)
    beside = "" if own is None else f" The system on this page stands at {found.ratio:.2f}."
    plotting.show(
        figures_standards.draw_series,
        table,
        name="series",
        axis=name,
        own=own,
        kind=page.kind,
        caption=(
            f"{name}: England as published (filled squares), by reporting year; years that we have not "
            "seen in print are "
            f"left blank. Beside it the system of this page with its interval. {_data(page.kind)}"
        ),
        alt=f"{name}, England: {_list(table.astype({'year': int}), 'year', 'value', '{:.2f}')}.{beside}",
        drawn=table,
    )


def show_funnel(page: workforce.WorkforcePage) -> None:
    """Show the organisations in a funnel."""
    indicator = workforce.SURVEY[workforce.FUNNEL[page.standard]][0].split(": ")[1]
    group = workforce.GROUPS[page.standard][1]
    if page.funnel is None:
        print("No figure: no organisation has enough people to be shown.")
        return
    points = page.funnel.points
    outside = points[points["place"] != "inside"]["organisation"].to_list()
    said = f"{words.joined(outside)} lie outside the limits" if outside else "all lie inside the limits"
    hidden = f" Not shown: {words.joined(list(page.withheld))}." if page.withheld else ""
    listed = "; ".join(f"{row.organisation} {100 * row.value:.0f} %" for row in points.itertuples())
    plotting.show(
        figures_standards.draw_funnel,
        page.funnel,
        name="funnel",
        axis=f"{words.first_up(indicator)} (%)",
        people=f"{group} staff who answered",
        kind=page.kind,
        caption=(
            f"{words.first_up(indicator)}, {group} staff by organisation. By chance alone, 1 in 20 would lie outside "
            "the dashed limits and 1 in 500 outside the others. A funnel shows who differs by more than chance; it "
            f"ranks nobody.{hidden} {_data(page.kind)}"
        ),
        alt=(f"Funnel plot around {100 * page.funnel.target:.1f} %: {said}. {listed}."),
        drawn=workforce.funnel_drawn(page),
    )


def show_change(page: workforce.WorkforcePage) -> None:
    """Show one survey indicator over the years, the line broken where the definition breaks."""
    from healthsys.equality.standards import INDICATOR_7_BREAK

    indicator = {"WRES": "wres7", "WDES": "wdes7"}[page.standard]
    table = page.change[page.change["indicator"] == indicator].dropna(subset=["percent"])
    if table["group"].nunique() < 2:
        print("No figure: too few people answered.")
        return
    _, group, reference = workforce.GROUPS[page.standard]
    broken = INDICATOR_7_BREAK if indicator == "wres7" else None
    listed = "; ".join(f"{row.year} {row.group} {row.percent:.0f} %" for row in table.itertuples())
    rule = "The base of indicator 7 changes with the survey of 2021: two series, never one line. " if broken else ""
    plotting.show(
        figures_standards.draw_change,
        table,
        name="change",
        groups=(group, reference),
        break_year=broken,
        kind=page.kind,
        caption=f"{workforce.SURVEY[indicator][0]}, by reporting year. {rule}{_data(page.kind)}",
        alt=f"{workforce.SURVEY[indicator][0]}: {listed}.",
        drawn=table[["year", "group", "percent", "stretch"]],
    )


def show_stages(page: talent.TalentPage) -> None:
    """Show the rates of both groups at every stage."""
    table = talent.steps_table(page).iloc[:-1]
    table = table.assign(label=table["step"].str.replace(" to ", " → "))
    first, second = (words.short(page.characteristic, name) for name in page.groups)
    said = "; ".join(f"{row.step} {row.group_rate:.1f} and {row.reference_rate:.1f} %" for row in table.itertuples())
    plotting.show(
        figures.draw_stages,
        table,
        name="stages",
        names=(first, second),
        caption=f"Percent of {first} and {second} applicants who went on to the next stage. {_data(page.kind)}",
        alt=f"Rates of {first} and {second}: {said}.",
        drawn=table[["step", "group_rate", "reference_rate"]],
    )


def show_ratios(page: talent.TalentPage) -> None:
    """Show the adverse-impact ratio of every step and of the whole."""
    table = talent.steps_table(page)
    first, second = page.groups
    plotting.show(
        figures.draw_estimates,
        table,
        name="ratios",
        label="step",
        value="ratio",
        lower="lower",
        upper="upper",
        kind=page.kind,
        reference=1.0,
        log=True,
        band=True,
        format="{:.2f}",
        strong=(str(table["step"].iloc[-1]),),
        axis=f"Adverse-impact ratio, {first} over {second} (1 is equal; shaded: four-fifths band)",
        caption=(
            f"Adverse-impact ratio at each step and over the whole (last row), Katz's {100 * page.level:g} "
            "% intervals. The band is a United States guideline of 1978, no rule of UK law. "
            f"{_data(page.kind)}"
        ),
        alt=f"Adverse-impact ratios: {_list(table, 'step', 'ratio', '{:.2f}')}.",
        drawn=table[["step", "ratio", "lower", "upper"]],
    )


def show_review(table: pd.DataFrame) -> None:
    """Show the pairs of percentages that the review prints."""
    pairs = review.pairs_table(table)
    pairs = pairs.assign(label=pairs["what"])
    said = "; ".join(f"{row.what} {row.group_percent:g} and {row.reference_percent:g} %" for row in pairs.itertuples())
    plotting.show(
        figures_standards.draw_pairs,
        pairs,
        name="pairs",
        names=("BME or disabled", "white or not disabled"),
        kind="published",
        caption=(
            "Pairs of percentages as printed in the review, without the counts behind them, so without "
            "intervals. Source: "
            "Bolden et al. 2021, sections 5.2 to 5.4."
        ),
        alt=f"Printed pairs: {said}.",
        drawn=pairs[["label", "group_percent", "reference_percent"]],
    )
