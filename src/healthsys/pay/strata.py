"""Gaps where characteristics cross, and a multilevel model of the intersectional strata (MAIHDA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from healthsys.disclosure import Rule
from healthsys.errors import DataError, nearest
from healthsys.pay.gaps import full_pay_staff, gap_percent
from healthsys.pay.resampling import bootstrap_gap
from healthsys.statistics import adjust

#: Between what joins the levels of a stratum.
JOINED_BY = " · "

#: A between-strata variance below this share of the within-strata variance counts as none.
NONE_LEFT = 1e-6


@dataclass(frozen=True)
class Strata:
    """A random-intercept model of strata: variances ``between`` and ``within`` them, ``reason`` where one is special.

    ``residuals`` has a row per stratum: ``stratum``, ``people``, ``residual``, ``lower``, ``upper`` (the stratum's own
    deviation, shrunk towards zero, with its interval), in the unit of the outcome.
    """

    between: float
    within: float
    fixed: dict[str, float]
    residuals: pd.DataFrame
    people: int
    strata: int
    reason: str | None = None

    @property
    def vpc(self) -> float | None:
        """Share of the variance that lies between strata (0 to 1); None where there is no variance."""
        return self.between / (self.between + self.within) if self.between + self.within else None


def with_strata(staff: pd.DataFrame, by: Sequence[str], *, label: str = "staff") -> tuple[pd.DataFrame, int]:
    """Return the people whose characteristics are all known, with a column ``stratum``, and how many are left out.

    >>> people = pd.DataFrame({"sex": ["F", "M", None], "group": ["A", "B", "A"]})
    >>> kept, left_out = with_strata(people, ["sex", "group"])
    >>> kept["stratum"].tolist(), left_out
    (['F · A', 'M · B'], 1)
    """
    for column in by:
        if column not in staff.columns:
            raise DataError(
                f"{label}: there is no column '{column}' to form strata by.{nearest(column, staff.columns)}"
            )
    kept = staff.dropna(subset=list(by)).copy()
    stratum = kept[by[0]].astype(str)
    for column in by[1:]:
        stratum = stratum + JOINED_BY + kept[column].astype(str)
    kept["stratum"] = stratum
    return kept, len(staff) - len(kept)


def stratum_gaps(
    staff: pd.DataFrame,
    *,
    by: Sequence[str],
    comparator: Sequence[str],
    rule: Rule,
    measure: str = "median",
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Gap in hourly pay of every stratum against one stratum, full-pay employees only.

    Parameters
    ----------
    by
        The characteristics that form the strata.
    comparator
        One level of each characteristic, in the same order: the stratum compared with.
    rule
        Strata with too few people keep a row without figures.

    Returns
    -------
    pandas.DataFrame
        The comparator first: ``stratum``, the characteristics, ``people`` (exact), ``pay``, ``gap``, ``lower``,
        ``upper``, ``p`` (bootstrap p of no gap), that adjusted (``holm``, ``bh``), ``reason``.

    Raises
    ------
    DataError
        If nobody is in the comparator stratum.
    """
    kept, _ = with_strata(full_pay_staff(staff), by)
    name = JOINED_BY.join(comparator)
    pay = {key: part.to_numpy(dtype=float) for key, part in kept.groupby("stratum")["hourly_pay"]}
    if name not in pay:
        raise DataError(
            f"nobody is in the comparator stratum '{name}'.{nearest(name, pay)} There are: {', '.join(pay)}"
        )
    middle = {"mean": np.mean, "median": np.median}[measure]
    reference = float(middle(pay[name]))
    rows = []
    for key in (name, *sorted(set(pay) - {name})):
        row: dict = {"stratum": key, **dict(zip(by, key.split(JOINED_BY), strict=True)), "people": len(pay[key])}
        own_few = len(pay[key]) <= rule.highest
        few = own_few or len(pay[name]) <= rule.highest
        own = np.nan if own_few else float(middle(pay[key]))
        options = {"measure": measure, "level": level, "resamples": resamples, "seed": seed}
        tested = None if few or key == name else bootstrap_gap(pay[name], pay[key], **options)
        row |= {"pay": own, "gap": np.nan if few else gap_percent(reference, own)}
        row["lower"], row["upper"], row["p"] = tested or (np.nan, np.nan, np.nan)
        where = "" if own_few else " in the comparator stratum"
        row["reason"] = f"fewer than {rule.highest + 1} people{where}" if few else ""
        rows.append(row)
    found = pd.DataFrame(rows)
    found["holm"], found["bh"] = (adjust(found["p"], method=one) for one in ("holm", "BH"))
    return found[[*(column for column in found if column != "reason"), "reason"]]


def maihda(
    frame: pd.DataFrame,
    *,
    outcome: str,
    stratum: str = "stratum",
    additive: Sequence[str] = (),
    level: float = 0.95,
) -> Strata:
    """Fit a random intercept per stratum by REML: the null model, or with additive effects of the characteristics.

    Parameters
    ----------
    frame
        One row per person without missing cells in the columns used.
    outcome
        The column explained; log hourly pay for a relative reading.
    additive
        Characteristics whose main effects enter as categories; none for the null model.
    level
        Coverage of the intervals of the stratum residuals.

    Returns
    -------
    Strata
        The profiled likelihood is maximised directly, also on its boundary (``between`` 0, with a ``reason``), where
        ``statsmodels`` ``MixedLM`` does not converge; elsewhere both agree.

    Raises
    ------
    DataError
        If there are fewer than three strata, or a cell is missing.

    References
    ----------
    Evans CR, Williams DR, Onnela J-P, Subramanian SV. Social Science & Medicine 2018;203:64-73.

    Examples
    --------
    >>> text = "10 12 11 13 14 15 13 16 9 8 10 9 12 13 12 11 17 16 18 15 11 10 12 13"
    >>> people = pd.DataFrame({"stratum": list("aaaabbbbccccddddeeeeffff"), "y": [float(v) for v in text.split()]})
    >>> found = maihda(people, outcome="y")
    >>> f"{found.between:.2f} {found.within:.2f} {found.vpc:.3f}"
    '6.57 1.33 0.831'
    """
    labels, member, y, x, names = _laid_out(frame, outcome, stratum, additive)
    profile = _Profile.of(y, x, member)
    ratio = profile.best()
    _, beta, within = profile.at(ratio)
    between = ratio * within
    size = profile.size
    deviation = np.bincount(member, weights=y - x @ beta) / size
    shrink = size * between / (size * between + within) if within > 0 else np.ones(len(size))
    residual, spread = shrink * deviation, norm.ppf(0.5 + level / 2) * np.sqrt(between * (1 - shrink))
    rows = pd.DataFrame({"stratum": labels, "people": size.astype(int), "residual": residual})
    rows["lower"], rows["upper"] = residual - spread, residual + spread
    fixed = {name: float(value) for name, value in zip(names, beta, strict=True)}
    reason = None if ratio else "the best fit leaves no variance between strata (the boundary of the model)"
    return Strata(between, within, fixed, rows, len(y), len(labels), reason)


def _laid_out(frame: pd.DataFrame, outcome: str, stratum: str, additive: Sequence[str]) -> tuple:
    used = frame[[outcome, stratum, *additive]]
    if used.isna().any(axis=None):
        raise DataError(
            "the table has missing cells; keep the people whose characteristics are all known, and say how many"
        )
    labels, member = np.unique(used[stratum].astype(str).to_numpy(), return_inverse=True)
    if len(labels) < 3:
        raise DataError(
            f"there are {len(labels)} strata; a variance between them needs at least three. Cross more characteristics"
        )
    dummies = pd.get_dummies(used[list(additive)].astype(str), drop_first=True, dtype=float) if additive else used[[]]
    x = np.column_stack([np.ones(len(used)), dummies.to_numpy(dtype=float)])
    return labels, member, used[outcome].to_numpy(dtype=float), x, ["intercept", *dummies.columns]


@dataclass(frozen=True)
class _Profile:
    """The restricted likelihood of a random intercept, as a function of the ratio of between to within variance."""

    size: np.ndarray
    totals: np.ndarray
    cross: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, x: np.ndarray, member: np.ndarray) -> _Profile:
        z = np.column_stack([x, y])
        totals = np.column_stack([np.bincount(member, weights=column) for column in z.T])
        return cls(np.bincount(member).astype(float), totals, z.T @ z)

    def at(self, ratio: float) -> tuple[float, np.ndarray, float]:
        """Return the log-likelihood (up to a constant), the fixed effects and the variance within strata."""
        whole = self.cross - (self.totals.T * (ratio / (1 + ratio * self.size))) @ self.totals
        xx, xy, yy = whole[:-1, :-1], whole[:-1, -1], whole[-1, -1]
        beta, free = np.linalg.solve(xx, xy), self.size.sum() - len(xy)
        within = float((yy - xy @ beta) / free)
        spread = np.log1p(ratio * self.size).sum() + np.linalg.slogdet(xx)[1]
        return float(-0.5 * (free * np.log(within) + spread)), beta, within

    def best(self) -> float:
        """Return the ratio with the highest likelihood; 0 on the boundary."""

        def cost(logarithm: float) -> float:
            return -self.at(float(np.exp(logarithm)))[0]

        grid = np.linspace(-18, 8, 53)
        start = grid[int(np.argmin([cost(point) for point in grid]))]
        found = minimize_scalar(cost, bounds=(start - 0.6, start + 0.6), method="bounded", options={"xatol": 1e-9})
        ratio = float(np.exp(found.x))
        return 0.0 if ratio <= NONE_LEFT or -self.at(0.0)[0] <= found.fun + 1e-9 else ratio


def additive_share(null: Strata, main: Strata) -> tuple[float | None, str]:
    """Return the proportional change in variance between strata and what it means; None where there is none to change.

    It is (between of the null model − between of the main-effects model) / between of the null model, and can be
    negative.

    Examples
    --------
    >>> nothing = pd.DataFrame()
    >>> null, main = Strata(0.04, 0.1, {}, nothing, 9, 3), Strata(0.01, 0.1, {}, nothing, 9, 3)
    >>> round(additive_share(null, main)[0], 6)
    0.75
    """
    if not null.between:
        return None, "strata do not differ in the null model, so there is nothing for additive effects to account for"
    share = (null.between - main.between) / null.between
    if share < 0:
        said = "the additive effects leave more variance between strata than there was: they explain nothing of it"
    elif main.between == 0:
        said = "the additive effects account for all of the difference between strata; no interaction is left"
    else:
        said = "the rest of the difference between strata is more, or less, than the sum of the single effects"
    return share, said
