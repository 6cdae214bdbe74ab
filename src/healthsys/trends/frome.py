"""Community care in Frome: what the printed figures support, and what they cannot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from compendium.plotting import COLOUR, NARROW, canvas, marker
from compendium.recording import text_of
from healthsys.errors import DataError
from healthsys.statistics import check_level

#: Quarters from April 2013 to December 2017, the period that the paper's abstract states.
QUARTERS = 19


@dataclass(frozen=True)
class Saving:
    """A change of cost between two years: in pounds, per cent, and per cent a year."""

    before: float
    after: float
    years: int

    @property
    def amount(self) -> float:
        """Pounds less in the later year."""
        return self.before - self.after

    @property
    def percent(self) -> float:
        """Change of the later year against the earlier, per cent."""
        return 100 * (self.after / self.before - 1)

    @property
    def percent_a_year(self) -> float:
        """The same as a constant yearly rate."""
        return 100 * ((self.after / self.before) ** (1 / self.years) - 1)


def cell(frame: pd.DataFrame, series: str, *, group: str = "Frome", period: str | None = None) -> float:
    """Return one printed figure.

    Raises
    ------
    DataError
        If it is not there, or not unique.
    """
    rows = frame[(frame["series"] == series) & (frame["group"] == group)]
    rows = rows if period is None else rows[rows["period"] == period]
    if len(rows) != 1:
        raise DataError(f"frome_results: {len(rows)} rows of '{series}' for {group}; expected exactly one")
    return float(rows["value"].iloc[0])


def saving(frame: pd.DataFrame) -> Saving:
    """Return the change of cost between the two printed years.

    Examples
    --------
    >>> from healthsys import datasets
    >>> found = saving(datasets.load("frome_results"))
    >>> f"{found.percent:.1f} {found.percent_a_year:.1f} {found.amount:,.0f}"
    '-20.8 -7.5 1,195,066'
    """
    before, after = (cell(frame, "admissions_cost", period=period) for period in ("2013-14", "2016-17"))
    if not (before > 0 and after > 0):
        raise DataError(f"frome_results: a cost of {min(before, after):g} pounds is not possible; allowed: above 0")
    return Saving(before, after, years=3)


def relative_change(own: float, other: float) -> dict[str, float]:
    """Compare two percentage changes: their difference in points, and the one relative to the other.

    Raises
    ------
    DataError
        If a change is below -100%, or the other one is -100%, against which nothing is relative.

    Examples
    --------
    >>> {name: round(value, 1) for name, value in relative_change(-14, 28.5).items()}
    {'points': -42.5, 'relative': -33.1}
    """
    if not (math.isfinite(own) and math.isfinite(other) and own >= -100 and other > -100):
        raise DataError(
            f"changes of {own:g} % and {other:g} % cannot be compared; allowed: -100 or more, the second above -100"
        )
    return {"points": own - other, "relative": 100 * ((1 + own / 100) / (1 + other / 100) - 1)}


def p_from_interval(
    estimate: float, lower: float, upper: float, *, df: int | None = None, level: float = 0.95, rounding: float = 0.05
) -> tuple[float, float, float]:
    """Return the two-sided p-value that an estimate and its interval imply, with the range that rounding leaves.

    Parameters
    ----------
    estimate, lower, upper
        As printed.
    df
        Degrees of freedom of Student's t; the normal distribution when None.
    level
        Coverage of the interval.
    rounding
        Half a unit of the last printed digit.

    Returns
    -------
    tuple
        p, and the smallest and largest p as the printed numbers vary within their rounding.

    Raises
    ------
    DataError
        If the interval has no width or leaves its estimate out.

    References
    ----------
    Altman DG, Bland JM. How to obtain the P value from a confidence interval. BMJ 2011;343:d2304.

    Examples
    --------
    >>> [round(p, 4) for p in p_from_interval(-7.9, -13.1, -2.8)]
    [0.0026, 0.0022, 0.0031]
    """
    check_level(level)
    if not (lower <= estimate <= upper and lower < upper):
        raise DataError(f"{estimate:g} ({lower:g} to {upper:g}) is no estimate with its interval; are columns swapped?")
    if rounding < 0 or (df is not None and df < 1):
        raise DataError(f"rounding {rounding:g} and df {df} are not possible; allowed: 0 or more, and 1 or more")
    law = stats.norm if df is None else stats.t(df)
    reach = law.ppf(0.5 + level / 2)

    def value(centre: float, width: float) -> float:
        return float(2 * law.sf(centre * 2 * reach / width)) if width > 0 else 0.0

    width, size = upper - lower, abs(estimate)
    smallest = value(size + rounding, width - 2 * rounding)
    largest = value(max(0.0, size - rounding), width + 2 * rounding)
    return value(size, width), smallest, largest


def interval_check(frame: pd.DataFrame) -> pd.DataFrame:
    """Set the printed p-values beside those that the printed intervals imply.

    Returns
    -------
    pandas.DataFrame
        ``place``, ``slope``, ``lower``, ``upper``, ``implied_normal``, ``implied_t`` (17 degrees of freedom: a line
        through 19 quarters), ``printed``, ``reading``.
    """
    rows = []
    for group, printed_name, bound in (
        ("Frome", "unplanned_admissions_slope_p_printed", False),
        ("Rest of Somerset", "unplanned_admissions_slope_p_printed_below", True),
    ):
        slope, lower, upper = (
            cell(frame, f"unplanned_admissions_slope{end}", group=group) for end in ("", "_ci_low", "_ci_high")
        )
        printed = cell(frame, printed_name, group=group)
        rounding = 0.5 if abs(slope) > 100 else 0.05
        normal, *_ = p_from_interval(slope, lower, upper, rounding=rounding)
        student, _, highest = p_from_interval(slope, lower, upper, df=QUARTERS - 2, rounding=rounding)
        if bound:
            reading = "agrees: below what is printed" if max(normal, student) < printed else "does not agree"
        elif highest >= printed - 0.0005:
            reading = "agrees within rounding"
        else:
            reading = (
                "a little smaller than printed; the conclusion is the same" if highest < 0.05 else "does not agree"
            )
        rows.append(
            {
                "place": group,
                "slope": slope,
                "lower": lower,
                "upper": upper,
                "implied_normal": normal,
                "implied_t": student,
                "printed": f"below {printed:g}" if bound else f"{printed:g}",
                "reading": reading,
            }
        )
    return pd.DataFrame(rows)


def implied_counts(frame: pd.DataFrame, *, quarters: int = QUARTERS) -> pd.DataFrame:
    """What the starting number of admissions must have been, if the printed slope ran straight from start to end.

    Slope times steps, over the printed relative change. No count is printed: this is arithmetic on an assumption.

    Examples
    --------
    >>> from healthsys import datasets
    >>> implied_counts(datasets.load("frome_results"))["start"].round(0).to_list()
    [1016.0, 14905.0]
    """
    rows = []
    for group in ("Frome", "Rest of Somerset"):
        slope = cell(frame, "unplanned_admissions_slope", group=group)
        change = cell(frame, "unplanned_admissions_change", group=group)
        if change == 0:
            raise DataError(f"frome_results: a change of 0 per cent in {group} implies no starting number")
        rows.append(
            {
                "place": group,
                "slope": slope,
                "change": change,
                "start": slope * (quarters - 1) / (change / 100),
                "total_change": slope * (quarters - 1),
            }
        )
    return pd.DataFrame(rows)


def relative_interval(
    own: float, other: float, *, before: float, other_before: float, level: float = 0.95
) -> tuple[float, float]:
    """Interval of the relative change if the admissions before were so many and counts vary as Poisson counts do.

    Parameters
    ----------
    own, other
        Printed changes, per cent.
    before, other_before
        Supposed admissions in the first period, each above 0.

    Returns
    -------
    tuple
        Lower and upper bound, per cent; real admissions vary more than Poisson counts, so these are too narrow.

    Examples
    --------
    >>> [round(bound) for bound in relative_interval(-14, 28.5, before=1000, other_before=15000)]
    [-39, -27]
    """
    check_level(level)
    if not (before > 0 and other_before > 0 and math.isfinite(before) and math.isfinite(other_before)):
        raise DataError(f"supposed admissions of {before:g} and {other_before:g} are not possible; allowed: above 0")
    if not (own > -100 and other > -100):
        raise DataError("a change of -100 per cent leaves no admissions; its logarithm has no interval")
    counts = [before, before * (1 + own / 100), other_before, other_before * (1 + other / 100)]
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(sum(1 / count for count in counts))
    centre = np.log((1 + own / 100) / (1 + other / 100))
    return tuple(float(100 * np.expm1(centre + sign * reach)) for sign in (-1, 1))


def by_supposed_count(frame: pd.DataFrame, supposed: list[int], *, level: float = 0.95) -> pd.DataFrame:
    """How wide the interval of the relative change is for several supposed numbers of admissions in Frome.

    The county's number keeps the proportion of :func:`implied_counts`.

    Raises
    ------
    DataError
        If no number is supposed, or one is not above 0.
    """
    if len(supposed) == 0:
        raise DataError("there is no supposed number of admissions; name at least one, above 0")
    start = implied_counts(frame).set_index("place")["start"]
    ratio = start["Rest of Somerset"] / start["Frome"]
    own = cell(frame, "unplanned_admissions_change")
    other = cell(frame, "unplanned_admissions_change", group="Rest of Somerset")
    rows = []
    for count in supposed:
        lower, upper = relative_interval(own, other, before=count, other_before=ratio * count, level=level)
        rows.append(
            {"supposed": count, "relative": relative_change(own, other)["relative"], "lower": lower, "upper": upper}
        )
    return pd.DataFrame(rows)


def finding(frame: pd.DataFrame) -> str:
    """Say what the printed figures support."""
    cost = saving(frame)
    own = cell(frame, "unplanned_admissions_change")
    other = cell(frame, "unplanned_admissions_change", group="Rest of Somerset")
    against = relative_change(own, other)
    return (
        f"Unplanned admissions fell by {abs(own):g} % in Frome while they rose by {other:g} % in the rest of "
        "Somerset, which "
        f"is {abs(against['relative']):.0f} % fewer than the county's course would have given; their cost was "
        f"{abs(cost.percent):.1f} % lower in 2016-17 than in 2013-14, or {abs(cost.percent_a_year):.1f} % a year over "
        f"{cost.years} years. No count is printed, so neither figure has an interval of its own."
    )


def draw_changes(frame: pd.DataFrame, *, width: int) -> Figure:
    """Draw every printed change of admissions, by place and by who printed it."""
    rows = changes(frame)
    figure, axes = canvas(width, 290 if width > NARROW else 340)
    place = np.arange(len(rows))
    for at, row in zip(place, rows.itertuples(), strict=True):
        colour = COLOUR["subject"] if row.place == "Frome" else COLOUR["comparison"]
        axes.plot([0, row.change], [at, at], color=colour, linewidth=2, linestyle="-" if row.paper else ":")
        axes.plot(
            row.change,
            at,
            markersize=9,
            **(
                marker("published", colour) | ({} if row.paper else {"marker": "o", "markerfacecolor": COLOUR["paper"]})
            ),
        )
        axes.annotate(
            text_of(row.change, "{:+g} %"),
            (row.change, at),
            xytext=(9 if row.change > 0 else -9, 0),
            textcoords="offset points",
            va="center",
            ha="left" if row.change > 0 else "right",
            fontsize=12,
        )
    axes.axvline(0, color=COLOUR["context"], linewidth=1)
    axes.set_yticks(
        place, [row.label.replace(", ", ",\n") if width == NARROW else row.label for row in rows.itertuples()]
    )
    axes.invert_yaxis()
    axes.set_xlim(-50 if width == NARROW else -42, 48)
    axes.set_xlabel("printed change of admissions (%)")
    return figure


def changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every printed change of admissions with a short label; ``paper`` marks those of the paper itself."""
    rows = frame[frame["series"].isin(["unplanned_admissions_change", "emergency_admissions_change_press"])].copy()
    rows["paper"] = rows["series"] == "unplanned_admissions_change"
    origin = rows["source"].map(
        lambda text: "paper" if "Abel" in text else "magazine" if "Resurgence" in text else "website"
    )
    rows["label"] = rows["group"].str.replace("Rest of ", "rest of ") + ", " + origin
    return rows.rename(columns={"group": "place", "value": "change"})[
        ["place", "label", "change", "period", "paper"]
    ].reset_index(drop=True)


def changes_figure(frame: pd.DataFrame) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the figure of printed changes."""
    rows = changes(frame)
    said = "; ".join(f"{row.label} {text_of(row.change, '{:+g}')} %" for row in rows.itertuples())
    return {
        "name": "changes",
        "caption": "Published data: changes of unplanned or emergency admissions as printed. Filled squares are "
        "the paper's; open "
        "circles are press and website figures for other years, shown because they differ and used for no result.",
        "alt": f"Printed changes of admissions: {said}.",
        "drawn": rows,
    }


def results(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the page records."""
    cost = saving(frame)
    against = relative_change(
        cell(frame, "unplanned_admissions_change"), cell(frame, "unplanned_admissions_change", group="Rest of Somerset")
    )
    check = interval_check(frame)
    rows = [
        ("finding", finding(frame), "", "{}", "The finding of this page"),
        ("saving", cost.amount, "pounds", "{:,.0f}", "Cost of admissions in 2013-14 less that in 2016-17, Frome"),
        ("saving_percent", abs(cost.percent), "percent", "{:.1f} %", "The same, of the cost in 2013-14"),
        (
            "saving_a_year",
            abs(cost.percent_a_year),
            "percent a year",
            "{:.1f} %",
            "The same, spread evenly over three years",
        ),
        (
            "difference_points",
            against["points"],
            "percentage points",
            "{:.1f}",
            "Change in Frome less change in the rest of Somerset",
        ),
        (
            "relative_change",
            against["relative"],
            "percent",
            "{:.1f} %",
            "Admissions in Frome against the county's course",
        ),
    ]
    entries = [
        {"name": name, "value": value, "unit": unit, "format": pattern, "meaning": meaning}
        for name, value, unit, pattern, meaning in rows
    ]
    entries.append(
        {
            "name": "implied_p_frome",
            "value": float(check["implied_t"].iloc[0]),
            "unit": "p-value",
            "format": "{:.4f}",
            "meaning": "p-value that the printed interval of Frome's slope implies (Student)",
        }
    )
    return entries
