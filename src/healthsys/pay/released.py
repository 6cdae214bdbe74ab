"""What may be shown of a pay analysis: counts over all tables of a page, and gaps of selections of staff."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from healthsys.disclosure import Page, Printed, Rule, mean_is_safe, protect
from healthsys.errors import DataError
from healthsys.pay.gaps import MIDDLES, SAFE, full_pay_mask, full_pay_staff, gap_percent
from healthsys.pay.quarters import QUARTERS, assign_quarters

#: Values of the column ``side``: the level compared with, all others that are known, and people of no known level.
COMPARATOR, OTHER, UNKNOWN = "comparator", "other", "unknown"


def two_sides(
    staff: pd.DataFrame, *, group: str, comparator: str, unknown: Collection[str] = (), label: str = "staff"
) -> pd.Series:
    """Return for each person ``comparator``, ``other`` (any other known level) or ``unknown``.

    Raises
    ------
    DataError
        If there is no column ``group``, or no known level but the comparator in it.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": ["M", "F", "U", None]})
    >>> two_sides(people, group="sex", comparator="M", unknown=["U"]).tolist()
    ['comparator', 'other', 'unknown', 'unknown']
    """
    if group not in staff:
        found = ", ".join(name for name in ("sex", "ethnic_group", "disabled") if name in staff)
        raise DataError(f"{label}: there is no column '{group}' to compare. It has: {found}")
    given = staff[group].astype("object")
    sides = np.select([given.isna() | given.isin(unknown), given == comparator], [UNKNOWN, COMPARATOR], OTHER)
    if not (sides == OTHER).any():
        raise DataError(
            f"{label}: column '{group}' has no known level except the comparator '{comparator}'; there is nobody to "
            "compare with"
        )
    return pd.Series(sides, index=staff.index, dtype="str")


def protect_counts(staff: pd.DataFrame, *, group: str, rule: Rule) -> Page:
    """Count people as the tables of a pay page show them, and suppress until nothing can be found by subtraction.

    The tables are: groups; pay quarters by side; levels by side; both sides on full pay; and who was paid a bonus.

    Parameters
    ----------
    staff
        As :func:`~healthsys.pay.statutory`, with ``side`` (``comparator``, ``other``, ``unknown``) and ``level``.
    group
        The characteristic that ``side`` was derived from.

    Returns
    -------
    Page
        Cells have the conditions ``group``, ``side``, ``level``, ``quarter``, ``full`` (``Y``), ``bonus`` (``paid``).
        There are none of quarters where a quarter has too few people, and none of levels where these would tell.

    Examples
    --------
    >>> from healthsys.disclosure import HES
    >>> people = pd.DataFrame({"sex": ["F"] * 20 + ["M"] * 30, "level": "5", "hourly_pay": 15.0})
    >>> people["side"] = people["sex"].map({"F": "other", "M": "comparator"})
    >>> protect_counts(people, group="sex", rule=HES).shown({"full": "Y", "side": "other", "level": "5"})
    20
    """
    full = full_pay_mask(staff) & staff["hourly_pay"].notna().to_numpy()
    ranked = full & (staff["side"] != UNKNOWN).to_numpy()
    pay = staff["hourly_pay"].to_numpy(dtype=float, na_value=np.nan)
    quarter = np.full(len(staff), "none", dtype=object)
    places = assign_quarters(pay[ranked], (staff["side"] == OTHER).to_numpy()[ranked])
    quarter[ranked] = np.array(QUARTERS, dtype=object)[places]
    bonus = staff["bonus"].to_numpy(dtype=float, na_value=0.0) if "bonus" in staff else np.zeros(len(staff))
    people = pd.DataFrame(
        {
            "group": staff[group].astype("object").fillna("Not stated").astype(str).to_numpy(),
            "side": staff["side"].to_numpy(),
            "level": staff["level"].to_numpy(),
            "quarter": quarter,
            "full": np.where(full, "Y", "N"),
            "bonus": np.where(np.nan_to_num(bonus) > 0, "paid", "not paid"),
        }
    )
    pair, known = {"side": (OTHER, COMPARATOR)}, {"full": "Y"}
    tables = [
        Printed("groups", ("group",), where=known),
        Printed("paid on full pay", ("side",), totals=False, where=known, only=pair),
    ]
    if (people["bonus"] == "paid").any():
        tables.append(Printed("bonus", ("side", "bonus"), totals=False, only=pair | {"bonus": ("paid",)}))
        tables.append(Printed("relevant", ("side",), totals=False, only=pair))
    exact: list[Mapping[str, str]] = [{}, known] if full.all() else [{}]
    levels = [Printed("levels", ("level", "side"), totals=False, where=known, only=pair)]
    quarters: list[Printed] = []
    sizes: list[Mapping[str, str]] = []
    if rule.show(int(ranked.sum()) // len(QUARTERS)):
        # Readers know that quarters are of equal size and hold all people on full pay of a known level, nobody else.
        ranks, sides = {"quarter": QUARTERS}, {"side": (*pair["side"], UNKNOWN)}
        quarters = [
            Printed("quarters", ("quarter", "side"), totals=False, where=known, only=ranks | sides),
            Printed("quarter sizes", ("quarter",), totals=False, where=known, only=ranks),
            Printed("in no quarter", ("side",), totals=False, where=known | {"quarter": "none"}, only=pair),
        ]
        sizes = [{"full": whole, "quarter": name} for name in QUARTERS for whole in "YN"]
    # With few people, their levels, and then their quarters, would tell who they are: the page does without these.
    for further, also in ((levels + quarters, sizes), (quarters, sizes), (levels, []), ([], [])):
        try:
            return protect(
                people,
                tables=[*further, *tables],
                rule=rule,
                derived={"side": "group"},
                exact=[*exact, *also],
                unrounded=True,
            )
        except DataError as error:
            refused = error
    raise refused


def gaps_of_choices(choices: Mapping[str, pd.DataFrame], *, rule: Rule) -> pd.DataFrame:
    """Mean and median gap of ``other`` against ``comparator`` under several choices of whom to count.

    A gap is missing where it rests on too few people, or where the pay of too few follows by subtraction. What it has
    over the first choice, and what is left of the first without it and without the choices shown that share nobody with
    it, must be safe as a mean. Of it and each other choice shown before it, at least one must have people the other
    lacks that are safe as a mean, if they differ.

    Parameters
    ----------
    choices
        Name of each choice and its staff, with the column ``side``; rows keep the index they have in the first.

    Returns
    -------
    pandas.DataFrame
        ``choice``, ``mean_gap``, ``median_gap`` (percent).

    Examples
    --------
    >>> from healthsys.disclosure import HES
    >>> people = pd.DataFrame({"side": ["other", "comparator"] * 20, "hourly_pay": [18.0, 20.0] * 20})
    >>> gaps_of_choices({"all": people, "all but one": people.iloc[1:]}, rule=HES)["mean_gap"].tolist()
    [10.0, nan]
    """
    pay, rows = {}, []
    for name, staff in choices.items():
        kept = full_pay_staff(staff)
        pay[name] = [kept.loc[kept["side"] == side, "hourly_pay"] for side in (COMPARATOR, OTHER)]
    first, *further = pay
    shown = [first, *(name for name in further if all(mean_is_safe(one, rule) for one in pay[name]))]
    while exposed := next((name for name in shown[1:] if _tells(name, shown, pay, rule)), None):
        shown.remove(exposed)
    for name, (high, low) in pay.items():
        safe = [name in shown and check(high, rule) and check(low, rule) for check in SAFE.values()]
        both = zip(safe, MIDDLES.values(), strict=True)
        gaps = [gap_percent(middle(high), middle(low)) if one else None for one, middle in both]
        rows.append((name, *(np.nan if gap is None else float(gap) for gap in gaps)))
    return pd.DataFrame(rows, columns=["choice", "mean_gap", "median_gap"])


def _tells(name: str, shown: list[str], pay: Mapping[str, list[pd.Series]], rule: Rule) -> bool:
    """Say whether too few are left between this choice and the first, or one before it."""
    before = shown[1 : shown.index(name)]
    apart = [pay[other] for other in shown[1:] if not any(map(_share, pay[other], pay[name]))]
    for side, own in enumerate(pay[name]):
        first = pay[shown[0]][side]
        left = _without(first, own)
        for other in apart:
            left = _without(left, other[side])
        alone = [[left], [_without(own, first)]]
        alone += [[_without(own, pay[one][side]), _without(pay[one][side], own)] for one in before]
        for rests in alone:
            safe = [mean_is_safe(rest, rule) for rest in rests if len(rest)]
            if safe and not any(safe):
                return True
    return False


def _without(one: pd.Series, other: pd.Series) -> pd.Series:
    return one.drop(other.index, errors="ignore")


def _share(one: pd.Series, other: pd.Series) -> bool:
    return bool(one.index.intersection(other.index).size)
