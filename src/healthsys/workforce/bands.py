"""Who is in which pay band: disparity ratios, representation by band or cluster, and boards."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2

from healthsys.disclosure import Page, Rule
from healthsys.errors import DataError, nearest
from healthsys.io.characteristics import OWN_ETHNIC_CODES, band_of
from healthsys.statistics import check_level, two_proportions_p
from healthsys.workforce.likelihoods import RelativeLikelihood, proportion

#: Agenda for Change bands by level of the race disparity ratio.
TIERS = {"lower": ("1", "2", "3", "4", "5"), "middle": ("6", "7"), "upper": ("8a", "8b", "8c", "8d", "9", "VSM")}

#: Clusters of bands in which the disability standard counts staff (NHS England, WDES technical guidance, metric 1).
CLUSTERS = {
    "Bands 1 to 4": ("1", "2", "3", "4"), "Bands 5 to 7": ("5", "6", "7"), "Bands 8a and 8b": ("8a", "8b"),
    "Bands 8c to 9, VSM": ("8c", "8d", "9", "VSM"), "Medical": ("Medical",),
}  # fmt: skip

#: The three steps of the race disparity ratio (NHS England, WRES technical guidance, indicator 1).
STEPS = (("lower", "middle"), ("middle", "upper"), ("lower", "upper"))

#: Parts of the staff by the column ``clinical``.
SIDES = {"Y": "clinical", "N": "non-clinical"}

#: Bands from the lowest, and medical grades together.
BANDS = ("2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "VSM", "Medical")

#: Codes of ethnic groups that the WRES counts as black and minority ethnic: Asian, Black, mixed, other.
BME = ("A", "B", "M", "O")


def _read_bands(cells: pd.Series) -> pd.Series:
    """Return bands in one spelling (5, "Band 5" and "8A" too); refuse a number that is none, leave other words."""
    read = {}
    for cell in cells.dropna().unique():
        text = f"{cell:g}" if isinstance(cell, float) else str(cell)
        read[cell] = band_of(text) or text
        if band_of(text) is None and any(map(str.isdigit, text)):
            raise DataError(
                f"column 'band', row {_row(cells == cell)}: '{cell}' is no band.{nearest(text, BANDS)} "
                f"Allowed: 1 to 9 as in {', '.join(BANDS[:-2])}, VSM, and words for those without a band"
            )
    return cells.map(read)


def _row(wrong: pd.Series) -> int:
    """Return the first row where something is true, as a file with a header counts them."""
    return int(np.flatnonzero(wrong)[0]) + 2


def _known_group(counts: pd.DataFrame, characteristic: str, *groups: str) -> None:
    """Refuse a group that the table has not."""
    known = [str(one) for one in counts[characteristic].dropna().unique()]
    for group in groups:
        if group not in known:
            raise DataError(
                f"column '{characteristic}' has no group '{group}'.{nearest(group, known)} There are: "
                f"{', '.join(known)}. Correct the name, or give a row with 0 people"
            )


def _whole_people(people: pd.Series) -> pd.Series:
    """Return counts of people; refuse what is missing, negative or no whole number."""
    wrong = ~((people >= 0) & (people % 1 == 0))
    if wrong.any():
        row = _row(wrong)
        raise DataError(
            f"column 'people', row {row}: {people.iloc[row - 2]} is no count of people; allowed: whole numbers, 0 or "
            "more. Give heads, not full-time equivalents"
        )
    return people


def disparity_ratio(
    counts: pd.DataFrame, *, group: str, reference: str, step: tuple[str, str], level: float = 0.95
) -> RelativeLikelihood:
    """Disparity ratio of a step up the bands: (reference upper / reference lower) / (group upper / group lower).

    Above 1, the reference group is better represented after the step. The interval is that of an odds ratio (Woolf),
    since the four counts are separate groups of people.

    Parameters
    ----------
    counts
        ``band``, ``group`` (such as ``BME`` and ``White``), ``people``.
    group, reference, step, level
        Two of the groups, two levels of bands (one of ``STEPS``), the coverage of the interval.

    Returns
    -------
    RelativeLikelihood
        1 means equal representation. Where one of the four counts is zero, ``reason`` says which.

    Raises
    ------
    DataError
        If a group is not in the table, a number is no band, or a count is no whole number.

    References
    ----------
    Woolf B. Annals of Human Genetics 1955;19:251-253.

    Examples
    --------
    >>> counts = pd.DataFrame({"band": ["5", "6"] * 2, "people": [400, 300, 200, 100]})
    >>> counts["group"] = ["White", "White", "BME", "BME"]
    >>> found = disparity_ratio(counts, group="BME", reference="White", step=("lower", "middle"))
    >>> f"{found.ratio:.2f} ({found.lower:.3f} to {found.upper:.3f})"
    '1.50 (1.130 to 1.990)'
    """
    _known_group(counts, "group", group, reference)
    bands, people, numbers = _read_bands(counts["band"]), _whole_people(counts["people"]), {}
    for name, tier in itertools.product((reference, group), step):
        chosen = (counts["group"] == name) & bands.isin(TIERS[tier])
        numbers[name, tier] = int(people[chosen].sum())
    return _disparity(numbers, level)


def _disparity(numbers: Mapping[tuple[str, str], int], level: float) -> RelativeLikelihood:
    """Return the ratio of four counts by group and tier: the reference group's lower and upper, then the group's."""
    check_level(level)
    for (name, tier), number in numbers.items():
        if not number:
            return RelativeLikelihood(None, None, None, f"nobody of the group {name} is in the {tier} bands")
    could, had, other_could, other_had = numbers.values()
    table = Table2x2(np.array([[had, could], [other_had, other_could]], dtype=float), shift_zeros=False)  # as above
    low, high = table.oddsratio_confint(alpha=1 - level, method="normal")
    others = {"reference_had": other_had, "reference_could": other_had + other_could}
    p = two_proportions_p(had, had + could, method="fisher", **others).p
    return RelativeLikelihood(float(table.oddsratio), float(low), float(high), None, p)


def disparity_ratios(
    staff: pd.DataFrame, *, group: str, reference: str, page: Page, level: float = 0.95
) -> pd.DataFrame:
    """Disparity ratio of each step, of all staff and of clinical and non-clinical staff (WRES indicator 1).

    ``staff`` is laid out as by :func:`staff_by_band`; ``page`` holds the same counts, protected, by ``tier``, ``side``
    and ``group``: a ratio is of the page's counts, and there is none of a suppressed one.
    """
    rows = []
    for side in ("all", *(name for name in SIDES.values() if (staff["side"] == name).any())):
        at = {} if side == "all" else {"side": side}
        for step in STEPS:
            cells = {
                one: at | dict(zip(("group", "tier"), one, strict=True))
                for one in itertools.product((reference, group), step)
            }
            there = {one: frozenset(cell.items()) in page.counts for one, cell in cells.items()}
            shown = {one: page.counted(cell) if there[one] else 0 for one, cell in cells.items()}
            found = RelativeLikelihood(None, None, None, "not shown: too few people")
            if None not in shown.values():
                found = _disparity(shown, level)
            rows.append((side, " to ".join(step) + " bands", found.ratio, found.lower, found.upper, found.reason or ""))
    return pd.DataFrame(rows, columns=["staff", "step", "ratio", "lower", "upper", "reason"])


def staff_by_band(staff: pd.DataFrame, characteristic: str) -> pd.DataFrame:
    """Count staff by band (doctors together), cluster and level of bands, clinical or not, and group.

    ``staff`` has a row per person: ``band`` (empty for doctors), ``ethnic_group`` or ``disabled``, and ``clinical`` if
    known; ``characteristic`` is ``ethnicity`` or ``disability``. A missing code is not stated, and an
    unknown one is refused.

    >>> people = pd.DataFrame({"band": ["5", None], "ethnic_group": ["A", "W"], "clinical": ["N", "Y"]})
    >>> staff_by_band(people, "ethnicity").values.tolist()
    [['5', 'Bands 5 to 7', 'lower', 'non-clinical', 'BME', 1], ['Medical', 'Medical', 'none', 'clinical', 'White', 1]]
    """
    column, codes = "disabled", {"Y": "Disabled", "N": "Non-disabled", "U": "Not stated"}
    if characteristic == "ethnicity":
        known = dict.fromkeys(BME, "BME") | {"W": "White"}
        column, codes = "ethnic_group", {code: known.get(code, "Not stated") for code in OWN_ETHNIC_CODES}
    unknown = staff[column].notna() & ~staff[column].isin(codes)
    if unknown.any():
        row = _row(unknown)
        cell = staff[column].iloc[row - 2]
        raise DataError(
            f"column '{column}', row {row}: '{cell}' is no code ({int(unknown.sum())} such rows)."
            f"{nearest(cell, codes)} Allowed: {', '.join(codes)}, or missing. healthsys.io.read_staff_list reads other "
            "codes and names"
        )
    group = staff[column].map(codes).fillna("Not stated")
    counted = pd.DataFrame({"band": _read_bands(staff["band"]).fillna("Medical"), "group": group, "people": 1})
    counted["side"] = staff["clinical"].map(SIDES).fillna("not said") if "clinical" in staff else "not said"
    counted["tier"] = counted["band"].map({one: tier for tier, bands in TIERS.items() for one in bands}).fillna("none")
    clusters = {one: cluster for cluster, bands in CLUSTERS.items() for one in bands}
    counted["cluster"] = counted["band"].map(clusters).fillna("other")
    return counted.groupby(["band", "cluster", "tier", "side", "group"], as_index=False)["people"].sum()


def bands_to_show(staff: pd.DataFrame, *, group: str, rule: Rule) -> str:
    """Return ``band``, or ``cluster`` where a rule would suppress the group in more than half of the bands it is in.

    >>> from healthsys.disclosure import HES
    >>> staff = pd.DataFrame({"band": ["5", "6", "7"], "group": "BME", "people": [40, 6, 2]})
    >>> bands_to_show(staff, group="BME", rule=HES)
    'cluster'
    """
    people = staff[staff["group"] == group].groupby("band")["people"].sum()
    people = people[people > 0]
    few = sum(rule.show(number) is None for number in people)
    return "cluster" if 2 * few > len(people) else "band"


def representation(
    staff: pd.DataFrame, *, group: str, by: str = "band", characteristic: str = "group",
    order: Sequence[str] = BANDS, level: float = 0.95, page: Page | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Share of a group in each band, over all staff of the band including those whose group is not known.

    Parameters
    ----------
    staff
        One row per person, or per combination with a column ``people``.
    group, by, characteristic, order
        The group, the column of bands, the column of groups, and the bands from the lowest up.
    page
        The protected tables of the same counts: what they suppress is left out, and the counts are those shown.

    Returns
    -------
    pandas.DataFrame
        ``band``, ``part``, ``base`` (counts), ``percent`` with Wilson ``lower`` and ``upper``; last row ``All``.

    Raises
    ------
    DataError
        If the group is not in the table (without ``page``), or a count is no whole number.

    Examples
    --------
    >>> staff = pd.DataFrame({"band": ["5", "5", "6"], "group": ["BME", "Unknown", "White"], "people": [20, 5, 40]})
    >>> representation(staff, group="BME")[["band", "percent"]].values.tolist()
    [['5', 80.0], ['6', 0.0], ['All', 30.76923076923077]]
    """
    people = _whole_people(staff["people"]) if "people" in staff else pd.Series(1, index=staff.index)
    if page is None:
        _known_group(staff, characteristic, group)
    inside, bands = staff[characteristic] == group, set(staff[by].dropna())
    rows = []
    for band in (*(band for band in order if band in bands), *sorted(bands - set(order)), "All"):
        here = (staff[by] == band) | (band == "All")
        part, base = int(people[here & inside].sum()), int(people[here].sum())
        known, shown = True, (part, base)
        if page is not None:
            cell = {} if band == "All" else {by: band}
            shown = page.shown({**cell, characteristic: group}), page.shown(cell)
            part, base = page.counted({**cell, characteristic: group}), page.counted(cell)
            known = None not in shown and base > 0 and page.rule.allows(part, base)
        rows.append((band, *shown, *(proportion(part, base, level=level) if known else (np.nan,) * 3)))
    found = pd.DataFrame(rows, columns=["band", "part", "base", "percent", "lower", "upper"])
    return found.astype({"part": "Int64", "base": "Int64"})


def board_difference(members: int, board: int, staff: int, workforce: int) -> tuple[float | None, str | None]:
    """WRES 9, WDES 10: share of voting board members minus share of the workforce, percentage points.

    >>> board_difference(2, 20, 210, 1000)
    (-11.0, None)
    """
    top, bottom = proportion(members, board)[0], proportion(staff, workforce)[0]
    if top is None:
        return None, "not calculable: the board has no voting member"
    return (None, "not calculable: nobody is employed") if bottom is None else (top - bottom, None)
