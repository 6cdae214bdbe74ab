"""Change of climate between two waves, with an interval that respects teams."""

from collections.abc import Collection
from typing import Any

import pandas as pd
from scipy import stats

from healthsys.climate.dimensions import REVERSED, direction
from healthsys.climate.scoring import Shown, spelt_as, team_means, varies
from healthsys.errors import DataError
from healthsys.statistics import adjust, check_level, mean_interval

#: Verdicts on a change: one word where it is clear after Holm's adjustment, "taken alone" by its own interval only.
VERDICTS = ("better", "better, taken alone", "worse", "worse, taken alone", "not clear")


def change_between(
    before: Shown,
    after: Shown,
    *,
    level: float = 0.95,
    reversed: Collection[str] = REVERSED,
    labels: tuple[str, str] = ("baseline", "follow-up"),
) -> pd.DataFrame:
    """Change of each dimension between two waves: the mean of the teams' own changes, with a paired t interval.

    Only teams shown in both waves count, each once; people who left or joined are part of the change.

    Parameters
    ----------
    before, after
        The two waves, small teams suppressed.
    level
        Confidence level of the intervals.
    reversed
        The dimensions on which a lower score is better.
    labels
        What to call the two waves in an error.

    Returns
    -------
    pandas.DataFrame
        One row a dimension, largest improvement first: ``before``, ``after`` (mean of team means, points on 0-300),
        ``change``, ``lower``, ``upper``, ``teams``, ``p``, ``p_holm`` (Holm, over all dimensions), ``verdict`` (one of
        ``VERDICTS``) and ``reason``.

    Raises
    ------
    DataError
        If no team is shown in both waves, or the waves have no dimension in common.

    References
    ----------
    Murray DM. Design and Analysis of Group-Randomized Trials. Oxford 1998 (analysis of group means).

    Examples
    --------
    >>> from healthsys.climate.scoring import withhold_small_teams
    >>> people = pd.DataFrame({"respondent": range(15), "team": list("ABC") * 5, "trust_1": [1, 2, 0] * 5})
    >>> later = people.assign(trust_1=[2, 3, 0] * 5)
    >>> found = change_between(withhold_small_teams(people), withhold_small_teams(later))
    >>> found[["dimension", "before", "after", "change", "verdict"]].round(1).values.tolist()
    [['trust', 100.0, 166.7, 66.7, 'not clear']]
    """
    check_level(level)
    before = spelt_as(before, after)
    common = sorted(set(before.teams) & set(after.teams))
    if not common:
        raise DataError(
            f"no team is shown in both waves. {labels[0]} has: {', '.join(before.teams)}; {labels[1]} has: "
            f"{', '.join(after.teams)}. Spell the team names alike in both files"
        )
    means = [team_means(wave).set_index(["dimension", "team"])["mean"] for wave in (before, after)]
    dimensions = [dimension for dimension in after.dimensions if dimension in before.dimensions]
    if not dimensions:
        has = [", ".join(wave.dimensions) or "none" for wave in (before, after)]
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
    table["p_holm"] = adjust(table["p"], method="holm")
    signs = table["dimension"].map(lambda dimension: direction(dimension, reversed=reversed))
    rows = zip(table.to_dict("records"), signs, strict=True)
    table["verdict"] = [_verdict(row, sign, alpha=1 - level) for row, sign in rows]
    improvement = table["change"] * signs
    order = improvement.sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order].reset_index(drop=True)


def _verdict(row: dict[str, Any], sign: int, *, alpha: float) -> str | None:
    """Say in which direction an interval excludes zero, and whether Holm's adjustment confirms it."""
    if pd.isna(row["lower"]):
        return None
    if row["lower"] <= 0 <= row["upper"]:
        return VERDICTS[-1]
    word = "better" if (row["lower"] > 0) == (sign > 0) else "worse"
    return word if row["p_holm"] < alpha else f"{word}, taken alone"
