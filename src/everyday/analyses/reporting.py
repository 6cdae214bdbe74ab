"""A step that no service took: units stop reporting, and their cases stay in the denominator."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compendium import datasets
from compendium.plotting import NARROW, canvas
from healthsys.errors import DataError
from healthsys.io import check_series, from_ends, regular, require, row_of, step_of, total_units
from healthsys.io.checks import TOTAL_NAMES
from healthsys.io.series import refuse_spellings, refuse_values
from healthsys.its.interrupted import REFUSE_BELOW, segmented
from healthsys.plots.style import COLOUR, marker
from healthsys.say import capital, count, percent_of, period

#: The three ways to make one series out of units of which some pause, with what each is called on a page.
WAYS = {
    "kept": "all units summed, the silent ones kept in the denominator",
    "left_out": "units left out while they are silent",
    "steady": "units that report throughout",
}

#: The bundled data set, and the layout of a reader's own file.
LAYOUT = "ae_type1_reporting"

#: What a reader's own file must hold; further columns of the layout may be left out.
_NEEDED = ("unit", "period", "numerator", "denominator")

#: Units of these names are the sum of the others, and not one of four countries.
_TOTALS = set(TOTAL_NAMES) - {"england", "wales"}

#: What the page says of the bundled data set, and of no other.
_BUNDLED = {
    "source": "Published data: NHS England A&E returns, major departments (type 1), by trust and quarter",
    "measure": "four-hour performance in England",
    "data": "The figures are published returns, summed over trusts. From May 2019 fourteen trusts at a time tested new "
    "standards and reported no four-hour figures for four years; their attendances went on being counted.",
    "edges": "Where the silence begins the model has few periods before and a pandemic after: read its intervals, not "
    "its steps.",
    "checks": "The reader for the trust panel takes such zeros as missing and says how many. A break of this kind is "
    "listed by hand for the monthly series of this book, which is why the page on emergency departments in England "
    "stops before it.",
    "limits": "- The units that report throughout are not all of England. Whether the silent ones did better or worse "
    "meanwhile is unknown; just before and after, their shares lie close to the others'.\n"
    "- The pandemic falls into the silence. The comparison of two series over the same dates does not need it "
    "explained; the steps of the models do.\n"
    "- Attendances of two quarters in 2022 are of fewer months in the panel, which leaves shares as they are.\n"
    "- The panel is a third party's collection of official returns; its beds equal the official figures where both "
    "were seen, its four-hour shares were not compared.",
}


def open_reporting(source: str) -> pd.DataFrame:
    """Return units and periods from a bundled data set, or from a reader's own CSV file, checked.

    Parameters
    ----------
    source
        A name of the catalogue in the layout of ``ae_type1_reporting``, or the path of a CSV file with ``unit``,
        ``period`` (first day), ``numerator`` (blank where the unit reports none), ``denominator``; optionally
        ``answered``.

    Returns
    -------
    pandas.DataFrame
        As :func:`check_reporting`, with provenance in ``attrs``.

    Raises
    ------
    DataError
        As :func:`compendium.datasets.read` and :func:`check_reporting`, and if the periods are of mixed length.

    Examples
    --------
    >>> open_reporting("ae_type1_reporting")["unit"].unique().tolist()
    ['all others', 'field test']
    """
    schema = datasets.describe(LAYOUT)["schema"]
    fields = [field if field["name"] in _NEEDED else {**field, "optional": True, "constraints": {}}
              for field in schema["fields"]]  # fmt: skip
    frame = datasets.read(source, layout=LAYOUT, schema={**schema, "fields": fields})
    label = frame.attrs["provenance"]["name"]
    refuse_spellings(frame, ["unit"], label=label)
    named = frame.assign(indicator="numerator over denominator", value=float("nan"))
    refuse_values(named[[*_NEEDED, "indicator", "value"]], label=label)
    _refuse_total(frame, label=label)
    checked = check_reporting(from_ends(frame, by=["unit"]), label=label)
    days = pd.DataFrame({"period": checked["period"].unique(), "value": 1.0})
    require(check_series(days), label=label)
    checked.attrs = frame.attrs
    return checked


def _refuse_total(frame: pd.DataFrame, *, label: str) -> None:
    """Raise if a unit is the sum of the others: every case would count twice."""
    by_name = [unit for unit in frame["unit"].unique() if str(unit).strip().casefold() in _TOTALS]
    doubled = frame.duplicated(["unit", "period"]).any()
    by_sum = [] if by_name or doubled else total_units(frame, unit="unit", value="denominator")
    for unit in [*by_name, *by_sum]:
        place = int((frame["unit"] == unit).to_numpy().argmax())
        said = "has the name of a total" if by_name else "equals the sum of the others in every period"
        raise DataError(
            f"{label}: column 'unit', row {row_of(frame, place)}: '{unit}' {said}; its cases would count "
            "twice. Remove its rows"
        )


def told(frame: pd.DataFrame, *, source: str = "", measure: str = "") -> dict[str, str]:
    """Return what a page says of its data: of the bundled data set what is known, of another only what is in it.

    Parameters
    ----------
    frame
        From :func:`open_reporting`.
    source, measure
        What the caption and the finding call the data and the share; chosen here where empty.

    Returns
    -------
    dict
        ``source``, ``measure``, ``data``, ``edges``, ``checks``, ``limits``: sentences.

    Examples
    --------
    >>> told(open_reporting("ae_type1_reporting"))["measure"]
    'four-hour performance in England'
    """
    known = frame.attrs["provenance"]
    words = dict(_BUNDLED)
    if known["name"] != LAYOUT:
        own = known["kind"] == "yours"
        words = {
            "source": f"{'Your own data: ' if own else ''}{known['title']}",
            "measure": "performance",
            "data": f"The data are {'your own: ' if own else ''}{known['title']}, {frame['unit'].nunique()} units.",
            "edges": "Where an edge has few periods on one side, read the interval and not the step.",
            "checks": "",
            "limits": "The units that report throughout are not all units: whether the silent ones did better or worse "
            "meanwhile is unknown.",
        }
    return words | {name: given for name, given in (("source", source), ("measure", measure)) if given}


def check_reporting(frame: pd.DataFrame, *, label: str = "the data") -> pd.DataFrame:
    """Return units and periods with what was answered made explicit, in order.

    Parameters
    ----------
    frame
        ``unit``, ``period`` (timestamps), ``numerator``, ``denominator`` and optionally ``answered``: cases of the
        denominator whose numerator is known. Without ``answered``, a unit with cases and a numerator that is missing
        or 0 is taken as silent in that period.
    label
        What errors call the data.

    Raises
    ------
    DataError
        If a unit has two rows for a period, a denominator is not above 0, or a numerator exceeds what was answered.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["A", "B"], "period": pd.to_datetime(["2020-01-01"] * 2),
    ...                      "numerator": [8, 0], "denominator": [10, 10]})
    >>> check_reporting(rows)["answered"].to_list()
    [10.0, 0.0]
    """
    frame = frame.copy()
    for column in ("numerator", "denominator", "answered"):
        if column in frame:
            frame[column] = frame[column].astype("float64")
    frame["numerator"] = frame["numerator"].fillna(0.0)
    if "answered" not in frame:
        frame["answered"] = frame["denominator"].where(frame["numerator"] > 0, 0.0)
    where = frame["unit"].astype(str) + " in " + frame["period"].dt.strftime("%Y-%m")
    for wrong, says, remedy in (
        (frame.duplicated(["unit", "period"]), "is there twice", "keep one row per unit and period"),
        (~(frame["denominator"] > 0), "has a denominator that is not above 0", "leave out periods without cases"),
        (frame["answered"] > frame["denominator"], "has more answered than its denominator", "correct the counts"),
        (frame["numerator"] > frame["answered"], "has a numerator above what was answered", "correct the counts"),
        (frame["numerator"] < 0, "has a negative numerator", "correct the counts"),
    ):
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise DataError(f"{label}: row {row_of(frame, row)}, {where.iloc[row]}, {says}; {remedy}")
    return frame.sort_values(["period", "unit"], ignore_index=True)


def steady_units(frame: pd.DataFrame) -> list[str]:
    """Return the units that answer for all their cases in every period of the data.

    Raises
    ------
    DataError
        If there is none: nothing is comparable over time then.
    """
    every = frame["period"].nunique()
    whole = frame[frame["answered"] == frame["denominator"]].groupby("unit")["period"].nunique()
    steady = sorted(whole.index[whole == every])
    if not steady:
        raise DataError("no unit reports in every period, so no series of the same units can be made; shorten the data")
    return steady


def three_ways(frame: pd.DataFrame) -> pd.DataFrame:
    """Make one series in three ways out of units of which some are silent in some periods.

    The sum that keeps silent units is the sum that leaves them out, times the share of cases that is answered:
    kept = left out x answered / all. What looks like a step is that share.

    Parameters
    ----------
    frame
        As :func:`check_reporting` returns it.

    Returns
    -------
    pandas.DataFrame
        One row per period: ``period``, ``kept``, ``left_out``, ``steady`` (percent), ``answered_percent`` (of all
        cases), ``gap`` (kept less steady, percentage points), ``silent`` (whether a unit is).

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["A", "B"] * 2, "period": pd.to_datetime(["2020-01-01"] * 2 + ["2020-02-01"] * 2),
    ...                      "numerator": [80, 80, 80, 0], "denominator": 100})
    >>> three_ways(check_reporting(rows))[["kept", "left_out", "steady", "answered_percent"]].values.tolist()
    [[80.0, 80.0, 80.0, 100.0], [40.0, 80.0, 80.0, 50.0]]
    """
    total = frame.groupby("period")[["numerator", "denominator", "answered"]].sum()
    same = frame[frame["unit"].isin(steady_units(frame))].groupby("period")[["numerator", "denominator"]].sum()
    table = pd.DataFrame(
        {
            "kept": 100 * total["numerator"] / total["denominator"],
            "left_out": 100 * total["numerator"] / total["answered"],
            "steady": 100 * same["numerator"] / same["denominator"],
            "answered_percent": 100 * total["answered"] / total["denominator"],
        }
    )
    table["gap"] = table["kept"] - table["steady"]
    table["silent"] = total["answered"] < total["denominator"]
    return table.reset_index()


def silences(frame: pd.DataFrame) -> pd.DataFrame:
    """Return who is silent: unit, first and last silent period in words, their number, cases nobody answers for.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["A", "B"], "period": pd.to_datetime(["2020-01-01"] * 2),
    ...                      "numerator": [8, 0], "denominator": [10, 30]})
    >>> silences(check_reporting(rows))[["unit", "periods", "unanswered"]].values.tolist()
    [['B', 1, 30.0]]
    """
    quiet = frame[frame["answered"] < frame["denominator"]].assign(
        unanswered=lambda rows: rows["denominator"] - rows["answered"]
    )
    table = quiet.groupby("unit", as_index=False).agg(
        first=("period", "min"), last=("period", "max"), periods=("period", "size"), unanswered=("unanswered", "sum")
    )
    name = step_name(frame)
    for column in ("first", "last"):
        table[column] = [period(day, name) for day in table[column]]
    return table


def edges(table: pd.DataFrame, *, window: int = 8, level: float = 0.95) -> pd.DataFrame:
    """Say what a model that knows nothing of the silence finds where it begins and where it ends, in each series.

    Parameters
    ----------
    table
        As :func:`three_ways` returns it.
    window
        Periods on each side of an edge that the model sees, where there are so many.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per edge and way: ``edge`` (``begins`` or ``ends``), ``change`` (first period after it), ``way``,
        ``step``, ``lower``, ``upper`` (percentage points), ``before``, ``after`` (periods used).
        An edge with fewer than 3 observed periods on a side is left out; a period that is not there is a gap.

    Raises
    ------
    DataError
        If the periods are of mixed length.
    """
    table = regular(table)
    quiet = np.flatnonzero(table["silent"].eq(True))
    if not len(quiet):
        return pd.DataFrame(columns=["edge", "change", "way", "step", "lower", "upper", "before", "after"])
    rows = []
    for edge, place in (("begins", quiet[0]), ("ends", quiet[-1] + 1)):
        seen = table.iloc[max(0, place - window) : place + window]
        known, before = seen["kept"].notna(), min(place, window)
        if min(known[:before].sum(), known[before:].sum()) < REFUSE_BELOW:
            continue
        change = table["period"].iloc[place]
        for way in WAYS:
            series = seen[["period", way]].rename(columns={way: "value"})
            found = segmented(series, change=change, level=level)
            one = found.at_change
            rows.append(
                {"edge": edge, "change": change, "way": way, "step": one.absolute, "lower": one.lower,
                 "upper": one.upper, "before": found.n_before, "after": found.n_after}
            )  # fmt: skip
    return pd.DataFrame(rows)


def edge_table(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Lay the models out for a page, with periods and ways in words."""
    name = step_name(table)
    return pd.DataFrame(
        {
            "where": [f"silence {row.edge}: {period(row.change, name)}" for row in found.itertuples()],
            "series": [WAYS[way] for way in found["way"]],
            "step": found["step"],
            "lower": found["lower"],
            "upper": found["upper"],
            "periods": [f"{row.before} before, {row.after} after" for row in found.itertuples()],
        }
    )


def step_name(table: pd.DataFrame) -> str:
    """Return what a period of the table is called: day, week, month, quarter or year."""
    step = step_of(table["period"])
    return "period" if step is None else step.name


def checked_sum(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the checks before any model see in the sum that keeps silent units: a row for each finding."""
    found = check_series(table[["period", "kept"]].rename(columns={"kept": "value"}))
    return pd.DataFrame(
        [{"check": one.name, "what was found": one.says} for one in found]
        or [{"check": "all", "what was found": "nothing that the checks look for"}]
    )


def partly_reported(table: pd.DataFrame, *, apart: float = 1.0) -> pd.Series:
    """Mark periods that look complete and lie more than so many points from the units that report throughout.

    Examples
    --------
    >>> rows = pd.DataFrame({"kept": [80.0, 74.0, 60.0], "gap": [0.2, -6.0, -20.0], "silent": [False, False, True]})
    >>> partly_reported(rows).to_list()
    [False, True, False]
    """
    return ~table["silent"] & (table["gap"].abs() > apart)


def year_earlier(table: pd.DataFrame) -> dict[str, float] | None:
    """Return the change of each series from a year before to the first silent period; None without such a period."""
    quiet = table.index[table["silent"]]
    if not len(quiet):
        return None
    first = table.loc[quiet[0]]
    then = table[table["period"] == first["period"] - pd.DateOffset(years=1)]
    return None if then.empty else {way: float(first[way] - then[way].iloc[0]) for way in WAYS}


def finding(table: pd.DataFrame, found: pd.DataFrame, *, measure: str = "performance", level: float = 0.95) -> str:
    """Say how far the sum lies below the units that report, and what a model makes of the end of the silence.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["A", "B"] * 2, "period": pd.to_datetime(["2020-01-01"] * 2 + ["2020-02-01"] * 2),
    ...                      "numerator": [80, 80, 80, 80], "denominator": 100})
    >>> made = three_ways(check_reporting(rows))
    >>> print(finding(made, edges(made)))
    Every unit reports in every month, so the plain sum is comparable over time.
    """
    name = step_name(table)
    quiet = table[table["silent"]]
    if quiet.empty:
        return f"Every unit reports in every {name}, so the plain sum is comparable over time."
    near, far = quiet["gap"].max(), quiet["gap"].min()
    away = f"{-near:.1f} to {-far:.1f} percentage points below"
    if near > 0:  # the silent units leave others behind that report less well than those which report throughout
        away = f"{far:+.1f} to {near:+.1f} percentage points away from".replace("-", "\u2212")
    said = (
        f"Keeping silent units in the denominator puts {measure} {away} that of the units which "
        f"report throughout, in {count(len(quiet), name)} from "
        f"{period(quiet['period'].iloc[0], name)} on: a step that no service took."
    )
    ends = found[found["edge"] == "ends"].set_index("way")
    if ends.empty:
        return said
    return (
        f"{said} When they report again, a segmented model of the sum finds a step of "
        f"{_step(ends.loc['kept'], f'{percent_of(level)} interval ')}, and one of the units that report throughout "
        f"finds {_step(ends.loc['steady'])}."
    )


def _step(row: pd.Series, what: str = "") -> str:
    return f"{row['step']:+.1f} points ({what}{row['lower']:+.1f} to {row['upper']:+.1f})".replace("-", "\u2212")


def draw_reporting(table: pd.DataFrame, *, width: int) -> Figure:
    """Draw the sum that keeps silent units beside the units that report throughout; below, what share is answered."""
    figure, (upper, lower) = canvas(width, 470, nrows=2, sharex=True, height_ratios=[3, 1])
    days, quiet = table["period"], table[table["silent"]]
    for axes in (upper, lower):
        if len(quiet):
            axes.axvspan(quiet["period"].iloc[0], quiet["period"].iloc[-1], color=COLOUR["faint"], alpha=0.6, zorder=0)
    upper.plot(days, table["steady"], color=COLOUR["subject"], markersize=5, **marker("published"))
    upper.plot(days, table["kept"], color=COLOUR["comparison"], linestyle="--", marker="D", markersize=4, linewidth=1.6)
    places = quiet.index if len(quiet) else table.index
    for way, role, said, share, shift, side in (
        ("steady", "subject", "units that report throughout", 0.5, (8, 8), "left"),
        ("kept", "comparison", "silent units kept in", 0.75, (-6, -18), "right"),
    ):
        place = places[int(share * (len(places) - 1))]
        said = said.replace("that report ", "that\nreport ") if width == NARROW else said
        upper.annotate(
            said, (days[place], table[way][place]), xytext=shift, textcoords="offset points", ha=side,
            color=COLOUR[role], fontsize=12,
        )  # fmt: skip
    upper.set_title("Share of cases that meet the standard (%)", fontsize=12.5, fontweight="normal",
                    color=COLOUR["quiet"])  # fmt: skip
    lower.plot(days, table["answered_percent"], color=COLOUR["context"], linewidth=2, drawstyle="steps-mid")
    lower.set_ylim(min(80.0, table["answered_percent"].min() - 2), 101)
    lower.set_title("Cases whose unit reports (%)", fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
    lower.xaxis.set_major_locator(mdates.YearLocator(2 if width == NARROW else 1))
    lower.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    return figure


def reporting_figure(table: pd.DataFrame, *, source: str) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the figure."""
    quiet, name = table[table["silent"]], step_name(table)
    if quiet.empty:
        alt = f"One series by {name}: every unit reports, so both lines are the same."
    else:
        first, last = quiet.iloc[0], quiet.iloc[-1]
        alt = (
            f"Two series by {name}. From {period(first['period'], name)} to {period(last['period'], name)} the one "
            f"that keeps silent units runs {-quiet['gap'].mean():.1f} percentage points below the other on average; "
            f"outside it they lie {-table.loc[~table['silent'], 'gap'].min():.1f} points apart at most. Below: the "
            f"share of cases whose unit reports falls to {quiet['answered_percent'].min():.1f} %."
        )
    return {
        "name": "reporting",
        "caption": f"{source}, {count(len(table), name)}. Shaded: units are silent. The upper axis does not begin "
        "at zero.",
        "alt": alt,
        "drawn": table,
    }


def results(
    table: pd.DataFrame, found: pd.DataFrame, *, measure: str = "performance", level: float = 0.95, about: str = ""
) -> list[dict[str, Any]]:
    """Return what the page records: the finding, the data, the gap, the share answered, the steps that models find."""
    quiet, name = table[table["silent"]], step_name(table)
    entries: list[dict[str, Any]] = [
        {"name": "finding", "value": finding(table, found, measure=measure, level=level), "unit": "", "n": len(table),
         "meaning": "The finding of this page"}
    ]  # fmt: skip
    if about:
        entries.append({"name": "data_kind", "value": about, "unit": "", "meaning": "What the data are"})
    if quiet.empty:
        return entries
    points = {"unit": "percentage points", "format": "{:+.1f}"}
    entries += [
        {"name": "silent_periods", "value": len(quiet), "unit": f"{name}s", "format": "{:d}", "n": len(table),
         "meaning": f"{capital(name)}s in which units are silent"},
        {"name": "gap_mean", "value": float(quiet["gap"].mean()), "n": len(quiet), **points,
         "meaning": "Mean distance of the sum that keeps silent units from the units that report throughout"},
        {"name": "gap_largest", "value": float(quiet["gap"].min()), "n": len(quiet), **points,
         "meaning": "Largest such distance"},
        {"name": "answered_lowest", "value": float(quiet["answered_percent"].min()), "unit": "percent of cases",
         "format": "{:.1f} %", "n": len(quiet), "meaning": "Lowest share of cases whose unit reports"},
    ]  # fmt: skip
    for way, change in (year_earlier(table) or {}).items():
        entries.append(
            {"name": f"year_change_{way}", "value": change, "n": 2, **points,
             "meaning": f"Change to the first silent {name} from a year before: {WAYS[way]}"}
        )  # fmt: skip
    for row in found.itertuples():
        entries.append(
            {"name": f"step_{row.edge}_{row.way}", "value": row.step, "lower": row.lower, "upper": row.upper,
             "level": level, "n": row.before + row.after, **points,
             "meaning": f"Step that a segmented model finds where the silence {row.edge}: {WAYS[row.way]}"}
        )  # fmt: skip
    entries.append(
        {"name": "partly_reported", "value": int(partly_reported(table).sum()), "unit": f"{name}s", "format": "{:d}",
         "n": len(table),
         "meaning": f"{capital(name)}s that look complete and lie more than a point from the units that report "
         "throughout"}
    )  # fmt: skip
    return entries
