"""The statutory measures, gaps of groups, within levels and along the distribution, and their parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.disclosure import Rule, mean_is_safe, median_is_safe
from healthsys.errors import DataError, nearest, need_columns
from healthsys.io.payroll import YES_NO
from healthsys.pay.quarters import pay_quarters
from healthsys.pay.resampling import bootstrap_gap, notes_of_many
from healthsys.statistics import adjust

#: Why a group that is large enough has no figures.
PROTECTS = "withheld to protect a smaller group"

#: Why a group that is large enough has no mean or no median.
TELLS = "withheld: it would show one person's pay"

#: From this share of those on full pay without an hourly rate on, the reader is asked whether the file is complete.
LARGE_SHARE_WITHOUT_RATE = 0.1

MIDDLES = {"mean": np.mean, "median": np.median}

#: For each measure, whether it may be shown of so much pay of so many people.
SAFE = {"mean": mean_is_safe, "median": median_is_safe}


@dataclass(frozen=True)
class Gap:
    """One pay gap in percent of the comparator's pay, positive when the group is paid less; or None with a reason."""

    measure: str
    percent: float | None
    comparator: float | None
    group: float | None
    comparator_people: int
    group_people: int
    reason: str | None = None


@dataclass(frozen=True)
class Statutory:
    """The statutory measures of one employer (of a system of employers: a description, not a statutory figure)."""

    gaps: tuple[Gap, ...]
    bonus_shares: pd.DataFrame
    quarters: pd.DataFrame
    full_pay: int
    relevant: int
    left_out: dict[str, int]

    def gap(self, measure: str) -> Gap:
        """Return one measure: ``mean_hourly``, ``median_hourly``, ``mean_bonus`` or ``median_bonus``."""
        return next(gap for gap in self.gaps if gap.measure == measure)


def gap_percent(comparator: float, group: float) -> float | None:
    """Return 100 (comparator − group) / comparator, or None where the comparator's pay is not above zero.

    >>> round(gap_percent(14.75, 12.5), 2), gap_percent(10, 11), gap_percent(0, 5)
    (15.25, -10.0, None)
    """
    if not comparator > 0:
        return None
    return 100 * (comparator - group) / comparator


def _gap_between(sides: tuple[np.ndarray, np.ndarray], measure: str, of: str, names: tuple[str, str]) -> Gap:
    """Return the gap in the mean or median of two sets of pay, unrounded; ``of`` is ``hourly`` or ``bonus``."""
    sizes, label = tuple(map(len, sides)), f"{measure}_{of}"
    for name, people in zip(names, sizes, strict=True):
        if people == 0:
            missing = "received a bonus" if of == "bonus" else "are in the figures"
            return Gap(label, None, None, None, *sizes, f"not calculable: no {name} {missing}")
    high, low = (float(MIDDLES[measure](side)) for side in sides)
    percent = gap_percent(high, low)
    reason = None if percent is not None else f"not calculable: the {measure} of {names[0]} is not above zero"
    return Gap(label, percent, high, low, *sizes, reason)


def statutory(
    staff: pd.DataFrame,
    *,
    column: str = "sex",
    comparator: str = "M",
    group: str = "F",
    names: tuple[str, str] = ("men", "women"),
    label: str = "staff",
) -> Statutory:
    """Work out the six measures of the gender pay gap regulations, or the same measures for two other groups.

    Hourly gaps and quarters are over full-pay relevant employees, bonus gaps over those paid a bonus above zero,
    bonus shares over all relevant employees.

    Parameters
    ----------
    staff
        A row per employee: ``sex``, ``hourly_pay`` (pounds, above zero), and where known ``full_pay`` (``Y``, ``N``,
        booleans; missing is ``Y``) and ``bonus`` (pounds in twelve months; zero or missing is no bonus). Other levels
        are left out and counted.
    column, comparator, group, names
        For other groups than women and men: the column, the level compared with, the level compared, their names.

    Returns
    -------
    Statutory
        Unrounded. ``quarters``: ``quarter``, counts ``group`` and ``comparator``, and their shares in percent.

    Raises
    ------
    DataError
        If a column is missing, somebody occurs twice, pay is zero or negative, or ``full_pay`` is neither yes nor no.

    References
    ----------
    SI 2017/172, regulations 8 to 13; for public authorities SI 2017/353, Schedule 1, paragraphs 3 to 13.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": list("FFMFMMFM"), "hourly_pay": [10, 12, 12, 12, 12, 15, 16, 20.0]})
    >>> found = statutory(people)
    >>> [round(found.gap(name).percent, 2) for name in ("mean_hourly", "median_hourly")]
    [15.25, 11.11]
    >>> found.gap("mean_bonus").reason
    'not calculable: the table has no column for bonus'
    """
    _check_staff(staff, label=label, columns=(column, "hourly_pay"))
    women = _is(staff[column], group)
    known = women | _is(staff[column], comparator)
    pay = staff["hourly_pay"].to_numpy(dtype=float, na_value=np.nan)
    reduced = ~full_pay_mask(staff)
    unpaid = known & ~reduced & np.isnan(pay)
    full = known & ~reduced & ~unpaid
    sides = pay[full & ~women], pay[full & women]
    hourly = [_gap_between(sides, measure, "hourly", names) for measure in MIDDLES]
    del sides
    bonus, shares = _bonus(staff, known, women, names)
    quarters = pay_quarters(pay[full], women[full]).rename(
        columns=lambda name: name.replace("women", "group").replace("men", "comparator")
    )
    left_out = {
        f"{column} recorded as neither {group} nor {comparator}": int((~known).sum()),
        "not on full pay at the snapshot (kept in the bonus measures)": int((known & reduced).sum()),
        "on full pay without an hourly rate": int(unpaid.sum()),
    }
    return Statutory((*hourly, *bonus), shares, quarters, int(full.sum()), int(known.sum()), left_out)


def _bonus(
    staff: pd.DataFrame, known: np.ndarray, women: np.ndarray, names: tuple[str, str]
) -> tuple[list[Gap], pd.DataFrame]:
    columns = ["group", "paid", "people", "percent"]
    if "bonus" not in staff:
        reason = "not calculable: the table has no column for bonus"
        empty = pd.DataFrame({"group": names[::-1], "paid": pd.NA, "people": pd.NA, "percent": np.nan})
        return [Gap(f"{m}_bonus", None, None, None, 0, 0, reason) for m in ("mean", "median")], empty[columns]
    amount = staff["bonus"].to_numpy(dtype=float, na_value=0.0)
    paid = known & (np.nan_to_num(amount) > 0)
    sides = amount[paid & ~women], amount[paid & women]
    gaps = [_gap_between(sides, measure, "bonus", names) for measure in MIDDLES]
    rows = []
    for name, group in ((names[1], known & women), (names[0], known & ~women)):
        people, received = int(group.sum()), int((group & paid).sum())
        rows.append((name, received, people, 100 * received / people if people else np.nan))
    return gaps, pd.DataFrame(rows, columns=columns)


def _is(column: pd.Series, level: object) -> np.ndarray:
    """Return where a column has a level; a missing cell has none. Categories are compared as they are kept."""
    return (column == level).to_numpy(dtype=bool, na_value=False)


def full_pay_mask(staff: pd.DataFrame) -> np.ndarray:
    """Return who is on full pay: all, where the table or a cell does not say; refuse what is neither yes nor no."""
    if "full_pay" not in staff:
        return np.ones(len(staff), dtype=bool)
    given, known = staff["full_pay"].astype("object"), YES_NO | {1: "Y", 0: "N"}
    cells = given.map(lambda cell: known.get(cell.strip().casefold() if isinstance(cell, str) else cell))
    wrong = np.flatnonzero(cells.isna() & given.notna())
    if len(wrong):
        raise DataError(
            f"column 'full_pay', row {wrong[0] + 2}: '{given.iloc[wrong[0]]}' is neither yes nor no ({len(wrong)} such "
            "rows); allowed: Y, N, yes, no, true, false, 1, 0, or missing for full pay. Recode the column"
        )
    return (cells != "N").to_numpy()


def full_pay_staff(staff: pd.DataFrame) -> pd.DataFrame:
    """Return the people whose hourly pay counts: on full pay at the snapshot, and with a rate."""
    return staff[full_pay_mask(staff) & staff["hourly_pay"].notna().to_numpy()]


def without_rate(staff: pd.DataFrame, rule: Rule) -> str:
    """Say how many people on full pay have no hourly rate, so that no gap counts them; empty text where all have one.

    >>> from healthsys.disclosure import HES
    >>> without_rate(pd.DataFrame({"hourly_pay": [15.0] * 20 + [None] * 20}), HES)
    'No gap counts 20 people on full pay without an hourly rate (about 50% of full-pay staff; is the file complete?).'
    """
    full = full_pay_mask(staff)
    missing = int((full & staff["hourly_pay"].isna().to_numpy()).sum())
    if not missing:
        return ""
    shown, share = rule.show(missing), missing / int(full.sum())
    # A share in tens of percent: an exact one, or the number of all, could give a suppressed count away.
    large = f" (about {10 * round(10 * share)}% of full-pay staff; is the file complete?)"
    people = "a few people" if not shown else "1 person" if shown == 1 else f"{rule.text(missing)} people"
    large = large if shown and share >= LARGE_SHARE_WITHOUT_RATE else ""
    return f"No gap counts {people} on full pay without an hourly rate{large}."


def _check_staff(staff: pd.DataFrame, *, label: str, columns: Sequence[str] = ("sex", "hourly_pay")) -> None:
    """Raise :class:`~healthsys.errors.DataError` unless a staff table can be analysed."""
    need_columns(staff, columns, label, more=f" Columns found: {', '.join(map(str, staff.columns))}")
    if staff.empty:
        raise DataError(f"{label}: there is nobody in the table; expected a row per employee")
    pay = staff["hourly_pay"].to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero(pay <= 0)
    if len(wrong):
        raise DataError(
            f"{label}: column 'hourly_pay', row {wrong[0] + 2}: {pay[wrong[0]]:g} is not a rate of pay "
            f"({len(wrong)} such rows); allowed: above 0. Leave unpaid people out or mark them full_pay N "
            "with no rate"
        )
    if "person" in staff.columns:
        twice = staff["person"].duplicated() & staff["person"].notna()
        if twice.any():
            row = int(twice.to_numpy().argmax())
            raise DataError(
                f"{label}: column 'person', row {row + 2}: '{staff['person'].iloc[row]}' occurs twice "
                f"({int(twice.sum())} repeated rows); one person would be in two pay quarters. "
                "Keep one row per employee, with the rate of the main post or the pay of all posts joined"
            )


def group_gaps(
    staff: pd.DataFrame,
    *,
    group: str,
    comparator: str,
    rule: Rule,
    last: Sequence[str] = (),
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
    label: str = "staff",
) -> pd.DataFrame:
    """Gaps in hourly pay of every group against a comparator, full-pay employees only.

    Parameters
    ----------
    staff
        As :func:`statutory`; an empty cell of ``group`` counts as ``Not stated``.
    group, comparator
        The characteristic, and the level that the others are compared with.
    rule
        Figures of too few people are missing, and those of the next smallest group where they would give these away; a
        mean that a few people dominate and a median that few people surround are missing too.
    last
        Levels at the end of the table, such as ``Not stated``; they keep a line of their own.

    Returns
    -------
    pandas.DataFrame
        A row per group, the comparator first: ``group``, ``people`` (exact), mean and median pay, gap and limits,
        ``median_p`` (bootstrap p of no gap), that adjusted (``median_holm``, ``median_bh``), ``reason``.
        ``attrs["notes"]`` says which p are the smallest that so many resamples can give (read "at most"), and which
        intervals of means rest on few people.

    Raises
    ------
    DataError
        If the column is missing or nobody is in the comparator group.

    Examples
    --------
    >>> from healthsys.disclosure import HES
    >>> people = pd.DataFrame({"group": ["W"] * 20 + ["B"] * 10, "hourly_pay": [20.0] * 20 + [18.0] * 10})
    >>> group_gaps(people, group="group", comparator="W", rule=HES)["mean_gap"].tolist()
    [0.0, 10.0]
    """
    _check_staff(staff, label=label, columns=(group, "hourly_pay"))
    kept = full_pay_staff(staff)
    values = kept[group].astype("object").where(kept[group].notna(), "Not stated").astype(str)
    pay = {name: kept["hourly_pay"][values == name].to_numpy(dtype=float) for name in pd.unique(values)}
    if kept.empty:
        why = "nobody is on full pay (column 'full_pay' says no in every row)"
        why = "nobody on full pay has a rate (column 'hourly_pay')" if full_pay_mask(staff).any() else why
        raise DataError(f"{label}: {why}, so there is no hourly pay to compare. Correct the column")
    if comparator not in pay:
        raise DataError(
            f"{label}: column '{group}' has nobody in the comparator group '{comparator}'."
            f"{nearest(comparator, pay)} Groups found: {', '.join(sorted(pay))}"
        )
    end = [name for name in (*last, "Not stated") if name in pay]
    order = [comparator, *sorted(name for name in pay if name not in (comparator, *end)), *dict.fromkeys(end)]
    options = {"level": level, "resamples": resamples, "seed": seed}
    rows = []
    tests: dict[str, dict] = {measure: {} for measure in MIDDLES}
    for name in order:
        few = [len(pay[side]) <= rule.highest for side in (name, comparator)]
        row: dict = {"group": name, "people": len(pay[name])}
        told = False
        for measure, middle in MIDDLES.items():
            safe = [SAFE[measure](pay[side], rule) for side in (name, comparator)]
            told |= not all(safe)
            row[f"{measure}_pay"] = float(middle(pay[name])) if safe[0] else np.nan
            gap = gap_percent(float(middle(pay[comparator])), float(middle(pay[name]))) if all(safe) else None
            row[f"{measure}_gap"] = np.nan if gap is None else gap
            compared = all(safe) and name != comparator
            tested = bootstrap_gap(pay[comparator], pay[name], measure=measure, **options) if compared else None
            row[f"{measure}_lower"], row[f"{measure}_upper"], p = tested[:3] if tested else (np.nan, np.nan, np.nan)
            tests[measure] |= {name: tested} if tested else {}
        reason = f"fewer than {rule.highest + 1} people" if any(few) else TELLS if told else ""
        rows.append(row | {"median_p": p, "reason": reason})
    found = pd.DataFrame(rows)
    protecting = _protecting(found[~found["group"].isin(end)], pay, rule)
    figures = [name for name in found if name.startswith(("mean_", "median_"))]
    found.loc[found["group"].isin(protecting), figures] = np.nan
    found.loc[found["group"].isin(protecting), "reason"] = PROTECTS
    found["median_holm"], found["median_bh"] = (adjust(found["median_p"], method=one) for one in ("holm", "BH"))
    means, medians = ([one for name, one in of.items() if name not in protecting] for of in tests.values())
    few = sorted({one.warning for one in means if one.warning})
    found.attrs["notes"] = notes_of_many(medians, level=level, resamples=resamples) + few
    return found[[*(name for name in found if name != "reason"), "reason"]]


def _protecting(rows: pd.DataFrame, pay: Mapping[str, np.ndarray], rule: Rule) -> list[str]:
    """Return the groups to withhold, so that all others joined, less those shown, are two or more and a safe mean."""
    others = rows.iloc[1:].sort_values(["people", "group"])
    unseen = others["mean_pay"].isna()
    hidden, shown = others.loc[unseen, "group"].tolist(), others.loc[~unseen, "group"].tolist()
    chosen: list[str] = []
    while shown and hidden and (len(hidden) == 1 or not mean_is_safe(np.hstack([pay[one] for one in hidden]), rule)):
        chosen.append(shown.pop(0))
        hidden.append(chosen[-1])
    return chosen


def gaps_within(
    staff: pd.DataFrame,
    *,
    by: str,
    group: str,
    comparator: str,
    other: str,
    rule: Rule,
    order: Sequence[str] = (),
) -> pd.DataFrame:
    """Mean and median gap of one group against a comparator within each level, and over all of them.

    Parameters
    ----------
    by, order
        The column of levels, such as the pay band, and their order; an empty cell is a level of its own.
    group, comparator, other
        The characteristic, the level compared with, and the level compared.
    rule
        Gaps that rest on too few people in either group are missing.

    Returns
    -------
    pandas.DataFrame
        A row per level, last ``All``: ``level``, ``comparator_people``, ``group_people``, both gaps, ``reason``.
    """
    kept = full_pay_staff(staff)
    levels = kept[by].astype("object").where(kept[by].notna(), "Not stated").astype(str)
    found = [*(name for name in order if (levels == name).any()), *sorted(set(levels) - set(order))]
    rows = []
    for level in (*found, None):
        high, low = _sides(kept if level is None else kept[levels == level], group, comparator, other)
        few = min(len(high), len(low)) <= rule.highest
        safe = {measure: check(high, rule) and check(low, rule) for measure, check in SAFE.items()}
        both = [gap_percent(middle(high), middle(low)) if safe[name] else None for name, middle in MIDDLES.items()]
        gaps = [np.nan if gap is None else float(gap) for gap in both]
        nobody = min(len(high), len(low)) == 0
        said = "nobody in one of the groups" if nobody else f"fewer than {rule.highest + 1} people"
        said = said if few else "" if all(safe.values()) else TELLS
        rows.append((level or "All", len(high), len(low), *gaps, said))
    columns = ["level", "comparator_people", "group_people", "mean_gap", "median_gap", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _sides(kept: pd.DataFrame, group: str, *levels: str) -> list[np.ndarray]:
    return [kept["hourly_pay"][kept[group] == level].to_numpy(dtype=float) for level in levels]


@dataclass(frozen=True)
class Kitagawa:
    """A mean gap, in percent of the comparator's mean: ``between`` from who is in which level, ``within`` from pay."""

    gap: float
    between: float
    within: float
    people: int


def kitagawa(staff: pd.DataFrame, *, by: str, group: str, comparator: str, other: str) -> Kitagawa:
    """Split a mean gap into the part from who is at which level and the part from pay at the same level.

    Levels that only one of the groups is in are left out; ``people`` counts those kept.

    Raises
    ------
    DataError
        If there is no level with people of both groups.

    References
    ----------
    Kitagawa EM. Components of a difference between two rates. J Am Stat Assoc 1955;50:1168-1194.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": list("MMFFMF"), "band": list("787877"), "hourly_pay": [20, 20, 30, 30, 10, 12.0]})
    >>> found = kitagawa(people, by="band", group="sex", comparator="M", other="F")
    >>> abs(found.gap - found.between - found.within) < 1e-9
    True
    """
    kept = full_pay_staff(staff)
    kept = kept[kept[group].isin([comparator, other])]
    level = kept[by].astype("object").where(kept[by].notna(), "Not stated")
    grid = kept.groupby([level, kept[group]])["hourly_pay"].agg(["size", "mean"]).unstack().dropna()
    if grid.empty or not {comparator, other} <= set(kept[group]):
        raise DataError(
            f"no level of column '{by}' has people of both groups '{comparator}' and '{other}' of column '{group}', so "
            "their pay cannot be compared at the same level. Join levels, or check how the two groups are written"
        )
    share, mean = grid["size"] / grid["size"].sum(), grid["mean"]
    top = float((share[comparator] * mean[comparator]).sum())
    between = float(((share[comparator] - share[other]) * mean.mean(axis=1)).sum())
    within = float(((mean[comparator] - mean[other]) * share.mean(axis=1)).sum())
    return Kitagawa(
        100 * (between + within) / top, 100 * between / top, 100 * within / top, int(grid["size"].sum().sum())
    )


def quantile_gaps(
    staff: pd.DataFrame, *, group: str, comparator: str, other: str, rule: Rule, step: int = 5
) -> pd.DataFrame:
    """Hourly pay at each step of the distribution of two groups, and the gap there.

    Steps are wide enough that more people than the rule suppresses are beyond each. Returns ``percentile``,
    ``comparator_pay``, ``group_pay``, ``gap``.
    """
    high, low = _sides(full_pay_staff(staff), group, comparator, other)
    fewest = min(len(high), len(low))
    while step <= 50 and fewest * step / 100 <= rule.highest:
        step *= 2
    points = np.arange(step, 100, step) if step <= 50 and fewest else np.array([])
    if not len(points):
        return pd.DataFrame(columns=["percentile", "comparator_pay", "group_pay", "gap"])
    top, bottom = (np.percentile(side, points) for side in (high, low))
    return pd.DataFrame({"percentile": points, "comparator_pay": top, "group_pay": bottom}).assign(
        gap=100 * (top - bottom) / top
    )
