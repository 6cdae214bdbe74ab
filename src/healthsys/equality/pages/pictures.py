"""The figures of this chapter's pages, each shown with caption, alternative text and data computed from its page."""

from __future__ import annotations

import pandas as pd

from compendium import plotting
from compendium.recording import text_of
from healthsys.equality import figures, words
from healthsys.equality.pages import decompose, pay, service, strata

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
