"""The figures of this chapter's pages, each shown with caption, alternative text and data computed from its page."""

from __future__ import annotations

import pandas as pd

from compendium import plotting
from compendium.recording import text_of
from healthsys.equality import figures, figures_standards, words
from healthsys.equality.pages import (
    decompose,
    pay,
    review,
    service,
    strata,
    talent,
    workforce,
    workforce_words,
)

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


def show_quarters(page: pay.PayPage) -> None:
    """Show the pay quarters."""
    table = pay.quarters_table(page)
    low = page.names[1]
    plotting.show(
        figures.draw_quarters,
        table,
        name="quarters",
        names=page.names,
        caption=(
            f"Share of {low} and of {page.names[0]} in each pay quarter, full-pay employees. "
            f"{_data(page.kind, page.source)}"
        ),
        alt=f"Share of {low} by pay quarter: {_list(table, 'quarter', 'group_percent', '{:.1f} %')}.",
        drawn=table[["quarter", "group_percent", "comparator_percent"]],
    )


def show_distribution(page: pay.PayPage) -> None:
    """Show hourly pay along the distribution, and the gap there."""
    table = page.distribution
    high, low = page.names
    if table.empty:
        print("Too few people in one of the groups to show a distribution.")
        return
    most = table.loc[table["gap"].abs().idxmax()]
    plotting.show(
        figures.draw_distribution,
        table,
        name="distribution",
        names=page.names,
        caption=(
            f"Hourly pay of {high} and of {low} at each step of their own distributions, and the gap at "
            "that step in "
            f"percent of the pay of {high}. No step rests on fewer people than the disclosure rule shows. "
            f"{_data(page.kind, page.source)}"
        ),
        alt=(
            f"Two rising lines of hourly pay. The gap is {words.percent(table['gap'].iloc[0])} at the "
            "lowest step and "
            f"{words.percent(table['gap'].iloc[-1])} at the highest; it is widest, "
            f"{words.percent(most['gap'])}, where "
            f"{most['percentile']:.0f} percent of each group are paid less."
        ),
        drawn=table,
    )


def show_groups(page: pay.PayPage) -> None:
    """Show the median gap of every group against the comparator."""
    table = pay.groups_table(page).iloc[1:].reset_index(drop=True)
    high = page.names[0]
    plotting.show(
        figures.draw_estimates,
        table,
        name="groups",
        label="group",
        value="median_gap",
        lower="median_lower",
        upper="median_upper",
        kind=page.kind,
        axis=f"Median hourly pay gap against {high} (percent; right of the line: paid less)",
        caption=(
            f"Median hourly pay gap of each group against {high}, with {100 * page.level:g} % bootstrap "
            "intervals, which "
            "are no part of any statutory figure. Groups with too few people show *. "
            f"{_data(page.kind, page.source)}"
        ),
        alt=f"Median hourly pay gaps against {high}: {_list(table, 'group', 'median_gap', '{:.1f} %')}.",
        drawn=table[["group", "median_gap", "median_lower", "median_upper"]],
    )


def show_levels(page: pay.PayPage) -> None:
    """Show the mean gap by band or grade, and of all."""
    table = pay.levels_table(page)
    plotting.show(
        figures.draw_estimates,
        table,
        name="levels",
        label="level",
        value="mean_gap",
        strong=("All",),
        kind=page.kind,
        axis=f"Mean hourly pay gap of {page.names[1]} (percent; right of the line: paid less)",
        caption=(
            f"Mean hourly pay gap of {page.names[1]} against {page.names[0]} inside each band or grade, "
            "and over all of "
            f"them. * is not shown: too few people. {_data(page.kind, page.source)}"
        ),
        alt=f"Mean hourly pay gap by band or grade: {_list(table, 'level', 'mean_gap', '{:.1f} %')}.",
        drawn=table[["level", "mean_gap"]],
    )


def show_explained(page: decompose.DecompositionPage) -> None:
    """Show how much of the gap goes with each characteristic."""
    table = decompose.detail_table(page)
    plotting.show(
        figures.draw_estimates,
        table,
        name="explained",
        label="name",
        value="explained",
        lower="explained_lower",
        upper="explained_upper",
        kind=page.kind,
        format="{:.3f}",
        axis="Part of the gap in log hourly pay (log points)",
        caption=(
            f"Explained part of the gap between {page.names[0]} and {page.names[1]} by characteristic, "
            "twofold split, "
            f"{100 * page.level:g} % bootstrap intervals. {_data(page.kind, page.source)}"
        ),
        alt=f"Explained part of the gap in log points: {_list(table, 'name', 'explained', '{:.3f}')}.",
        drawn=table[["name", "explained", "explained_lower", "explained_upper"]],
    )


def show_strata(page: strata.StrataPage) -> None:
    """Show the gap of every stratum against the comparator."""
    table = strata.gaps_table(page)
    first = table["stratum"].iloc[0]
    table = table.iloc[1:].reset_index(drop=True)
    plotting.show(
        figures.draw_estimates,
        table,
        name="strata",
        label="stratum",
        value="gap",
        lower="lower",
        upper="upper",
        kind=page.kind,
        axis=f"Hourly pay gap against {first} (percent; right of the line: paid less)",
        caption=(
            f"Hourly pay gap of each stratum against {first}, {100 * page.level:g} % bootstrap intervals. "
            "* is not shown: "
            f"too few people. {_data(page.kind, page.source)}"
        ),
        alt=f"Hourly pay gaps against {first}: {_list(table, 'stratum', 'gap', '{:.1f} %')}.",
        drawn=table[["stratum", "gap", "lower", "upper"]],
    )


def show_residuals(page: strata.StrataPage) -> None:
    """Show what additive effects leave of each stratum."""
    table = strata.residuals_table(page)
    model = list(page.models)[-1].lower()
    plotting.show(
        figures.draw_estimates,
        table,
        name="residuals",
        label="stratum",
        value="residual",
        lower="lower",
        upper="upper",
        kind=page.kind,
        format="{:+.1f}",
        axis="Pay beyond the sum of the single effects (percent; left of the line: less)",
        caption=(
            f"What the model '{model}' leaves of each stratum, shrunk towards nought, with "
            f"{100 * page.level:g} % "
            f"intervals. {_data(page.kind, page.source)}"
        ),
        alt=f"Pay beyond the sum of the single effects: {_list(table, 'stratum', 'residual', '{:+.1f} %')}.",
        drawn=table,
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


def show_spread(page: service.ServicePage) -> None:
    """Show the distribution of the gap over sets of employers."""
    table = page.distribution
    name = service.MEASURES[page.measure]
    plotting.show(
        figures.draw_spread,
        table,
        name="spread",
        kind=page.year.kind,
        axis=f"{words.first_up(name)} (percent; right of nought: men paid more)",
        caption=(
            f"{words.first_up(name)} of {page.year.year}: middle (mark), middle half (thick), tenth to "
            "ninetieth percentile "
            f"(thin), with the number of employers. {_data(page.year.kind)}"
        ),
        alt=f"Middle {name}: {_list(table, 'set', 'median', '{:.1f} %')}.",
        drawn=table,
    )


def show_peers(page: service.ServicePage) -> None:
    """Show one employer in the distribution of its peers."""
    found = page.placed
    gaps = found.peers[page.measure].dropna()
    name = service.MEASURES[page.measure]
    if found.median is None:
        print(f"No figure: {found.reason}.")
        return
    plotting.show(
        figures.draw_peers,
        gaps,
        name="peers",
        value=found.gap,
        employer=found.employer,
        kind=page.year.kind,
        axis=f"{words.first_up(name)} (percent)",
        caption=(
            f"{words.first_up(name)} of {found.employer} among {len(gaps):,} other {found.words}, "
            f"{page.year.year}; the "
            "outermost hundredth at each end is drawn at the edge. No limits: neither head counts nor "
            "spread are "
            f"published. {_data(page.year.kind)}"
        ),
        alt=(
            f"{found.employer} published {words.percent(found.gap)}; the middle of its peers is "
            f"{words.percent(found.median)}, and {words.percent(found.higher, decimals=0)} of them "
            "published more."
        ),
        drawn=pd.DataFrame({"gap": gaps.to_numpy()}),
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
