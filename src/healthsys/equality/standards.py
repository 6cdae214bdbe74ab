"""Workforce standards (WRES, WDES): representation, disparity ratios, survey, boards, change over years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from healthsys.equality.likelihood import (  # noqa: F401 (likelihoods can be imported from here too)
    FOUR_FIFTHS,
    RelativeLikelihood,
    likelihood_words,
    relative_likelihood,
    whole_count,
)
from healthsys.errors import DataError
from healthsys.statistics import check_level, two_proportions_p

#: Agenda for Change bands by level of the race disparity ratio.
LEVELS = {
    "lower": ("1", "2", "3", "4", "5"),
    "middle": ("6", "7"),
    "upper": ("8a", "8b", "8c", "8d", "9", "VSM"),
}

#: The three steps of the race disparity ratio (NHS England, WRES technical guidance, indicator 1).
STEPS = (("lower", "middle"), ("middle", "upper"), ("lower", "upper"))

#: First reporting year of WRES indicator 7 whose base holds the answers "don't know" (survey of the autumn before).
INDICATOR_7_BREAK = 2022


def proportion(part: int, base: int, *, level: float = 0.95) -> tuple[float | None, float | None, float | None]:
    """Return a percentage with its Wilson interval; all None where nobody is in the base.

    Raises
    ------
    DataError
        If a count is negative or the part is larger than its base.

    Examples
    --------
    >>> print("{:.1f} ({:.1f} to {:.1f})".format(*proportion(8, 30)))
    26.7 (14.2 to 44.4)
    """
    from statsmodels.stats.proportion import proportion_confint

    if whole_count(part, "part") > whole_count(base, "base"):
        raise DataError(f"a count of {int(part):,} is larger than its base of {int(base):,}; are the columns swapped?")
    check_level(level)
    if base == 0:
        return None, None, None
    lower, upper = proportion_confint(int(part), int(base), alpha=1 - level, method="wilson")
    return 100 * part / base, 100 * float(lower), 100 * float(upper)


def survey_indicators(
    counts: pd.DataFrame,
    *,
    groups: tuple[str, str],
    higher_is_better: Mapping[str, bool],
    level: float = 0.95,
) -> pd.DataFrame:
    """Percent of each of two groups who answered so, with Wilson intervals, and the difference in points (Newcombe).

    Parameters
    ----------
    counts
        ``indicator``, ``group``, ``answered`` (people who gave the answer), ``base`` (people who answered).
    groups
        The group and the reference group.
    higher_is_better
        For each indicator whether a larger percentage is better for the people asked.

    Returns
    -------
    pandas.DataFrame
        A row per indicator: percent, interval and base of both groups, ``difference`` (group − reference,
        percentage points) with its interval, and ``worse_for`` in words.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    rows = []
    for indicator, part in counts.groupby("indicator", sort=False):
        cells = {group: part[part["group"] == group] for group in groups}
        for group, cell in cells.items():
            if len(cell) != 1:
                raise DataError(
                    f"indicator '{indicator}' has {len(cell)} rows for '{group}'; expected one row per group"
                )
        row: dict = {"indicator": indicator}
        numbers = []
        for name, group in zip(("group", "reference"), groups, strict=True):
            answered, base = int(cells[group]["answered"].iloc[0]), int(cells[group]["base"].iloc[0])
            found = proportion(answered, base, level=level)
            row |= dict(zip((f"{name}_percent", f"{name}_lower", f"{name}_upper"), found, strict=True))
            row[f"{name}_base"] = base
            numbers += [answered, base]
        if numbers[1] and numbers[3]:
            row["difference"] = row["group_percent"] - row["reference_percent"]
            low, high = confint_proportions_2indep(
                *numbers,
                method="newcomb",
                compare="diff",
                alpha=1 - level,
                correction=False,  # no continuity correction: Newcombe's method 10
            )
            row["difference_lower"], row["difference_upper"] = 100 * float(low), 100 * float(high)
        else:
            row |= dict.fromkeys(("difference", "difference_lower", "difference_upper"), None)
        row["worse_for"] = _worse(row, groups, higher_is_better[str(indicator)])
        rows.append(row)
    return pd.DataFrame(rows)


def _worse(row: Mapping, groups: tuple[str, str], higher_is_better: bool) -> str:
    if row["difference"] is None:
        return "not calculable: nobody answered in one of the groups"
    if row["difference_lower"] <= 0 <= row["difference_upper"]:
        return "no difference beyond chance"
    return groups[0] if (row["difference"] < 0) == higher_is_better else groups[1]


def representation(
    staff: pd.DataFrame,
    *,
    by: str,
    group: str,
    level_of_interest: str,
    order: Sequence[str] = (),
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of a group in each band, over all staff of the band including those whose group is not known.

    Parameters
    ----------
    staff
        One row per person, or per combination with a column ``people``.
    by, group, level_of_interest
        The band column, the characteristic, and its level.
    order
        Bands from the lowest up.

    Returns
    -------
    pandas.DataFrame
        ``band``, ``part``, ``base`` (exact counts), ``percent`` with Wilson ``lower`` and ``upper``; last row
        ``All``.

    Examples
    --------
    >>> staff = pd.DataFrame({"band": ["5", "5", "6"], "group": ["BME", "Unknown", "White"], "people": [20, 5, 40]})
    >>> representation(staff, by="band", group="group", level_of_interest="BME")[["band", "percent"]].values.tolist()
    [['5', 80.0], ['6', 0.0], ['All', 30.76923076923077]]
    """
    people = staff["people"] if "people" in staff else pd.Series(1, index=staff.index)
    inside = (staff[group] == level_of_interest).to_numpy()
    bands = [band for band in order if (staff[by] == band).any()]
    bands += sorted(set(staff[by].dropna()) - set(bands))
    rows = []
    for band in (*bands, "All"):
        here = np.ones(len(staff), dtype=bool) if band == "All" else (staff[by] == band).to_numpy()
        part, base = int(people[here & inside].sum()), int(people[here].sum())
        rows.append((band, part, base, *proportion(part, base, level=level)))
    return pd.DataFrame(rows, columns=["band", "part", "base", "percent", "lower", "upper"])


def disparity_ratio(
    counts: pd.DataFrame, *, group: str, reference: str, step: tuple[str, str], level: float = 0.95
) -> RelativeLikelihood:
    """Disparity ratio of a step up the bands: (reference upper / reference lower) / (group upper / group lower).

    Above 1, the reference group is better represented after the step. It is a ratio of two ratios of counts;
    the interval is the one of an odds ratio (Woolf), since the four counts are separate groups of people. WRES
    indicator 1 asks for the three :data:`STEPS`, for clinical and for non-clinical staff.

    Parameters
    ----------
    counts
        ``band``, ``group``, ``people``.
    group, reference
        Levels of ``group``, such as ``BME`` and ``White``.
    step
        Two keys of :data:`LEVELS`, such as ``("lower", "middle")``.
    level
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    RelativeLikelihood
        ``ratio`` is dimensionless; 1 means equal representation. Where one of the four counts is zero there is no
        ratio and ``reason`` says which. ``p`` is Fisher's exact p of the four counts.

    Raises
    ------
    DataError
        If ``level`` is not between 0 and 1.

    References
    ----------
    Woolf B. Annals of Human Genetics 1955;19:251-253.

    Examples
    --------
    >>> counts = pd.DataFrame({"band": ["5", "6"] * 2, "people": [400, 300, 200, 100]})
    >>> counts["group"] = ["White", "White", "BME", "BME"]
    >>> found = disparity_ratio(counts, group="BME", reference="White", step=("lower", "middle"))
    >>> f"{found.ratio:.2f} ({found.lower:.3f} to {found.upper:.3f})"
    '1.50 (1.130 to 1.990)'
    """
    from statsmodels.stats.contingency_tables import Table2x2

    check_level(level)
    numbers = {}
    for name in (reference, group):
        for tier in step:
            chosen = (counts["group"] == name) & counts["band"].isin(LEVELS[tier])
            numbers[name, tier] = int(counts.loc[chosen, "people"].sum())
    if min(numbers.values()) == 0:
        where = next(key for key, value in numbers.items() if value == 0)
        return RelativeLikelihood(None, None, None, f"nobody of the group {where[0]} is in the {where[1]} bands")
    lower_tier, upper_tier = step
    had, could = numbers[reference, upper_tier], numbers[reference, lower_tier]
    other_had, other_could = numbers[group, upper_tier], numbers[group, lower_tier]
    table = Table2x2(
        np.array([[had, could], [other_had, other_could]], dtype=float),
        shift_zeros=False,  # the default adds 0.5 to every cell where one is zero
    )
    low, high = table.oddsratio_confint(alpha=1 - level, method="normal")
    others = {"reference_had": other_had, "reference_could": other_had + other_could}
    p = two_proportions_p(had, had + could, method="fisher", **others).p
    return RelativeLikelihood(float(table.oddsratio), float(low), float(high), None, p)


def board_difference(members: int, board: int, staff: int, workforce: int) -> tuple[float | None, str | None]:
    """WRES 9, WDES 10: share of voting board members minus share of the workforce, percentage points.

    Examples
    --------
    >>> board_difference(2, 20, 210, 1000)
    (-11.0, None)
    """
    top, bottom = proportion(members, board)[0], proportion(staff, workforce)[0]
    if top is None or bottom is None:
        return (
            None,
            "not calculable: the board has no voting member" if top is None else "not calculable: nobody is employed",
        )
    return top - bottom, None


def averaged(counts: pd.DataFrame, *, years: int) -> pd.DataFrame:
    """Cases averaged over the last so many years, as a whole number of cases over the sum of the years.

    WDES 3 averages cases over two years; WRES 3 has used one and two. Summing cases and summing the staff who
    could have had one gives the same ratio as averaging both.

    Parameters
    ----------
    counts
        ``year``, ``group``, ``had``, ``could``.
    years
        How many years back from the last one.

    Raises
    ------
    DataError
        If there are not that many years.
    """
    last = sorted(counts["year"].unique())
    if len(last) < years:
        raise DataError(f"there are counts for {len(last)} years; an average over {years} needs {years}. Choose fewer")
    inside = counts[counts["year"].isin(last[-years:])]
    return inside.groupby("group", as_index=False, sort=False)[["had", "could"]].sum()


def segments(series: pd.DataFrame, *, breaks: Sequence[int] = (), years: Sequence[int] | None = None) -> pd.DataFrame:
    """Lay out a yearly series with its gaps left blank and a number for each comparable stretch.

    Parameters
    ----------
    series
        ``year`` and ``value``; a year that is not there stays blank.
    breaks
        First years of a new definition; values before and after are never joined.

    Returns
    -------
    pandas.DataFrame
        ``year``, ``value`` (missing where not published), ``stretch`` (a new number after a break in
        definition).

    Examples
    --------
    >>> given = pd.DataFrame({"year": [2016, 2018, 2022], "value": [1.57, 1.45, 1.54]})
    >>> segments(given, breaks=[2022])["stretch"].tolist()
    [1, 1, 1, 1, 1, 1, 2]
    """
    span = list(years) if years is not None else list(range(int(series["year"].min()), int(series["year"].max()) + 1))
    found = pd.DataFrame({"year": span}).merge(series[["year", "value"]], on="year", how="left")
    found["stretch"] = [1 + sum(year >= start for start in breaks) for year in found["year"]]
    return found
