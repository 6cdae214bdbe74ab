"""Whether a segmented regression can be believed: residual checks, other choices, and what the chart says."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError
from healthsys.trends import regression
from healthsys.trends.control_charts import ControlChart, xmr
from healthsys.trends.interrupted import Segmented, design, per_year, position_of, segmented

#: Share of chance findings that the residual tests accept.
ALPHA = 0.05

#: How far the change date is moved to either side in the sensitivity table (periods).
DATE_SHIFTS = (-3, -2, -1, 1, 2, 3)


def residual_checks(frame: pd.DataFrame, *, change: Any, season: str = "none") -> pd.DataFrame:
    """Test the residuals of the least-squares fit for autocorrelation.

    Parameters
    ----------
    frame, change, season
        As in :func:`healthsys.trends.interrupted.segmented`; periods without a value are left out.

    Returns
    -------
    pandas.DataFrame
        ``check``, ``statistic``, ``p`` (missing where the check has none), ``reading``: what the number means here.

    References
    ----------
    Durbin J, Watson GS 1950; Breusch TS 1978; Godfrey LG 1978; Ljung GM, Box GEP 1978.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> table = residual_checks(pd.DataFrame({"period": months, "value": np.arange(24) % 7.0}), change="2021-01-01")
    >>> table["check"].to_list()
    ['Durbin–Watson', 'Breusch–Godfrey, lag 1', 'Breusch–Godfrey, lag 12', 'Ljung–Box, lag 6']
    """
    import statsmodels.api as sm
    from statsmodels.stats.diagnostic import acorr_breusch_godfrey, acorr_ljungbox
    from statsmodels.stats.stattools import durbin_watson

    outcome, matrix = _complete(frame, change=change, season=season)
    found = sm.OLS(outcome, matrix).fit()
    n, k = matrix.shape
    yearly = per_year(frame["period"])
    watson = float(durbin_watson(found.resid))
    rows = [
        {
            "check": "Durbin–Watson",
            "statistic": watson,
            "p": np.nan,
            "reading": "near 2 without autocorrelation; below 2 neighbouring residuals resemble each other",
        }
    ]
    for order in dict.fromkeys((1, yearly)):
        if n - k - order < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # statsmodels 0.15 announces another return type
            statistic, p = acorr_breusch_godfrey(found, nlags=order)[:2]
        rows.append(_test_row(f"Breusch–Godfrey, lag {order}", statistic, p))
    order = max(1, min(10, n // 4))
    box = acorr_ljungbox(found.resid, lags=[order])
    rows.append(_test_row(f"Ljung–Box, lag {order}", box["lb_stat"].iloc[0], box["lb_pvalue"].iloc[0]))
    return pd.DataFrame(rows)


def _test_row(check: str, statistic: float, p: float) -> dict[str, Any]:
    found = p < ALPHA
    reading = (
        "autocorrelation is there: plain errors are too small"
        if found
        else "no evidence of autocorrelation, which in a short series is weak evidence of none"
    )
    return {"check": check, "statistic": float(statistic), "p": float(p), "reading": reading}


def autocorrelation(
    frame: pd.DataFrame, *, change: Any, season: str = "none", lags: int = 12, level: float = 0.95
) -> pd.DataFrame:
    """Autocorrelation and partial autocorrelation of the least-squares residuals, with the band of no correlation.

    Parameters
    ----------
    frame, change, season
        As in :func:`residual_checks`.
    lags
        Most lags shown; at most half the points less one.
    level
        Share of bars that the band holds.

    Returns
    -------
    pandas.DataFrame
        ``lag``, ``acf``, ``pacf``, ``band``: the normal quantile of that level over the root of n (1.96 at 0.95), in
        which that share of the bars of an uncorrelated series lie.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> frame = pd.DataFrame({"period": months, "value": np.arange(24) % 2.0})
    >>> bool(autocorrelation(frame, change="2021-01-01")["acf"][0] < -0.8)
    True
    """
    from statsmodels.tsa.stattools import acf, pacf

    outcome, matrix = _complete(frame, change=change, season=season)
    residual = outcome - matrix @ np.linalg.lstsq(matrix, outcome, rcond=None)[0]
    most = min(lags, len(residual) // 2 - 1)
    return pd.DataFrame(
        {
            "lag": np.arange(1, most + 1),
            "acf": acf(residual, nlags=most, fft=False)[1:],
            "pacf": pacf(residual, nlags=most, method="ywm")[1:],
            "band": float(stats.norm.ppf(0.5 + level / 2)) / np.sqrt(len(residual)),
        }
    )


def _complete(frame: pd.DataFrame, *, change: Any, season: str) -> tuple[np.ndarray, np.ndarray]:
    start = position_of(frame["period"], change)
    matrix, _ = design(len(frame), start=start, season=season, per_year=per_year(frame["period"]))
    outcome = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    used = ~np.isnan(outcome)
    return outcome[used], matrix[used]


def sensitivity(
    frame: pd.DataFrame,
    *,
    change: Any,
    model: str,
    season: str,
    per: float = 1.0,
    lag: int | None = None,
    horizon: int | None = None,
    phase_in: int = 0,
    models: tuple[str, ...] = (),
    level: float = 0.95,
) -> pd.DataFrame:
    """Fit the series again under the other defensible choices, one at a time.

    Parameters
    ----------
    frame, change, model, season, per, lag, horizon, phase_in, level
        The choices of the page, as in :func:`healthsys.trends.interrupted.segmented`.
    models
        Models to try besides; those for counts need counts in the frame.

    Returns
    -------
    pandas.DataFrame
        One row per choice: ``choice``, ``setting``, effect at the change and at the horizon with bounds in the unit of
        the series, ``clear`` (whether the interval of the horizon effect leaves out zero; missing where not fitted)
        and ``reason`` where a choice cannot be fitted.

    Examples
    --------
    >>> months = pd.date_range("2019-01-01", periods=36, freq="MS")
    >>> values = np.arange(36) % 5 + 10.0 * (np.arange(36) >= 18)
    >>> table = sensitivity(pd.DataFrame({"period": months, "value": values}), change="2020-07-01",
    ...                     model="newey_west", season="none")
    >>> table["choice"].unique().tolist()
    ['as on this page', 'change date', 'lag of the errors', 'phase-in left out', 'season']
    """
    periods = pd.DatetimeIndex(frame["period"])
    start = position_of(periods, change)
    base = {
        "change": change,
        "model": model,
        "season": season,
        "per": per,
        "lag": lag,
        "horizon": horizon,
        "phase_in": phase_in,
        "level": level,
    }
    yearly = per_year(periods)
    unit = "months" if yearly == 12 else "quarters" if yearly == 4 else "periods"
    tries: list[tuple[str, str, dict[str, Any]]] = [("as on this page", "", {})]
    for shift in DATE_SHIFTS:
        if 0 < start + shift < len(periods):
            words = f"{abs(shift)} {unit if abs(shift) > 1 else unit[:-1]} {'earlier' if shift < 0 else 'later'}"
            tries.append(("change date", words, {"change": periods[start + shift]}))
    if model == "newey_west":
        chosen = regression.newey_west_lag(len(frame)) if lag is None else lag
        for other in dict.fromkeys((1, 2 * chosen, yearly)):
            if other != chosen and other < len(frame) // 2:
                tries.append(("lag of the errors", f"{other} in place of {chosen}", {"lag": other}))
    for several in (1, 3):
        if several != phase_in:
            words = f"{several} {unit if several > 1 else unit[:-1]}"
            tries.append(("phase-in left out", words, {"phase_in": several}))
    for other in ("none", "harmonic", "two harmonics", "months"):
        if other != season:
            tries.append(("season", other, {"season": other}))
    for other in models:
        if other != model:
            tries.append(("model", regression.MODEL_NAMES[other], {"model": other, "lag": None}))
    return pd.DataFrame([_attempt(frame, choice, setting, {**base, **new}) for choice, setting, new in tries])


def _attempt(frame: pd.DataFrame, choice: str, setting: str, options: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"choice": choice, "setting": setting}
    try:
        found = segmented(frame, **options)
    except DataError as error:
        missing = dict.fromkeys(
            ("at_change", "at_change_lower", "at_change_upper", "at_horizon", "lower", "upper"), np.nan
        )
        return {**row, **missing, "clear": None, "reason": str(error)}
    return {
        **row,
        "at_change": found.at_change.absolute,
        "at_change_lower": found.at_change.lower,
        "at_change_upper": found.at_change.upper,
        "at_horizon": found.at_horizon.absolute,
        "lower": found.at_horizon.lower,
        "upper": found.at_horizon.upper,
        "clear": found.at_horizon.clear,
        "reason": next((said for said in found.warnings if "did not settle" in said), ""),
    }


def baseline_chart(frame: pd.DataFrame, *, change: Any | None, screen: bool = True, **options: Any) -> ControlChart:
    """Chart a series with its limits frozen at the periods before the change; without a change, on all periods.

    ``options`` are ``trend_length``, ``shift_length`` and ``exclude`` of :func:`healthsys.trends.control_charts.xmr`.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> frame = pd.DataFrame({"period": months, "value": np.arange(24) % 3 + 9.0 * (np.arange(24) >= 14)})
    >>> baseline_chart(frame, change="2021-03-01").points["signal"].tail(3).to_list()
    ['outside limits', 'outside limits', 'outside limits']
    """
    baseline = None if change is None else position_of(frame["period"], change)
    return xmr(
        frame["value"].to_numpy(dtype=float), periods=frame["period"], screen=screen, baseline=baseline, **options
    )


def side_by_side(chart: ControlChart, found: Segmented) -> pd.DataFrame:
    """Set what the chart and the regression say beside each other.

    The chart, with limits frozen before the change, says *change* when a later point shows special cause; its direction
    is that of these points, or ``both ways`` where they differ. The regression says *change* when the
    interval of its effect at the change or at the horizon leaves out zero; its direction is that of the horizon
    effect if that one is clear, else of the other.

    Parameters
    ----------
    chart
        From :func:`baseline_chart` with the same change date.
    found
        The regression.

    Returns
    -------
    pandas.DataFrame
        Two rows: ``method``, ``says`` (``up``, ``down``, ``both ways`` or ``no change``), ``because``.
        ``attrs["agree"]`` is whether both say the same; ``attrs["drifting"]`` whether most points before the change
        show special cause too, so that the chart tells nothing about the change.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=30, freq="MS")
    >>> frame = pd.DataFrame({"period": months, "value": np.arange(30) % 3 + 9.0 * (np.arange(30) >= 15)})
    >>> table = side_by_side(baseline_chart(frame, change="2021-04-01"), segmented(frame, change="2021-04-01"))
    >>> table["says"].to_list(), table.attrs["agree"]
    (['up', 'up'], True)
    """
    after = chart.points[pd.DatetimeIndex(chart.points["period"]) >= found.change]
    marked = after[after["signal"] != ""]
    up, down = int((marked["heading"] == "up").sum()), int((marked["heading"] == "down").sum())
    says = "no change" if not len(marked) else "both ways" if up and down else "up" if up else "down"
    because = (
        f"{len(marked)} of {int(after['value'].notna().sum())} later points show special cause against the limits "
        f"from before ({up} up, {down} down)"
    )
    before = chart.points[pd.DatetimeIndex(chart.points["period"]) < found.change]
    early, earlier = int((before["signal"] != "").sum()), int(before["value"].notna().sum())
    because += f"; so do {early} of {earlier} earlier ones" if early else ""
    rows = [{"method": "control chart", "says": says, "because": because}]
    decisive = found.at_horizon if found.at_horizon.clear else found.at_change
    said = "no change" if not decisive.clear else "up" if decisive.absolute > 0 else "down"
    clear = [
        words for words, one in (("at the change", found.at_change), ("at the horizon", found.at_horizon)) if one.clear
    ]
    reason = (
        f"the interval of the effect {' and '.join(clear)} leaves out zero"
        if clear
        else "the intervals of the effect at the change and at the horizon both hold zero"
    )
    rows.append({"method": "segmented regression", "says": said, "because": reason})
    table = pd.DataFrame(rows)
    table.attrs["agree"] = says == said
    table.attrs["drifting"] = early > earlier / 2
    return table
