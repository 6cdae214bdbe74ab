"""Gaps where characteristics cross, and a multilevel model of the intersectional strata (MAIHDA)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

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

    Examples
    --------
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
        Strata with too few people keep a row without figures; a comparator stratum with too few leaves every gap out.

    Returns
    -------
    pandas.DataFrame
        ``stratum``, the characteristics, ``people`` (exact), ``pay``, ``gap``, ``lower``, ``upper``, ``p`` (bootstrap
        p of no gap) and the same adjusted for the number of strata compared (``holm``, ``bh``), ``reason``; the
        comparator first.

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
        row: dict = {
            "stratum": key,
            **dict(zip(by, key.split(JOINED_BY), strict=True)),
            "people": len(pay[key]),
        }
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
        Characteristics whose main effects enter as fixed effects (as categories); none for the null model.
    level
        Coverage of the intervals of the stratum residuals.

    Returns
    -------
    Strata
        Fitted with :class:`statsmodels.regression.mixed_linear_model.MixedLM` by Powell's method (with its
        default, statsmodels 0.15.0 calls a fit with several thousand people per stratum singular that is
        not). Where the likelihood is highest with no variance between strata, ``between`` is 0 and ``reason``
        says so (``MixedLM`` does not converge there).

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
    from scipy.stats import norm
    from statsmodels.regression.mixed_linear_model import MixedLM

    used = frame[[outcome, stratum, *additive]]
    if used.isna().any(axis=None):
        raise DataError(
            "the table has missing cells; keep the people whose characteristics are all known, and say how many"
        )
    y = used[outcome].to_numpy(dtype=float)
    dummies = pd.get_dummies(used[list(additive)].astype(str), drop_first=True, dtype=float) if additive else None
    x = np.column_stack([np.ones(len(y)), *([dummies.to_numpy()] if additive else [])])
    names = ["intercept", *(dummies.columns if additive else [])]
    groups = used[stratum].astype(str).to_numpy()
    count = len(np.unique(groups))
    if count < 3:
        raise DataError(
            f"there are {count} strata; a variance between them needs at least three. Cross more characteristics"
        )
    z = norm.ppf(0.5 + level / 2)
    profile = _Profile(y, x, groups)
    ratio = profile.best()
    if ratio <= NONE_LEFT:
        beta, *_ = np.linalg.lstsq(x, y, rcond=None)
        within = float(((y - x @ beta) ** 2).sum() / profile.free)
        reason = "the best fit leaves no variance between strata (the boundary of the model)"
        return _finished(y, x, beta, names, groups, 0.0, within, z, reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = MixedLM(y, x, groups=groups).fit(reml=True, method=["powell"])
    between, within = float(np.asarray(found.cov_re)[0, 0]), float(found.scale)
    if not found.converged or abs(between / within - ratio) > 0.02 * ratio + 1e-4:
        _, beta, within = profile.at(ratio)
        reason = "MixedLM did not converge; the profiled likelihood was maximised directly"
        return _finished(y, x, beta, names, groups, ratio * within, within, z, reason)
    return _finished(y, x, np.asarray(found.fe_params), names, groups, between, within, z, None)


class _Profile:
    """The restricted likelihood of a random intercept, as a function of the ratio of between to within variance."""

    def __init__(self, y: np.ndarray, x: np.ndarray, groups: np.ndarray) -> None:
        _, member = np.unique(groups, return_inverse=True)
        z = np.column_stack([x, y])
        self.size = np.bincount(member).astype(float)
        self.totals = np.column_stack([np.bincount(member, weights=column) for column in z.T])
        self.cross, self.free = z.T @ z, len(y) - x.shape[1]

    def at(self, ratio: float) -> tuple[float, np.ndarray, float]:
        """Return the log-likelihood (up to a constant), the fixed effects and the variance within strata."""
        whole = self.cross - (self.totals.T * (ratio / (1 + ratio * self.size))) @ self.totals
        xx, xy, yy = whole[:-1, :-1], whole[:-1, -1], whole[-1, -1]
        beta = np.linalg.solve(xx, xy)
        within = float((yy - xy @ beta) / self.free)
        spread = np.log1p(ratio * self.size).sum() + np.linalg.slogdet(xx)[1]
        return float(-0.5 * (self.free * np.log(within) + spread)), beta, within

    def best(self) -> float:
        """Return the ratio with the highest likelihood; 0 on the boundary."""
        from scipy.optimize import minimize_scalar

        def cost(logarithm: float) -> float:
            return -self.at(float(np.exp(logarithm)))[0]

        grid = np.linspace(-18, 8, 53)
        start = grid[int(np.argmin([cost(point) for point in grid]))]
        found = minimize_scalar(cost, bounds=(start - 0.6, start + 0.6), method="bounded", options={"xatol": 1e-9})
        return 0.0 if -self.at(0.0)[0] <= found.fun + 1e-9 else float(np.exp(found.x))


def _finished(
    y: np.ndarray,
    x: np.ndarray,
    beta: np.ndarray,
    names: list[str],
    groups: np.ndarray,
    between: float,
    within: float,
    z: float,
    reason: str | None,
) -> Strata:
    labels, member = np.unique(groups, return_inverse=True)
    size = np.bincount(member)
    deviation = np.bincount(member, weights=y - x @ beta) / size
    shrink = size * between / (size * between + within) if within > 0 else np.ones(len(size))
    residual = shrink * deviation
    spread = z * np.sqrt(between * (1 - shrink))
    rows = pd.DataFrame({"stratum": labels, "people": size, "residual": residual})
    rows["lower"], rows["upper"] = residual - spread, residual + spread
    fixed = {name: float(value) for name, value in zip(names, beta, strict=True)}
    return Strata(between, within, fixed, rows, len(y), len(labels), reason)


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
