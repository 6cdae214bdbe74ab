"""Values that cannot be: codes for missing data, negative counts, shares above 100, a value unlike its own ratio."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: Numbers that survey software writes for "missing" or "suppressed", as they are and negative. Negative ones are
#: refused wherever they occur, -9 only where no other value is negative; a positive one where it is above so many times
#: the largest other value of its series (below 999 with a warning: it could be a bad month).
CODES = (99.0, 999.0, 9_999.0, 99_999.0, 999_999.0, 9_999_999.0, 99_999_999.0)
SHORTEST_CODE, CODE_ABOVE, SURE_CODE = 9.0, 3.0, 999.0

#: Up to this share of negative values among whole numbers, or a single one of at least so many values, they are
#: mistakes; another is out of line where the smallest other value is above this share of the usual one.
FEW_NEGATIVE, ENOUGH_FOR_ONE, NEGATIVE_OUT_OF_LINE = 0.1, 6, 0.25

#: Above this no share is read, of whatever kind: bed occupancy or a coverage of another year's births reach 150.
HIGHEST_SHARE = 200.0

#: What a ratio may be multiplied by to be a value, if the usual one is within this share of it; a value and its ratio
#: further apart than :data:`FAR_FROM_RATIO` are in different units; decimals up to which a column is taken as rounded.
MULTIPLIERS, NEAR_MULTIPLIER = (1.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0), 0.02
FAR_FROM_RATIO, MOST_DECIMALS = 0.05, 6

#: A share in percent and the same as a proportion are 100 apart: values of at most 1 and others are two scales of one
#: series where the gap between them is at least this and 100 times the ones is among the others, within this factor,
#: and the others differ no more than this many times.
SCALES_APART, SAME_SCALE, STEADY = 20.0, 1.5, 4.0

_SHARE = re.compile(
    r"(?:^|[\s_(])(?:percent|percentage|per[\s_]cent|pct|coverage)(?:$|[\s_)])|percent(?:age)?$|pct$|^percent|%", re.I
)
_PROPORTION = re.compile(r"(?:^|[\s_(])(?:share|proportion|fraction)(?:$|[\s_)])", re.I)
_SIGNED = re.compile(
    r"(?:^|[\s_])(?:net|change|balance|difference|growth|gap|surplus|deficit|variance|excess|saving|savings|residual)"
    r"(?:$|[\s_])",
    re.I,
)
_MAY_EXCEED = re.compile(
    r"occupancy|occupied|utilisation|utilization|coverage|fill|turnover|achiev|of[\s_]plan|of[\s_]target|delivered|index",
    re.I,
)
_PER = re.compile(r"per[\s_]*(1[\s_]?0{2,6}|1(?:,000){1,2}|10,000|100,000)(?![\d,])", re.I)


@dataclass(frozen=True)
class Fault:
    """One rule that cells of a column break: where (positions), how grave, what is wrong (of each), what is allowed."""

    name: str
    severity: str
    column: str
    positions: np.ndarray
    each: tuple[str, ...]
    allowed: str


def is_share(indicator: str) -> bool:
    """Say whether an indicator is a percentage by its name, such as seen_percent, SeenPct or PercentSeen."""
    return bool(_SHARE.search(_apart(indicator)))


def _apart(indicator: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", indicator)


def is_signed(indicator: str) -> bool:
    """Say whether an indicator may be negative by its name: ``net_change`` and ``bed_balance``, not ``internet``."""
    return bool(_SIGNED.search(indicator))


def may_exceed(indicator: str) -> bool:
    """Say whether a share may be above 100 by its name: occupied beds over those available, coverage over estimates."""
    return bool(_MAY_EXCEED.search(indicator))


def faults(frame: pd.DataFrame, *, indicator: str, series: Any = None, percent: bool = False) -> list[Fault]:
    """Return every rule that cells of one indicator break.

    Parameters
    ----------
    frame
        ``value`` and optionally ``numerator`` and ``denominator``, as numbers.
    indicator
        Its name, which says whether it is a share or may be negative.
    series
        Which series each row belongs to, such as its unit; one series unless given.
    percent
        Whether the cells carried a percent sign.

    Returns
    -------
    list of Fault
        ``stop`` where a cell cannot be what it says, ``warn`` where it is only unlikely. Names: ``no number``,
        ``code for missing``, ``negative``, ``share``, ``two scales``, ``numerator above denominator``, ``value
        unlike its ratio``.

    Examples
    --------
    >>> rows = pd.DataFrame({"value": [0.85], "numerator": [850.0], "denominator": [1000.0]})
    >>> faults(rows, indicator="seen_percent")[0].each[0]
    'not 85, which is 100 × 850 / 1,000'
    """
    columns = {name: _numbers(frame, name) for name in ("value", "numerator", "denominator")}
    labels = np.zeros(len(frame), dtype=int) if series is None else pd.factorize(np.asarray(series))[0]
    found: list[Fault] = []
    for name, values in columns.items():
        infinite = np.isinf(values)
        _add(found, "no number", "stop", name, infinite, "infinite, which is not a number", "a number or an empty cell")
        known = np.where(infinite, np.nan, values)
        _codes(found, name, known, labels, indicator)
        told = [place for one in found if one.column == name for place in one.positions]
        coded = np.isin(np.abs(known), CODES) & np.isin(np.arange(len(known)), told)
        columns[name] = np.where(coded, np.nan, known)
    for name in ("numerator", "denominator"):
        _add(found, "negative", "stop", name, columns[name] < 0, "a negative count", "0 or more")
    _negative(found, columns["value"], indicator)
    _shares(found, columns["value"], indicator)
    if not is_share(indicator) and (percent or _PROPORTION.search(_apart(indicator))):
        _beyond_share(found, columns["value"], indicator)
    _two_scales(found, columns, labels)
    _ratios(found, columns, indicator)
    return found


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan)


def _add(
    found: list[Fault], name: str, severity: str, column: str, where: np.ndarray, says: str | list[str], allowed: str
) -> None:
    if where.any():
        places = np.flatnonzero(where)
        each = tuple(says) if isinstance(says, list) else (says,) * len(places)
        found.append(Fault(name, severity, column, places, each, allowed))


def _codes(found: list[Fault], name: str, values: np.ndarray, labels: np.ndarray, indicator: str) -> None:
    """Find -9, -99, -999999 and the like, and 999 or 9999 far above everything else of the same series."""
    size = np.abs(values)
    code = np.isin(size, CODES)
    short = values == -SHORTEST_CODE
    if not (code | short).any():
        return
    allowed = "an empty cell where a number is missing or suppressed"
    negative = code & (values < 0)
    rest = values[~(code | short) & ~np.isnan(values)]
    if name == "value" and is_signed(indicator):
        negative &= size > CODE_ABOVE * (np.abs(rest).max() if len(rest) else np.inf)
    elif not (rest < 0).any():
        negative |= short
    _add(found, "code for missing", "stop", name, negative, "probably a code for missing or suppressed", allowed)
    others = pd.Series(np.where(code | short, np.nan, values)).groupby(labels).transform("max").to_numpy(dtype=float)
    above = code & (values > 0) & (size > CODE_ABOVE * others) & (others > 0)
    sure = above & (size >= SURE_CODE)
    says = f"more than {CODE_ABOVE:g} times anything else in the series, so probably a code for missing"
    _add(found, "code for missing", "stop", name, sure, says, allowed)
    _add(found, "code for missing", "warn", name, above & ~sure, says, allowed)


def _negative(found: list[Fault], values: np.ndarray, indicator: str) -> None:
    below, known = values < 0, values[~np.isnan(values)]
    if not below.any() or is_signed(indicator):
        return
    if is_share(indicator):
        allowed = "0 to 100; if it may be negative, put 'change' or 'gap' in the name"
        return _add(found, "negative", "stop", "value", below, "a share below 0", allowed)
    few = below.sum() <= max(len(known) >= ENOUGH_FOR_ONE, FEW_NEGATIVE * len(known))
    others = known[known >= 0]
    if few and (known == np.round(known)).all():
        says = "negative among whole numbers of 0 or more, and a count cannot be"
        _add(found, "negative", "stop", "value", below, says, "0 or more; name what may be negative 'net change'")
    elif few and others.min() > NEGATIVE_OUT_OF_LINE * np.median(others):
        says = "negative while no other value comes near 0"
        _add(found, "negative", "warn", "value", below, says, "a value like the others, or an empty cell")


def _shares(found: list[Fault], values: np.ndarray, indicator: str) -> None:
    if not is_share(indicator) or is_signed(indicator):
        return
    high = values > 100 * (1 + 1e-9)
    far = high & (values > HIGHEST_SHARE if may_exceed(indicator) else high)
    allowed = "0 to 100; remove 'percent' from the name if it is not a percentage"
    _add(found, "share", "stop", "value", far, "a share above 100", allowed)
    _add(found, "share", "warn", "value", high & ~far, "a share above 100", "0 to 100 if the denominator is complete")
    known = values[~np.isnan(values)]
    if len(known) >= 3 and known.max() <= 1 and ((known > 0) & (known < 1)).any():
        says = "a proportion from 0 to 1, like all values, but the name says percent"
        _add(found, "share", "warn", "value", ~np.isnan(values), says, "values times 100")


def _beyond_share(found: list[Fault], values: np.ndarray, indicator: str) -> None:
    """Find 840 among shares that only their percent signs, or a word such as proportion, tell to be shares."""
    if is_signed(indicator):
        return
    known = values[~np.isnan(values)]
    usual = known[known <= 100]
    far = (values > HIGHEST_SHARE) & (values > CODE_ABOVE * usual.max(initial=0))
    if 0 < far.sum() <= len(usual) and len(usual) + far.sum() == len(known):
        _add(found, "share", "stop", "value", far, "a share above 100 among shares", "0 to 100, like the others")


def _two_scales(found: list[Fault], columns: dict[str, np.ndarray], labels: np.ndarray) -> None:
    """Find a series whose shares are percentages in one part and proportions in another: 84.2, then 0.83."""
    checked = ~np.isnan(columns["numerator"]) & ~np.isnan(columns["denominator"])  # against their ratio
    values = np.where(checked, np.nan, columns["value"])
    for label in np.unique(labels):
        low = (labels == label) & (values > 0) & (values <= 1)
        high = (labels == label) & (values > 1)
        if not low.any() or not high.any() or (values[low] == 1).all():
            continue
        small, large = values[low], values[high]
        same = 100 * small.min() * SAME_SCALE >= large.min() and 100 * small.max() <= large.max() * SAME_SCALE
        if not same or large.max() > min(100, STEADY * large.min()) or large.min() < SCALES_APART * small.max():
            continue
        first = np.flatnonzero(low | high)[0]
        odd = low if low.sum() < high.sum() or (low.sum() == high.sum() and high[first]) else high
        other = large if odd is low else small
        says = f"on another scale than other values of its series, {_said(other.min())} to {_said(other.max())}"
        _add(found, "two scales", "stop", "value", odd, says, "percentages or proportions in the whole series")


def multiplier_of(frame: pd.DataFrame, *, indicator: str) -> float | None:
    """Return what numerator over denominator is multiplied by to give the value, or None where nothing fits.

    A share is a percentage, so 100, and a rate has the one that its name tells (falls per 1,000); another indicator has
    the one of ``MULTIPLIERS`` that its usual row has.

    >>> rows = pd.DataFrame({"value": [6.6, 5.1], "numerator": [33, 26], "denominator": [5000, 5100]})
    >>> multiplier_of(rows, indicator="falls_per_1000_bed_days")
    1000.0
    """
    if is_share(indicator):
        return 100.0
    named = _PER.search(indicator)
    if named:
        return float(re.sub(r"[\s_,]", "", named[1]))
    value, top, bottom = (_numbers(frame, name) for name in ("value", "numerator", "denominator"))
    if (value == top)[~np.isnan(value)].all():
        return None  # the value is the count itself
    ratio = top / np.where(bottom > 0, bottom, np.nan)
    usable = ~np.isnan(value) & ~np.isnan(ratio) & (ratio != 0) & (value != 0)
    if not usable.any():
        return None
    usual = float(np.median(value[usable] / ratio[usable]))
    near = min(MULTIPLIERS, key=lambda one: abs(np.log(abs(usual) / one)))
    return near if abs(usual / near - 1) <= NEAR_MULTIPLIER else None


def _ratios(found: list[Fault], columns: dict[str, np.ndarray], indicator: str) -> None:
    value, top, bottom = columns["value"], columns["numerator"], columns["denominator"]
    above = top > bottom
    share = is_share(indicator) and not is_signed(indicator)
    rare = 0 < above.sum() <= FEW_NEGATIVE * (~np.isnan(top) & ~np.isnan(bottom)).sum()
    if above.any() and (share or rare):
        stop = share and not may_exceed(indicator)
        says = [f"above the denominator of its row, {_said(size)}" for size in bottom[above]]
        allowed = "the denominator or less; are the two columns swapped?"
        _add(found, "numerator above denominator", "stop" if stop else "warn", "numerator", above, says, allowed)
    ratio = top / np.where(bottom > 0, bottom, np.nan)
    both = ~np.isnan(value) & ~np.isnan(ratio)
    if not both.any() or (value[both] == top[both]).all():
        return
    fraction = [f"{_said(one)} / {_said(size)}" for one, size in zip(top, bottom, strict=True)]
    allowed = "the ratio, or leave numerator and denominator out"
    factor = multiplier_of(pd.DataFrame(columns), indicator=indicator)
    if factor is None:
        scales = _multiples(value, ratio)
        used = scales[~np.isnan(scales)]
        usual = max(used, key=lambda one: (used == one).sum(), default=np.nan)  # the first of equals
        wrong = both & (scales != usual)
        allowed = "one scale in the whole column" if len(used) else allowed
        says = [
            f"neither {fraction[at]} nor 100, 1,000 … times that" if np.isnan(scales[at])
            else f"{_times(scales[at])}{fraction[at]}, where other rows are {_times(usual)}numerator / denominator"
            for at in np.flatnonzero(wrong)
        ]  # fmt: skip
        _add(found, "value unlike its ratio", "stop", "value", wrong, says, allowed)
        return
    expected = factor * ratio
    apart = np.abs(value - expected)
    rounding = 0.51 * 10.0 ** -_decimals(value[both])
    off = both & (apart > rounding + 1e-6 * np.abs(expected))
    far = off & (apart > rounding + FAR_FROM_RATIO * np.abs(expected))
    if share and (np.abs(value - ratio)[both] <= rounding + FAR_FROM_RATIO * ratio[both]).all():
        allowed = "values times 100, or a name without 'percent'"
    for where, severity in ((far, "stop"), (off & ~far, "warn")):
        says = [f"not {_said(expected[at])}, which is {_times(factor)}{fraction[at]}" for at in np.flatnonzero(where)]
        _add(found, "value unlike its ratio", severity, "value", where, says, allowed)


def _times(scale: float) -> str:
    return f"{scale:,.0f} × " if scale != 1 else ""


def _multiples(value: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Return how many times its ratio each value is, of 1, 100, 1,000 …; missing where it is none of these."""
    found = np.full(len(value), np.nan)
    for scale in MULTIPLIERS:
        with np.errstate(invalid="ignore"):
            found[(value != 0) & (np.abs(value - scale * ratio) <= NEAR_MULTIPLIER * np.abs(scale * ratio))] = scale
    return found


def _decimals(values: np.ndarray) -> int:
    """Return to how many decimals all of these numbers are rounded."""
    scaled = (values * 10.0**digits for digits in range(MOST_DECIMALS))
    fits = (np.allclose(one, np.round(one), rtol=0, atol=1e-6) for one in scaled)
    return next((digits for digits, whole in enumerate(fits) if whole), MOST_DECIMALS)


def _said(number: float) -> str:
    return f"{number:,.6g}" if abs(number) < 1e6 else f"{number:,.0f}"
