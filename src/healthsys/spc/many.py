"""Control charts of many series in one call: the calculation of :func:`healthsys.spc.xmr` on all of them at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, need_columns
from healthsys.io.steps import refuse_text
from healthsys.spc.charts import LIMIT_FACTOR, RANGE_FACTOR, SHIFT_LENGTH, TREND_LENGTH, Plan, limits_of_each
from healthsys.spc.rules import HEADINGS, LARGEST, NEAR_SHARE, RULES, rules_of_each, slack_of_each

#: Why a series has no limits.
FEW = "fewer than two observed points"
APART = "no two neighbouring observed points, so no moving range"


@dataclass(frozen=True)
class ControlCharts:
    """Charts of many series: ``points`` has a row per series and period, ``series`` a row per series."""

    points: pd.DataFrame
    series: pd.DataFrame

    @property
    def special(self) -> pd.DataFrame:
        """The points that show special-cause variation."""
        return self.points[self.points["signal"] != ""]


def xmr_many(
    frame: pd.DataFrame, *, series: str = "series", period: str = "period", value: str = "value", screen: bool = True,
    baseline: int | None = None, trend_length: int = TREND_LENGTH, shift_length: int = SHIFT_LENGTH,
) -> ControlCharts:  # fmt: skip
    """Chart many series at once (XmR), each as :func:`healthsys.spc.xmr` charts one.

    Parameters
    ----------
    frame
        A row per series and period, in any order. A period without a value is missing, as in ``xmr``; a period without
        a row is not known to exist.
    series, period, value
        The columns with the name of the series, the period (a number or date, or text such as 2024-03-01) and the
        number.
    screen, baseline, trend_length, shift_length
        As in :func:`healthsys.spc.xmr`, for every series.

    Returns
    -------
    ControlCharts
        ``points`` in the order of series and period: ``series``, ``period``, ``value``, ``moving_range``, ``mean``,
        ``lpl``, ``upl``, ``near_lower``, ``near_upper``, ``signal``, ``heading``, ``range_signal``. ``series``:
        ``series``, ``points`` (observed, that the limits are made from), ``mean``, ``mean_moving_range``, ``lpl``,
        ``upl``, ``range_upper``, ``ranges_screened``, ``signals`` (points with special-cause variation) and ``reason``,
        which says why a series has no limits.

    Raises
    ------
    DataError
        If a column is missing, a value is infinite or no number, a name or period is missing, a period occurs twice in
        a series, or an option is not possible.

    Examples
    --------
    >>> months = list(range(12)) * 2
    >>> waits = pd.DataFrame({"ward": ["A"] * 12 + ["B"] * 12, "month": months, "days": [5, 6] * 11 + [5, 20]})
    >>> found = xmr_many(waits, series="ward", period="month", value="days")
    >>> found.series["upl"].round(2).tolist(), found.series["signals"].tolist(), found.points["signal"].iloc[-1]
    ([8.16, 9.33], [0, 12], 'outside limits')
    """
    names, row, column, order, numbers = _wide(frame, series=series, period=period, value=value)
    count = np.bincount(row, minlength=len(names))
    Plan(int(count.min()), baseline=baseline, trend_length=trend_length, shift_length=shift_length)
    wide = np.full((len(names), int(count.max())), np.nan)
    wide[row, column] = numbers
    points, mean, usual, ranges, pairs, mean_range, screened = limits_of_each(wide, baseline=baseline, screen=screen)
    reason = np.where(points < 2, FEW, np.where(pairs < 1, APART, ""))
    mean, mean_range = (np.where(reason == "", one, np.nan) for one in (mean, mean_range))
    half, upper = LIMIT_FACTOR * mean_range, RANGE_FACTOR * mean_range
    level = np.where(np.isnan(usual), mean, usual)
    rule, sign = rules_of_each(
        wide, mean[:, None], half[:, None], np.where(reason == "", level, np.nan)[:, None],
        trend_length=trend_length, shift_length=shift_length,
    )  # fmt: skip
    rule, sign = (np.where((reason == "")[:, None], one, 0) for one in (rule, sign))
    signal, heading = (
        pd.Categorical.from_codes(one[row, column], list(names_)).astype("str")
        for one, names_ in ((rule, ("", *RULES)), (sign % 3, HEADINGS))
    )
    each = {"mean": mean, "lpl": mean - half, "upl": mean + half}
    each |= {"near_lower": mean - half * NEAR_SHARE, "near_upper": mean + half * NEAR_SHARE}
    found = pd.DataFrame(
        {
            "series": names.take(row), "period": frame[period].to_numpy()[order], "value": wide[row, column],
            "moving_range": ranges[row, column], **{name: one[row] for name, one in each.items()},
            "signal": signal, "heading": heading,
            "range_signal": (np.nan_to_num(ranges) > (upper + slack_of_each(wide))[:, None])[row, column],
        }
    )  # fmt: skip
    summary = {
        "series": names, "points": points, "mean": mean, "mean_moving_range": mean_range, "lpl": mean - half,
        "upl": mean + half, "range_upper": upper, "ranges_screened": screened,
        "signals": (rule > 0).sum(axis=1), "reason": reason,
    }  # fmt: skip
    return ControlCharts(found, pd.DataFrame(summary))


def _wide(
    frame: pd.DataFrame, *, series: str, period: str, value: str
) -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the names, and of each row in order of series and period: its series, its place there, where it was, its
    value."""
    need_columns(frame, (series, period, value), more=f" Columns found: {', '.join(map(str, frame.columns))}")
    if frame.empty:
        raise DataError("the table has no rows; a control chart needs at least 2 observed points a series")
    refuse_text(frame[period], name=period)
    row, names = pd.factorize(frame[series])
    when, _ = pd.factorize(frame[period], sort=True)
    for name, codes in ((series, row), (period, when)):
        if (codes < 0).any():
            raise DataError(f"column '{name}', row {int((codes < 0).argmax()) + 2}: there is none; give every row one")
    order = np.lexsort((when, row))
    row, when = row[order], when[order]
    twice = np.flatnonzero((np.diff(row) == 0) & (np.diff(when) == 0))
    if len(twice):
        at = int(order[twice[0] + 1])
        raise DataError(
            f"column '{period}', row {at + 2}: {frame[period].iloc[at]} occurs twice in series "
            f"'{frame[series].iloc[at]}'; keep one row per series and period"
        )
    numbers = pd.to_numeric(frame[value], errors="coerce")
    wrong = np.flatnonzero((numbers.isna() & frame[value].notna()) | (numbers.abs() > LARGEST))
    if len(wrong):
        raise DataError(
            f"column '{value}', row {wrong[0] + 2}: '{frame[value].iloc[wrong[0]]}' cannot be charted; allowed: "
            f"numbers up to {LARGEST:g} in size, and nothing where a period is missing"
        )
    column = np.arange(len(row)) - np.searchsorted(row, row)
    return names, row, column, order, numbers.to_numpy(dtype=float, na_value=np.nan)[order]
