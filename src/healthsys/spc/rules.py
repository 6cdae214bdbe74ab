"""How numbers of a chart are compared (up to rounding), and the rules of special cause."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from healthsys.errors import DataError

#: Differences up to this share of the largest number compared are rounding, not a difference. Double precision leaves
#: about 1e-15 for a mean of hundreds of values; one-decimal data of four digits differ by 1e-10 or more.
RELATIVE_TOLERANCE = 1e-12
#: Largest number that is charted; beyond it squares and sums leave double precision.
LARGEST = 1e100
#: Share of the way from the centre line to a limit at which "near the limit" begins (two of three sigma).
NEAR_SHARE = 2 / 3
#: The rules in the order in which they claim a point.
RULES = ("outside limits", "trend", "two of three", "shift")
#: Which way a point that breaks a rule points, by its sign.
HEADINGS = ("", "up", "down")


def observed_numbers(values: Iterable, *, what: str = "values") -> np.ndarray:
    """Return a series as numbers, NaN where a period is missing; ``what`` names it in a message."""
    listed = list(values)
    if not listed:
        raise DataError(f"{what}: there is none; a control chart needs at least 2 observed points")
    numbers = np.full(len(listed), np.nan)
    for position, value in enumerate(listed):
        if value is None or value is pd.NA or value is pd.NaT:
            continue
        try:
            numbers[position] = value
        except (TypeError, ValueError, OverflowError):
            raise DataError(
                f"{what}: position {position + 1} holds '{value}', which is not a number; allowed: numbers, and "
                "nothing where a period is missing"
            ) from None
    wrong = np.flatnonzero(np.abs(numbers) > LARGEST)
    if len(wrong):
        raise DataError(
            f"{what}: position {wrong[0] + 1} holds {numbers[wrong[0]]:g}; allowed: numbers up to {LARGEST:g} in size. "
            "Was something divided by zero?"
        )
    return numbers


def slack_of(*numbers: np.ndarray | float) -> float:
    """Return the difference that rounding can explain among these numbers; 0 where all are missing."""
    together = np.concatenate([np.abs(np.asarray(one, dtype=float)).ravel() for one in numbers])
    known = together[~np.isnan(together)]
    return RELATIVE_TOLERANCE * float(known.max()) if len(known) else 0.0


def sign_of(differences: np.ndarray, slack: float | np.ndarray) -> np.ndarray:
    """Return the sign of differences, 0 where rounding explains them and NaN where one is missing."""
    return np.where(np.abs(differences) <= slack, 0.0, np.sign(differences))


def slack_of_each(values: np.ndarray) -> np.ndarray:
    """Return :func:`slack_of` of each row."""
    return RELATIVE_TOLERANCE * np.abs(np.nan_to_num(values)).max(axis=1)


def usual_of_each(values: np.ndarray) -> np.ndarray:
    """Return the value that more than half of the observed points of each row share, NaN where there is none.

    A process that nearly always takes one value, such as 100%, has its level there and not at its mean.
    """
    number = (~np.isnan(values)).sum(axis=1)
    middle = np.sort(values, axis=1)[np.arange(len(values)), np.minimum(number // 2, values.shape[1] - 1)]
    shared = (sign_of(values - middle[:, None], slack_of_each(values)[:, None]) == 0).sum(axis=1)
    return np.where(2 * shared > number, middle, np.nan)


def rules_broken(
    values: np.ndarray, mean: float, half: float | np.ndarray, *, trend_length: int, shift_length: int,
    level: float | None = None,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Return the rule (of ``RULES``) that each point of a segment breaks, first match first, and the way it points.

    ``half`` is half the distance between the limits (one number, or one for each point); ``level`` is where a shift is
    counted from, if not the centre line. Missing and excluded points are NaN.
    """
    lengths = {"trend_length": trend_length, "shift_length": shift_length}
    levels = np.array([[mean if level is None else level]])
    rule, sign = rules_of_each(values[None], np.array([[mean]]), half, levels, **lengths)
    return np.array(["", *RULES])[rule[0]].tolist(), np.array(HEADINGS)[sign[0]].tolist()


def rules_of_each(
    values: np.ndarray, mean: np.ndarray, half: float | np.ndarray, level: np.ndarray, *, trend_length: int,
    shift_length: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Apply the rules to many series at once, a row each (``mean`` and ``level`` a column, NaN where all is missing).

    Gives for each point the place of its rule in ``RULES``, from 1, and the place of its heading in ``HEADINGS``; 0
    where it breaks none.
    """
    known = ~np.isnan(values)
    slack = RELATIVE_TOLERANCE * np.fmax(np.abs(np.where(known, values, 0)).max(axis=1, keepdims=True), np.abs(mean))
    side = np.where(known, sign_of(values - mean, slack), 0)
    away = np.where(known, np.abs(values - mean), 0)
    outside = away > half + slack
    near = ~outside & (away > half * NEAR_SHARE + slack)
    pairs = np.fmax(np.abs(values[:, 1:]), np.abs(values[:, :-1])) * RELATIVE_TOLERANCE
    steps = _runs(sign_of(np.diff(values), pairs), trend_length - 1)
    trend = np.zeros(values.shape)  # a step marks both of its points
    trend[:, 1:] = steps
    trend[:, :-1] = np.where(steps != 0, steps, trend[:, :-1])
    shift = _runs(np.where(known, sign_of(values - level, slack), 0), shift_length)
    two_of_three, width = np.zeros(values.shape, dtype=bool), max(values.shape[1] - 2, 0)
    windows = [slice(start, start + width) for start in range(3)]
    alike = np.abs(sum(side[:, one] for one in windows)) == 3
    found = alike & (sum(near[:, one].astype(int) for one in windows) >= 2)
    for one in windows:
        two_of_three[:, one] |= found & near[:, one]
    signs = [np.where(outside, side, 0), trend, np.where(two_of_three, side, 0), shift]
    broken = [sign != 0 for sign in signs]
    return np.select(broken, range(1, len(RULES) + 1), 0), np.select(broken, signs, 0).astype(int)


def _runs(signs: np.ndarray, length: int) -> np.ndarray:
    """Return the sign of each member of an unbroken run of one sign that is long enough, and 0 for the others."""
    if not signs.size:
        return np.zeros(signs.shape)
    begins = np.ones(signs.shape, dtype=bool)
    begins[:, 1:] = signs[:, 1:] != signs[:, :-1]  # a missing sign differs from itself
    run = np.cumsum(begins) - 1
    long = (np.bincount(run)[run] >= length).reshape(signs.shape)
    return np.where(long & (np.abs(signs) == 1), signs, 0)
