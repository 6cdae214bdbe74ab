"""What every plot of a series over time shares: the axis of periods, the line of a change, the legend below."""

from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from healthsys.plots.style import COLOUR, is_narrow, note
from healthsys.say import number

#: Series of more points than this get smaller marks.
MANY_POINTS = 60


def mark_size(ax: Axes, points: int, *, small: float = 4.5, usual: float = 6) -> float:
    """Return the size of the marks of a series of so many points."""
    return small if is_narrow(ax) or points > MANY_POINTS else usual


def time_axis(ax: Axes, periods: pd.Series, *, title: str) -> None:
    """Lay out the axis of periods and the axis of values; ``title`` says what is measured and in what unit."""
    years = (periods.iloc[-1] - periods.iloc[0]).days / 365.25
    narrow = is_narrow(ax)
    if years > 2.6:
        ax.xaxis.set_major_locator(mdates.YearLocator(max(1, round(years / (4 if narrow else 8)))))
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    else:
        ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 7) if narrow else (1, 4, 7, 10)))
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%b\n%Y" if narrow else "%b %Y"))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 6), "{:,.10g}")))
    ax.set_title(title[:1].upper() + title[1:], fontweight="normal", fontsize=12.5, color=COLOUR["quiet"])


def change_line(ax: Axes, change: Any) -> None:
    """Draw the date of a change as a dotted line; None draws nothing."""
    if change is not None:
        ax.axvline(change, color=COLOUR["context"], linewidth=1.2, linestyle=(0, (2, 2)), zorder=1)


def event_lines(ax: Axes, events: pd.DataFrame | None) -> None:
    """Draw dates (``number``, ``date``) as faint lines behind a series, numbered at the top; None draws nothing.

    Call it once the series is drawn: the axis is raised where a line or a point would cross the numbers.
    """
    if events is None or events.empty:
        return
    bottom, top = ax.get_ylim()
    rows, height = min(len(events), 3), 72 * 0.7 * ax.get_figure().get_figheight()  # of the axes, about, in points
    share = min(0.3, (8 + 13 * rows) / height)  # of the axes for the numbers
    ax.set_ylim(bottom, max(top, (ax.dataLim.y1 - share * bottom) / (1 - share)))
    for place, (name, day) in enumerate(events[["number", "date"]].to_numpy()):
        ax.axvline(day, color=COLOUR["faint"], linewidth=1.6, zorder=0)
        below = (3, -2 - 13 * (place % 3))  # neighbouring numbers in three rows
        style = {"xycoords": ("data", "axes fraction"), "ha": "left", "va": "top", "fontsize": 11, "zorder": 1}
        note(ax, str(name), (day, 1), below, **style)


def legend_below(ax: Axes) -> None:
    """Put a legend below the axes, if there is anything to name."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2 if is_narrow(ax) else 4, handletextpad=0.4,
            columnspacing=1.2,
        )  # fmt: skip
