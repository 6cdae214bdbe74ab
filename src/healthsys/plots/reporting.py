"""Plot of a total over units of which some stop reporting."""

from typing import Any

import pandas as pd

from healthsys.plots.series import time_axis
from healthsys.plots.style import COLOUR, marker

__all__ = ["plot_reporting"]


def plot_reporting(
    shares: pd.DataFrame,
    *,
    quiet: pd.Series,
    names: dict[str, str],
    partly: pd.Series | None = None,
    kind: str = "yours",
    ax: Any,
) -> Any:
    """Draw two totals on the upper of two axes, and the share of cases whose unit reported on the lower.

    Parameters
    ----------
    shares
        By ``period``, in percent: ``steady`` (units that always reported), ``kept`` (all units counted) and
        ``answered_percent`` (cases whose unit reported).
    quiet
        Periods in which units did not report; they are shaded.
    names
        Names of ``steady`` and ``kept`` for the legend.
    partly
        Periods in which units probably reported only in part; they are shaded lightly.
    kind
        Kind of data, for the marks (:func:`healthsys.plots.style.marker`).

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> months = pd.date_range("2023-01-01", periods=3, freq="MS")
    >>> shares = pd.DataFrame({"period": months, "steady": [80.0] * 3, "kept": [80.0, 70, 80],
    ...                        "answered_percent": [100.0, 88, 100]})
    >>> names = {"steady": "always reported", "kept": "all units"}
    >>> upper, lower = plot_reporting(shares, quiet=months[1:2].to_series(), names=names, ax=Figure().subplots(2))
    >>> [line.get_label() for line in upper.lines]
    ['always reported', 'all units']
    """
    upper, lower = ax
    half = shares["period"].diff().median() / 2  # a period is shaded as wide as it is
    spans = [(quiet.min() - half, quiet.max() + half, 0.6)] if len(quiet) else []
    spans += [(day - half, day + half, 0.3) for day in (() if partly is None else partly)]
    for axes in ax:
        for start, end, alpha in spans:
            axes.axvspan(start, end, color=COLOUR["faint"], alpha=alpha, linewidth=0)
    upper.plot(
        "period", "steady", data=shares, color=COLOUR["subject"], label=names["steady"], markersize=5, **marker(kind)
    )
    upper.plot(
        "period", "kept", data=shares, color=COLOUR["comparison"], label=names["kept"], linestyle="--", marker="D",
        markersize=4,
    )  # fmt: skip
    upper.legend(loc="upper right")
    time_axis(upper, shares["period"], title="share of cases that met the standard (%)")
    lower.plot("period", "answered_percent", data=shares, color=COLOUR["context"], drawstyle="steps-mid")
    time_axis(lower, shares["period"], title="cases whose unit reported (%)")
    return ax
