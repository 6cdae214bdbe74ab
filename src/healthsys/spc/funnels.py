"""Funnel plots: units compared with a common target, with limits that widen as a unit gets smaller."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError

#: Two-sided coverage of the inner and outer limits (1.96 and 3.09 standard errors), Spiegelhalter 2005.
LEVELS = (0.95, 0.998)
#: Share of z-scores winsorised at each end before dispersion is estimated, Spiegelhalter 2005.
WINSORISED = 0.10
#: Largest count: above it double precision no longer holds every whole number.
LARGEST = 1e15
#: Expected events above which exact Poisson limits and their normal approximation agree to a millionth of their width.
NORMAL_ABOVE = 1e9
#: Sizes at which the curves are drawn.
CURVE_POINTS = 120
#: Added to an observed count of zero and its expectation before a logarithm.
CONTINUITY = 0.5
#: Differences up to this share of the numbers compared are rounding: such a unit lies on the limit, not beyond it.
RELATIVE_TOLERANCE = 1e-12

KINDS = ("proportion", "ratio")
#: What is done with the most extreme z-scores: pulled in to the cut (Spiegelhalter 2005), or dropped (NHS England's
#: summary hospital-level mortality indicator, SHMI).
EXTREMES = ("winsorised", "truncated")
#: From where the spread of units is measured: from their pooled value, or from a target that is given.
AROUND = ("pooled", "target")
#: How limits are widened: by a variance between units (random effects), or by the factor sqrt(phi).
MODELS = ("additive", "multiplicative")


@dataclass(frozen=True)
class Overdispersion:
    """How much more units differ than chance allows.

    ``phi`` is the mean squared z-score (1 when chance explains it all; None with a ``reason``), ``tau2`` the variance
    between units on the transformed scale, ``used`` the units that entered.
    """

    phi: float | None
    tau2: float
    units: int
    used: int
    reason: str | None = None

    @property
    def factor(self) -> float:
        """By how much multiplicative limits are wider: sqrt(phi), never below 1."""
        return 1.0 if self.phi is None else max(1.0, self.phi**0.5)


@dataclass(frozen=True)
class Funnel:
    """A funnel: target, a row per unit with its limits and place, limits as curves, and whether they are widened."""

    target: float
    kind: str
    points: pd.DataFrame
    curves: pd.DataFrame
    dispersion: Overdispersion
    adjusted: bool
    left_out: int
    model: str = MODELS[0]


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise DataError(f"level must lie between 0 and 1, got {level:g}; 0.95 and 0.998 are usual")
    return float(stats.norm.ppf(0.5 + level / 2))


def _sizes(numbers: np.ndarray, what: str) -> np.ndarray:
    size = np.asarray(numbers, dtype=float)
    wrong = ~((size > 0) & (size <= LARGEST))
    if wrong.any():
        raise DataError(
            f"{what}: position {int(np.argmax(wrong)) + 1} holds {size[wrong][0]:g}; allowed: numbers above 0, up to "
            f"{LARGEST:g}. Leave units without any out"
        )
    return size


def _check_target(target: float, kind: str, label: str = "") -> None:
    if not (0 < target < (1 if kind == "proportion" else np.inf)):
        raise DataError(
            f"{label}a target of {target:g} leaves no funnel; allowed: above 0"
            + (" and below 1 (a proportion, not a percentage)" if kind == "proportion" else "")
        )


def _straddled(law: Any, size: np.ndarray, level: float) -> list[np.ndarray]:
    """Return exact limits of a law of counts, interpolated between the counts next to each tail probability."""
    counts = [(law.ppf(tail), tail) for tail in ((1 - level) / 2, (1 + level) / 2)]
    return [(count - (law.cdf(count) - tail) / law.pmf(count)) / size for count, tail in counts]


def proportion_limits(
    target: float, denominators: np.ndarray, *, level: float = 0.95, exact: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits around a target proportion for units of given size, without overdispersion.

    ``denominators`` are above 0, ``level`` is the two-sided coverage. ``exact`` limits are binomial, interpolated
    between the two counts next to the tail probability; otherwise the normal approximation is clipped to 0 and 1.

    References
    ----------
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Statistics in Medicine 2005;24:1185-1202.

    Examples
    --------
    >>> lower, upper = proportion_limits(0.138235, np.array([100.0]))
    >>> print(f"{lower[0]:.4f} {upper[0]:.4f}")
    0.0706 0.2059
    """
    size = _sizes(denominators, "denominators")
    _check_target(target, "proportion")
    if exact and (size % 1 > 0).any():
        raise DataError(
            f"denominators: {size[size % 1 > 0][0]:g} is not a whole number; exact binomial limits need whole numbers. "
            "Use exact=False for weighted data"
        )
    if not exact:
        half = _z(level) * np.sqrt(target * (1 - target) / size)
        return np.clip(target - half, 0, 1), np.clip(target + half, 0, 1)
    lower, upper = _straddled(stats.binom(size, target), size, level)
    return np.clip(lower, 0, 1), np.clip(upper, 0, 1)


def ratio_limits(target: float, expected: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return exact Poisson limits around a target ratio of observed to ``expected`` events, as proportion_limits.

    >>> lower, upper = ratio_limits(1.0, np.array([25.0]))
    >>> print(f"{lower[0]:.2f} {upper[0]:.2f}")
    0.61 1.39
    """
    size = _sizes(expected, "expected events")
    _check_target(target, "ratio")
    half = _z(level) * np.sqrt(target / size)
    many, mean = size * target > NORMAL_ABOVE, np.minimum(size * target, NORMAL_ABOVE)
    lower, upper = _straddled(stats.poisson(mean), size, level)
    return np.where(many, target - half, np.clip(lower, 0, None)), np.where(many, target + half, upper)


def _transformed(observed: np.ndarray, size: np.ndarray, target: float, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's distance from the target on the stable scale, and its standard error there."""
    if kind == "proportion":
        return np.arcsin(np.sqrt(observed / size)) - np.arcsin(np.sqrt(target)), 1 / (2 * np.sqrt(size))
    zero = observed == 0
    ratio = np.where(zero, CONTINUITY / (size + CONTINUITY), observed / size)
    return np.log(ratio) - np.log(target), 1 / np.sqrt(size * target)


def overdispersion(
    observed: np.ndarray, size: np.ndarray, *, target: float, kind: str = "proportion",
    winsorised: float = WINSORISED, extremes: str = EXTREMES[0],
) -> Overdispersion:  # fmt: skip
    """Estimate how much units differ beyond chance, and the between-unit variance that would explain it.

    z-scores are on the arcsine scale (proportions) or log scale (ratios); phi is the mean square of the k that enter.
    Where k phi exceeds k - 1, tau2 = (k phi - (k - 1)) / (sum w - sum w^2 / sum w), w the inverse squared standard
    errors.

    Parameters
    ----------
    observed, size
        Events, and people at risk (``proportion``) or expected events (``ratio``), one per unit.
    target, kind
        Value from which the distances are measured, and whether it is a ``proportion`` or a ``ratio``. The distance
        of all units from an external target counts as spread; :func:`funnel` measures from their pooled value.
    winsorised, extremes
        Share of units at each end that is pulled in to the quantile (``winsorised``, Spiegelhalter) or dropped as a
        whole number of units (``truncated``, SHMI).

    Raises
    ------
    DataError
        If an option is not known, a count or size cannot be, or events exceed people.

    References
    ----------
    Spiegelhalter DJ. Statistics in Medicine 2005;24:1185-1202; NHS Digital, SHMI methodology; R FunnelPlotR.

    Examples
    --------
    >>> found = overdispersion(np.array([12, 18, 25, 9, 30]), np.array([100, 150, 160, 90, 180]),
    ...                        target=94 / 680, winsorised=0)
    >>> print(f"{found.phi:.6f} {found.tau2:g}")
    0.708782 0
    """
    _check_choice("kind", kind, KINDS)
    _check_choice("extremes", extremes, EXTREMES)
    if not 0 <= winsorised < 0.5:
        raise DataError(f"winsorised must be from 0 up to 0.5, got {winsorised:g}; 0.1 is usual")
    observed, size = np.asarray(observed, dtype=float), _sizes(size, "size")
    _check_target(target, kind)
    wrong = ~(observed >= 0) | ~np.isfinite(observed)
    wrong |= (observed > size) & (kind == "proportion")
    if wrong.any():
        raise DataError(
            f"observed: position {int(np.argmax(wrong)) + 1} holds {observed[wrong][0]:g} of {size[wrong][0]:g}; "
            "allowed: counts of 0 or more" + (", not above the people at risk" if kind == "proportion" else "")
        )
    units = len(observed)
    distance, error = _transformed(observed, size, target, kind)
    z, weight = distance / error, error**-2.0
    if winsorised and extremes == "truncated":
        dropped = int(units * winsorised + RELATIVE_TOLERANCE)
        kept = np.argsort(z, kind="stable")[dropped : units - dropped]
        z, weight = z[kept], weight[kept]
    elif winsorised and units:
        z = np.clip(z, *np.quantile(z, [winsorised, 1 - winsorised], method="linear"))
    used = len(z)
    if used < 2:
        return Overdispersion(None, 0.0, units, used, "dispersion needs at least two units")
    phi = float(np.mean(z**2))
    excess, tau2 = used * phi - (used - 1), 0.0
    if excess > RELATIVE_TOLERANCE * used:
        largest, others = int(weight.argmax()), weight.sum() - weight
        others[largest] = np.delete(weight, largest).sum()
        tau2 = float(excess / ((weight * others).sum() / weight.sum()))  # sum w - sum w^2 / sum w, without cancellation
    return Overdispersion(phi, tau2, units, used)


def _limits(
    size: np.ndarray, *, target: float, kind: str, level: float, tau2: float, factor: float, exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of a funnel, widened by a variance between units or by a factor."""
    if tau2 > 0 or factor > 1:
        error = 1 / (4 * size) if kind == "proportion" else 1 / (size * target)
        half = _z(level) * np.sqrt(factor**2 * error + tau2)
        if kind == "ratio":
            return target * np.exp(-half), target * np.exp(half)
        ends = np.clip(np.arcsin(np.sqrt(target)) + np.array([-half, half]), 0, np.pi / 2)
        return tuple(np.sin(ends) ** 2)
    if kind == "proportion":
        return proportion_limits(target, size, level=level, exact=exact)
    return ratio_limits(target, size, level=level)


def _check_choice(name: str, chosen: str, allowed: tuple[str, ...]) -> None:
    if chosen not in allowed:
        raise DataError(f"{name} '{chosen}' is not known; allowed: {', '.join(allowed)}")


def funnel(
    frame: pd.DataFrame, *, unit: str, observed: str, size: str, kind: str = "proportion", target: float | None = None,
    adjust: bool = True, model: str = MODELS[0], winsorised: float = WINSORISED, extremes: str = EXTREMES[0],
    levels: tuple[float, float] = LEVELS, exact: bool = False, around: str = AROUND[0], label: str = "funnel",
) -> Funnel:  # fmt: skip
    """Place every unit in a funnel around a common target.

    Parameters
    ----------
    frame
        One row per unit.
    unit, observed, size
        Columns: the unit's name; its events; people at risk (``proportion``) or expected events (``ratio``).
    kind
        ``proportion`` (arcsine scale) or ``ratio`` (observed over expected, log scale).
    target
        Target value; all events over all people or expectations when None.
    adjust
        Widen the limits for overdispersion where there is evidence of it.
    model
        ``additive`` adds the between-unit variance, ``multiplicative`` multiplies the distance from the target by
        sqrt(phi).
    winsorised, extremes
        As for :func:`overdispersion`.
    levels
        Coverage of the inner and outer limits.
    exact
        Exact binomial limits for proportions where nothing is widened.
    around
        From where overdispersion is measured when a target is given: ``pooled`` value of the units, or ``target`` (as
        the SHMI and R's FunnelPlotR), which takes a distance that all units have from the target for spread.
    label
        What to call the table in messages.

    Returns
    -------
    Funnel
        ``points``: unit, observed, size, value, limits, ``place`` (``inside``, or ``above`` or ``below`` with ``inner``
        or ``outer``); a unit on a limit is inside it. ``left_out`` counts units with a missing value or a size of zero.

    Raises
    ------
    DataError
        If a column is missing, a count cannot be, events exceed people, a unit occurs twice, or no unit remains.

    References
    ----------
    Spiegelhalter DJ. Statistics in Medicine 2005;24:1185-1202.

    Examples
    --------
    >>> trusts = pd.DataFrame({"trust": list("ABCDE"), "late": [12, 18, 25, 9, 30], "seen": [100, 150, 160, 90, 180]})
    >>> placed = funnel(trusts, unit="trust", observed="late", size="seen")
    >>> round(placed.target, 6), set(placed.points["place"])
    (0.138235, {'inside'})
    """
    _check_choice("kind", kind, KINDS)
    _check_choice("model", model, MODELS)
    _check_choice("around", around, AROUND)
    for column in (unit, observed, size):
        if column not in frame.columns:
            raise DataError(f"{label}: there is no column '{column}'; there are {', '.join(map(str, frame.columns))}")
    rows = frame[[unit, observed, size]].copy()
    for column in (observed, size):
        numbers = pd.to_numeric(rows[column], errors="coerce").astype("float64")
        wrong = rows[numbers.isna() & rows[column].notna()]
        if len(wrong):
            raise DataError(
                f"{label}: column '{column}', unit '{wrong[unit].iloc[0]}': '{wrong[column].iloc[0]}' is not a number; "
                "leave the cell empty where nothing is known"
            )
        rows[column] = numbers
        wrong = rows[(numbers < 0) | (numbers > LARGEST)]
        if len(wrong):
            said = "negative" if wrong[column].iloc[0] < 0 else f"above {LARGEST:g}"
            raise DataError(
                f"{label}: column '{column}', unit '{wrong[unit].iloc[0]}': {wrong[column].iloc[0]:g} is {said}; "
                "counts are 0 or more. Check the sign in the source table"
            )
    usable = rows[rows[observed].notna() & (rows[size] > 0)].reset_index(drop=True)
    if usable.empty:
        raise DataError(f"{label}: no unit has both '{observed}' and a '{size}' above 0; there is nothing to place")
    if usable[unit].duplicated().any():
        twice = usable.loc[usable[unit].duplicated(), unit].iloc[0]
        raise DataError(f"{label}: unit '{twice}' occurs twice; a funnel needs one row per unit. Add the rows first")
    if kind == "proportion":
        wrong = usable[usable[observed] > usable[size]]
        if len(wrong):
            raise DataError(
                f"{label}: unit '{wrong[unit].iloc[0]}' has {wrong[observed].iloc[0]:g} events among "
                f"{wrong[size].iloc[0]:g} people; are the columns '{observed}' and '{size}' swapped?"
            )
    events, people = usable[observed].to_numpy(), usable[size].to_numpy()
    pooled = float(events.sum() / people.sum())
    centre = pooled if target is None else float(target)
    edge = pooled in ((0, 1) if kind == "proportion" else (0,))
    if target is None and edge:
        raise DataError(
            f"{label}: {'no unit has an event' if centre == 0 else 'every case of every unit is an event'}, so the "
            f"pooled target of {centre:g} leaves no funnel; give a target"
        )
    _check_target(centre, kind, f"{label}: ")
    middle = pooled if around == "pooled" else centre
    dispersion = Overdispersion(None, 0.0, len(usable), len(usable), f"every unit has the value {pooled:g}")
    if middle == centre or not edge:
        dispersion = overdispersion(events, people, target=middle, kind=kind, winsorised=winsorised, extremes=extremes)
    tau2 = dispersion.tau2 if adjust and model == "additive" else 0.0
    factor = dispersion.factor if adjust and model == "multiplicative" else 1.0
    grid = np.geomspace(people.min(), people.max() if people.max() > people.min() else people.min() * 2, CURVE_POINTS)
    if exact:
        grid = np.unique(np.round(grid))
    points = usable.assign(value=events / people)
    curves = pd.DataFrame({"size": grid})
    for name, level in zip(("inner", "outer"), sorted(levels), strict=True):
        for table, at in ((points, people), (curves, grid)):
            low, high = _limits(at, target=centre, kind=kind, level=level, tau2=tau2, factor=factor, exact=exact)
            table[f"{name}_lower"], table[f"{name}_upper"] = low, high
    value = points["value"]
    beyond = {
        f"{side} {name}": _beyond(*((value, points[f"{name}_upper"]) if up else (points[f"{name}_lower"], value)))
        for name in ("outer", "inner") for side, up in (("above", True), ("below", False))
    }  # fmt: skip
    points["place"] = np.select(list(beyond.values()), list(beyond), default="inside")
    return Funnel(centre, kind, points, curves, dispersion, tau2 > 0 or factor > 1, len(rows) - len(usable), model)


def _beyond(larger: pd.Series, smaller: pd.Series) -> pd.Series:
    """Whether one number is above another by more than rounding can explain."""
    return larger - smaller > RELATIVE_TOLERANCE * np.fmax(larger.abs(), smaller.abs())
