"""Change of climate between two waves, with an interval that respects teams."""

from __future__ import annotations

from typing import Any

import pandas as pd

from healthsys.climate.dimensions import DIMENSIONS, direction
from healthsys.climate.scoring import Shown, spelt_as, team_means, varies
from healthsys.errors import DataError, nearest
from healthsys.statistics import check_level, mean_interval

#: What a change says: the bare words stand after Holm's adjustment, "taken alone" is by the interval only.
VERDICTS = ("better", "better, taken alone", "worse", "worse, taken alone", "not clear")


def change_between(
    before: Shown, after: Shown, *, level: float = 0.95, labels: tuple[str, str] = ("baseline", "follow-up")
) -> pd.DataFrame:
    """Change of each dimension between two waves: the mean of the teams' own changes, with a paired t interval.

    Only teams that are shown in both waves count, each once; people who left and who joined are part of the change.
    Teams whose names differ only in case, spaces or dashes are the same team.
    The interval is Student's t on the k differences of team means, with k − 1 degrees of freedom.

    Parameters
    ----------
    before, after
        The two waves, small teams withheld.
    level
        Coverage of the intervals.
    labels
        What to call the two waves in an error.

    Returns
    -------
    pandas.DataFrame
        One row a dimension: ``before`` and ``after`` (mean of team means of the same teams, points on 0-300),
        ``change``, ``lower``, ``upper``, ``teams``, ``p`` and ``p_holm`` (adjusted for all dimensions by Holm's
        method), ``verdict`` (one of :data:`VERDICTS`, conflict reversed: ``better`` and ``worse`` stand after Holm's
        adjustment, the same ``taken alone`` by their own interval only), ``reason``. Sorted by improvement, largest
        first.

    Raises
    ------
    DataError
        If no team is shown in both waves, or the waves have no dimension in common.

    References
    ----------
    Murray DM. Design and Analysis of Group-Randomized Trials. Oxford 1998 (analysis of group means).

    Examples
    --------
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> waves = [withhold_small_teams(read_survey(f"climate_survey_{w}")) for w in ("baseline", "followup")]
    >>> found = change_between(*waves)
    >>> len(found), found["teams"].unique().tolist()
    (9, [5])
    """
    from scipy import stats
    from statsmodels.stats.multitest import multipletests

    check_level(level)
    before = spelt_as(before, after)
    common = sorted(set(before.teams) & set(after.teams))
    if not common:
        raise DataError(
            f"no team is shown in both waves. {labels[0]} has: {', '.join(before.teams)}; {labels[1]} has: "
            f"{', '.join(after.teams)}. Spell the team names alike in both files"
        )
    means = [team_means(wave).set_index(["dimension", "team"])["mean"] for wave in (before, after)]
    dimensions = [column for column in DIMENSIONS if column in before.scores and column in after.scores]
    if not dimensions:
        has = [", ".join(c for c in DIMENSIONS if c in wave.scores) or "none" for wave in (before, after)]
        raise DataError(
            f"the two waves have no dimension in common. {labels[0]} has: {has[0]}; {labels[1]} has: {has[1]}. "
            "Ask the same items in both"
        )
    rows = []
    for dimension in dimensions:
        pair = pd.DataFrame({name: wave[dimension].reindex(common) for name, wave in zip("ba", means, strict=True)})
        pair = pair.dropna()
        difference = pair["a"] - pair["b"]
        found = mean_interval(difference, level=level)
        p = float(stats.ttest_1samp(difference, 0.0).pvalue) if varies(difference) else float("nan")
        ends = (pair["b"].mean(), pair["a"].mean())
        estimates = (found.estimate, found.lower, found.upper)
        rows.append((dimension, *ends, *estimates, found.n, p, found.reason))
    columns = ["dimension", "before", "after", "change", "lower", "upper", "teams", "p", "reason"]
    numbers = ["before", "after", "change", "lower", "upper", "p"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, float))
    table["p_holm"] = float("nan")
    known = table["p"].notna()
    if known.any():
        table.loc[known, "p_holm"] = multipletests(table.loc[known, "p"], method="holm")[1]
    table["verdict"] = [_verdict(row, alpha=1 - level) for row in table.to_dict("records")]
    improvement = table["change"] * table["dimension"].map(direction)
    order = improvement.sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order].reset_index(drop=True)


def _verdict(row: dict[str, Any], *, alpha: float) -> str | None:
    """Say in which direction an interval lies clear of zero, and whether Holm's adjustment leaves it so."""
    if pd.isna(row["lower"]):
        return None
    if row["lower"] <= 0 <= row["upper"]:
        return VERDICTS[-1]
    word = "better" if (row["lower"] > 0) == (direction(row["dimension"]) > 0) else "worse"
    return word if row["p_holm"] < alpha else f"{word}, taken alone"


def recovery(estimates: pd.DataFrame, truth: pd.DataFrame, *, estimate: str, known: str) -> pd.DataFrame:
    """Set estimates beside the truth that was built into synthetic data.

    Parameters
    ----------
    estimates
        ``dimension``, the column ``estimate``, ``lower`` and ``upper``.
    truth
        ``dimension`` and the column ``known``.

    Returns
    -------
    pandas.DataFrame
        ``dimension``, ``truth``, ``estimate``, ``lower``, ``upper`` and ``inside`` (does the interval hold the
        truth; missing where there is no interval).

    Raises
    ------
    DataError
        If an estimated dimension has no truth.

    Examples
    --------
    >>> found = pd.DataFrame({"dimension": ["trust"], "change": [12.0], "lower": [4.0], "upper": [20.0]})
    >>> told = pd.DataFrame({"dimension": ["trust"], "change": [16.0]})
    >>> recovery(found, told, estimate="change", known="change")["inside"].tolist()
    [True]
    """
    left = estimates[["dimension", estimate, "lower", "upper"]].rename(columns={estimate: "estimate"})
    right = truth[["dimension", known]].rename(columns={known: "truth"})
    unknown = [dimension for dimension in left["dimension"] if dimension not in set(right["dimension"])]
    if unknown:
        raise DataError(
            f"the truth has no row '{unknown[0]}'.{nearest(unknown[0], right['dimension'])} "
            "Each estimated dimension needs its truth"
        )
    table = left.merge(right, on="dimension", how="inner", validate="one_to_one")
    inside = (table["lower"] <= table["truth"]) & (table["truth"] <= table["upper"])
    table["inside"] = inside.astype("boolean").where(table["lower"].notna())
    return table[["dimension", "truth", "estimate", "lower", "upper", "inside"]]
