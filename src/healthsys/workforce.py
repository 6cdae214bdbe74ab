"""Workforce equality: relative likelihoods, disparity ratios, representation, survey indicators, recruitment.

The measures of the Workforce Race and Disability Equality Standards (WRES, WDES), for a table of one's own.

>>> import pandas as pd
>>> from healthsys import workforce
>>> found = workforce.relative_likelihood(60, 300, reference_had=90, reference_could=600)
>>> f"{found.ratio:.2f} ({found.lower:.2f} to {found.upper:.2f})"
'1.33 (0.99 to 1.79)'
>>> staff = pd.DataFrame({"band": ["5", "6"], "group": ["BME", "White"], "people": [20, 60]})
>>> workforce.representation(staff, group="BME")["percent"].tolist()
[100.0, 0.0, 25.0]
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2

from healthsys.disclosure import Page, Printed, Rule, protect
from healthsys.errors import DataError, nearest
from healthsys.statistics import check_level, proportion_difference, proportion_interval, two_proportions_p

__all__ = [
    "BANDS", "BME", "CLUSTERS", "FOUR_FIFTHS", "STAGES", "STANDARDS", "STEPS", "RelativeLikelihood", "bands_to_show",
    "board_difference", "cases", "disparity_ratio", "disparity_ratios", "indicators", "likelihood_of", "proportion",
    "protect_stages", "recruitment", "relative_likelihood", "representation", "require_rows", "staff_by_band",
    "survey_indicators",
]  # fmt: skip

#: Band of the four-fifths guideline, both ends included: a rule of thumb for size. It comes from the Uniform Guidelines
#: on Employee Selection Procedures of the United States (1978, 29 CFR 1607.4 D) and the Equality Act 2010 has
#: no such rule.
FOUR_FIFTHS = (0.80, 1.25)

#: A ratio this close to an end of the band (as a share of it) is on it: 12 of 15 against 15 of 15 is 0.80.
ON_THE_EDGE = 1e-9

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

#: Stages of recruitment in their order: name in the data, and what it is called in a sentence.
STAGES = {
    "viewed": "viewing", "applied": "application", "shortlisted": "shortlisting", "interviewed": "interview",
    "appointed": "appointment", "stayed": "a year in post",
}  # fmt: skip

#: For each standard: characteristic, group, reference group.
STANDARDS = {"WRES": ("ethnicity", "BME", "White"), "WDES": ("disability", "Disabled", "Non-disabled")}
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy


@dataclass(frozen=True)
class RelativeLikelihood:
    """A ratio of two groups with its interval, or the reason why there is none; ``p`` is Fisher's exact p."""

    ratio: float | None
    lower: float | None
    upper: float | None
    reason: str | None = None
    p: float | None = None

    @property
    def outside_four_fifths(self) -> bool | None:
        """Whether the ratio is outside 0.80 to 1.25 inclusive (unrounded); None without a ratio."""
        if self.ratio is None:
            return None
        return not FOUR_FIFTHS[0] * (1 - ON_THE_EDGE) <= self.ratio <= FOUR_FIFTHS[1] * (1 + ON_THE_EDGE)

    def sentence(self, *, group: str, reference: str, outcome: str) -> str:
        """Say whom the ratio favours or burdens, and how sure that is."""
        if self.ratio is None or self.lower is None:
            return self.reason or ""
        if math.isclose(self.ratio, 1, rel_tol=ON_THE_EDGE):
            return f"{group} and {reference} were equally likely {outcome}"
        more = "more" if self.ratio > 1 else "less"
        unsure = self.lower <= 1 <= self.upper
        sure = "but chance alone could explain it" if unsure else "by more than chance alone would explain"
        return f"{group} were {more} likely {outcome} than {reference}, {sure}"


def _checked(had: float, could: float, name: str) -> tuple[int, int]:
    for value in (had, could):
        if pd.isna(value) or math.isinf(value) or value < 0 or value != int(value):
            raise DataError(f"{name}: a count is {value!r}; allowed: whole numbers, 0 or more. Check the source table")
    if had > could:
        raise DataError(
            f"{name}: {int(had):,} people had the outcome but only {int(could):,} could have had it; "
            "are the two columns swapped?"
        )
    return int(had), int(could)


def relative_likelihood(
    had: int, could: int, *, reference_had: int, reference_could: int, level: float = 0.95
) -> RelativeLikelihood:
    """Risk ratio of one group against a reference group, with Katz's log interval and Fisher's exact p.

    WRES indicator 2 is this with white applicants as the group and BME applicants as the reference: appointed over
    shortlisted in each. It is never an odds ratio, it divides unrounded rates, and no count is changed.

    Parameters
    ----------
    had, could
        People with the outcome and people who could have had it, in the group (counts).
    reference_had, reference_could
        The same in the reference group.
    level
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    RelativeLikelihood
        1 means equal likelihood; what is not defined is None, and ``reason`` says why.

    Raises
    ------
    DataError
        If a count is negative, missing or above those who could, or ``level`` is not between 0 and 1.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474.

    Examples
    --------
    >>> found = relative_likelihood(10, 10, reference_had=20, reference_could=40)
    >>> f"{found.ratio:.3f} ({found.lower:.3f} to {found.upper:.3f}), p = {found.p:.4f}"
    '2.000 (1.467 to 2.727), p = 0.0034'
    """
    check_level(level)
    had, could = _checked(had, could, "group")
    reference_had, reference_could = _checked(reference_had, reference_could, "reference group")
    if could == 0 or reference_could == 0:
        return RelativeLikelihood(None, None, None, "nobody could have had the outcome in one of the groups")
    others = {"reference_had": reference_had, "reference_could": reference_could}
    p = two_proportions_p(had, could, method="fisher", **others).p
    if reference_had == 0:
        return RelativeLikelihood(None, None, None, "nobody in the reference group had the outcome", p)
    if had == 0:
        reason = "nobody in the group had the outcome; the log interval is undefined"
        return RelativeLikelihood(0.0, None, None, reason, p)
    if had == could and reference_had == reference_could:
        reason = "everybody had the outcome in both groups; the interval is undefined"
        return RelativeLikelihood(1.0, None, None, reason, p)
    counts = np.array([[had, could - had], [reference_had, reference_could - reference_had]], dtype=float)
    found = Table2x2(counts, shift_zeros=False)  # the default adds 0.5 to every cell where one is zero
    lower, upper = found.riskratio_confint(alpha=1 - level, method="normal")
    return RelativeLikelihood(float(found.riskratio), float(lower), float(upper), None, p)


def likelihood_of(
    counts: pd.DataFrame, *, group: str, reference: str, rule: Rule, unrounded: bool = False, level: float = 0.95
) -> tuple[RelativeLikelihood, Page]:
    """Relative likelihood of two groups of a table, withheld where a count behind it is small.

    ``counts`` has ``group``, ``had`` and ``could`` of every group. The ratio is of the counts as they are shown, so it
    says no more than they do, unless ``unrounded``. The second result is the protected table of counts by ``group`` and
    ``outcome``.

    >>> from healthsys.disclosure import HES
    >>> counts = pd.DataFrame({"group": ["BME", "White"], "had": [3, 90], "could": [300, 600]})
    >>> found, page = likelihood_of(counts, group="BME", reference="White", rule=HES)
    >>> found.reason, page.shown({"group": "BME"}), page.shown({"group": "BME", "outcome": "yes"})
    ('not shown: too few people in one of the counts', 300, None)
    """
    yes = counts.assign(outcome="yes", people=counts["had"])
    cube = pd.concat([yes, counts.assign(outcome="no", people=counts["could"] - counts["had"])])
    tables = [
        Printed("outcome", ("group", "outcome"), totals=False, only={"outcome": ("yes",)}),
        Printed("base", ("group",), totals=False),
    ]
    page = protect(cube.sort_index(kind="stable"), tables=tables, rule=rule, unrounded=unrounded)
    cells = [cell for name in (group, reference) for cell in ({"group": name, "outcome": "yes"}, {"group": name})]
    had, could, other_had, other_could = (page.counted(cell) for cell in cells)
    # Whether the rest are few is judged by the counts used, so that a ratio withheld tells no more than they do.
    pairs = (had, could), (other_had, other_could)
    if any(None in pair or not rule.allows(*pair) for pair in pairs):
        return RelativeLikelihood(None, None, None, "not shown: too few people in one of the counts"), page
    others = {"reference_had": other_had, "reference_could": other_could}
    return relative_likelihood(had, could, **others, level=level), page


def proportion(part: int, base: int, *, level: float = 0.95) -> tuple[float | None, float | None, float | None]:
    """Return a percentage with its Wilson interval, None where nobody is in the base; refuse a part above its base.

    >>> print("{:.1f} ({:.1f} to {:.1f})".format(*proportion(8, 30)))
    26.7 (14.2 to 44.4)
    """
    if part > base:
        raise DataError(f"a count of {int(part):,} is larger than its base of {int(base):,}; are the columns swapped?")
    found = proportion_interval(*_checked(part, base, "part"), level=level)
    ends = (found.estimate, found.lower, found.upper)
    return ends if found.estimate is None else tuple(100 * end for end in ends)


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
    numbers = {}
    for name, tier in itertools.product((reference, group), step):
        chosen = (counts["group"] == name) & counts["band"].isin(TIERS[tier])
        numbers[name, tier] = int(counts.loc[chosen, "people"].sum())
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


def indicators(standard: str) -> pd.DataFrame:
    """Return what ``WRES`` or ``WDES`` asks for: its relative likelihoods and the questions of the staff survey.

    Columns: ``indicator``, ``kind`` (``likelihood`` or ``survey``), ``code``, ``outcome``, ``group``, ``reference``
    (missing where only the group is asked), ``verb``, and ``more_is_better`` for the people asked.

    >>> indicators("WDES")[["indicator", "outcome", "group"]].values.tolist()[0]
    ['WDES 2', 'appointed from shortlisting', 'Non-disabled']
    """
    if standard not in STANDARDS:
        raise DataError(f"there is no standard '{standard}'; allowed: {', '.join(STANDARDS)}")
    with resources.files("healthsys").joinpath("workforce_indicators.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype="str")
    return table[table["standard"] == standard].drop(columns="standard").reset_index(drop=True)


def require_rows(rows: pd.DataFrame, column: str, wanted: Sequence[str], *, of: str, label: str) -> None:
    """Raise :class:`~healthsys.errors.DataError` where a column lacks a row that a measure needs, naming it."""
    found = list(dict.fromkeys(rows[column]))
    for one in wanted:
        if one not in found:
            raise DataError(
                f"{label}: column '{column}' has no row '{one}' for {of}; found: {', '.join(found) or 'none'}. "
                "Where nobody had the outcome, give the row with a count of 0"
            )


def cases(
    table: pd.DataFrame, *, over: str, characteristic: str, groups: Sequence[str], years: int = 1,
    label: str = "the table",
) -> pd.DataFrame:  # fmt: skip
    """Count who had an outcome and who could have (``group``, ``had``, ``could``), over all organisations.

    Parameters
    ----------
    table
        For ``over="recruitment"``: ``characteristic``, ``stage``, ``group``, ``people``; for a formal process or
        training: ``characteristic``, ``process``, ``year``, ``group``, ``had``, ``could``.
    over
        ``recruitment`` (appointed, of those shortlisted) or a process, such as ``disciplinary``.
    groups, label
        The groups that must be there, and what messages call the table.
    years
        Years back from the last one over which a process is summed: the same ratio as averaging both counts.

    Raises
    ------
    DataError
        If the table lacks the process, a stage, a group, or a group in one of the years, or has fewer years.
    """
    rows = table[table["characteristic"] == characteristic]
    if over == "recruitment":
        stages = ["shortlisted", "appointed"]
        require_rows(rows, "stage", stages, of=characteristic, label=label)
        for stage in stages:
            require_rows(rows[rows["stage"] == stage], "group", groups, of=f"the stage {stage}", label=label)
        wide = rows.groupby(["group", "stage"])["people"].sum().unstack().dropna(subset=stages).reset_index()
        return wide[["group", "appointed", "shortlisted"]].set_axis(["group", "had", "could"], axis=1)
    require_rows(rows, "process", (over,), of=characteristic, label=label)
    rows = rows[rows["process"] == over]
    for year, part in rows.groupby("year"):
        require_rows(part, "group", groups, of=f"the process {over} in {year}", label=label)
    last = sorted(rows["year"].unique())
    if len(last) < years:
        raise DataError(f"there are counts for {len(last)} years; an average over {years} needs {years}. Choose fewer")
    return rows[rows["year"].isin(last[-years:])].groupby("group", as_index=False)[["had", "could"]].sum()


def survey_indicators(
    counts: pd.DataFrame, *, groups: tuple[str, str], higher_is_better: Mapping[str, bool], alone: Sequence[str] = (),
    rule: Rule | None = None, fewest: int = 1, unrounded: bool = False, level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Percent of each of two groups who answered so, with Wilson intervals, and the difference in points (Newcombe).

    Parameters
    ----------
    counts
        ``indicator``, ``group``, ``answered`` (people who gave the answer), ``base`` (people who answered).
    groups, higher_is_better, alone
        The group and the reference group; for each indicator whether a larger percentage is better for the people
        asked; indicators that only the group is asked.
    rule, fewest, unrounded
        A small-number rule: nothing is said where an answer or its opposite is rare, or where nobody or everybody gave
        it, and percentages are of rounded counts unless ``unrounded``. The fewest people whose answers are reported.

    Returns
    -------
    pandas.DataFrame
        A row per indicator: percent, interval and base of both groups, ``difference`` (group − reference, percentage
        points) with its interval, and ``worse_for``: which group, or why that cannot be said.

    Raises
    ------
    DataError
        If an indicator has not one row per group.
    """
    rows = []
    for indicator, part in counts.groupby("indicator", sort=False):
        row: dict = {"indicator": indicator, "difference": None}
        known = []
        for name, group in list(zip(("group", "reference"), groups, strict=True))[: 1 if indicator in alone else 2]:
            cell = part[part["group"] == group]
            if len(cell) != 1:
                raise DataError(
                    f"indicator '{indicator}' has {len(cell)} rows for '{group}'; expected one row per group"
                )
            answered, base = int(cell["answered"].iloc[0]), int(cell["base"].iloc[0])
            shown = base
            if rule is not None:
                told = base >= fewest and rule.allows(answered, base, opinion=True)
                answered, base = (answered, base) if told else (0, 0)
                shown = rule.show(base)
                answered, base = (answered, base) if unrounded else (rule.show(answered), shown)
            found = proportion(answered, base, level=level)
            row |= dict(zip((f"{name}_percent", f"{name}_lower", f"{name}_upper"), found, strict=True))
            row[f"{name}_base"] = shown
            known.append((answered, base))
        if indicator in alone:
            row["worse_for"] = "asked of one group only"
        elif known[0][1] and known[1][1]:
            had, could = known[1]
            found = proportion_difference(*known[0], reference_had=had, reference_could=could, level=level)
            ends = [100 * end for end in (found.estimate, found.lower, found.upper)]
            row |= dict(zip(("difference", "difference_lower", "difference_upper"), ends, strict=True))
            row["worse_for"] = groups[int((ends[0] < 0) != higher_is_better[str(indicator)])]
            if ends[1] <= 0 <= ends[2]:
                row["worse_for"] = "no clear difference"
        else:
            few = "not calculable: nobody answered in one of the groups"
            row["worse_for"] = few if rule is None else "not shown: too few people"
        rows.append(row)
    ends = [f"{name}_{end}" for name in ("group", "reference") for end in ("percent", "lower", "upper", "base")]
    columns = ["indicator", *ends, "difference", "difference_lower", "difference_upper", "worse_for"]
    return pd.DataFrame(rows, columns=columns)


def staff_by_band(staff: pd.DataFrame, characteristic: str) -> pd.DataFrame:
    """Count staff by band (doctors together), cluster and level of bands, clinical or not, and group.

    ``staff`` has a row per person: ``band`` (empty for doctors), ``ethnic_group`` or ``disabled``, and ``clinical`` if
    known; ``characteristic`` is ``ethnicity`` or ``disability``.

    >>> people = pd.DataFrame({"band": ["5", None], "ethnic_group": ["A", "W"], "clinical": ["N", "Y"]})
    >>> staff_by_band(people, "ethnicity").values.tolist()
    [['5', 'Bands 5 to 7', 'lower', 'non-clinical', 'BME', 1], ['Medical', 'Medical', 'none', 'clinical', 'White', 1]]
    """
    if characteristic == "ethnicity":
        group = staff["ethnic_group"].map(dict.fromkeys(BME, "BME") | {"W": "White"}).fillna("Not stated")
    else:
        group = staff["disabled"].map({"Y": "Disabled", "N": "Non-disabled", "U": "Not stated"})
    counted = pd.DataFrame({"band": staff["band"].fillna("Medical"), "group": group, "people": 1})
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

    Examples
    --------
    >>> staff = pd.DataFrame({"band": ["5", "5", "6"], "group": ["BME", "Unknown", "White"], "people": [20, 5, 40]})
    >>> representation(staff, group="BME")[["band", "percent"]].values.tolist()
    [['5', 80.0], ['6', 0.0], ['All', 30.76923076923077]]
    """
    people = staff["people"] if "people" in staff else pd.Series(1, index=staff.index)
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


def _reached(counts: pd.DataFrame, groups: Sequence[str]) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Return the stages in their order, and how many of each group reached each; refuse what cannot be."""
    for stage in pd.unique(counts["stage"]):
        if stage not in STAGES:
            raise DataError(
                f"there is no stage '{stage}'.{nearest(stage, STAGES)} Allowed, in this order: {', '.join(STAGES)}"
            )
    stages = [stage for stage in STAGES if (counts["stage"] == stage).any()]
    reached = {(row.stage, row.group): int(row.people) for row in counts.itertuples()}
    for group in groups:
        for stage in stages:
            if (stage, group) not in reached:
                raise DataError(f"group '{group}' has no count for the stage '{stage}'; give a row per group and stage")
        for before, after in itertools.pairwise(stages):
            if reached[after, group] > reached[before, group]:
                raise DataError(
                    f"group '{group}': {reached[after, group]:,} people were {after} but only "
                    f"{reached[before, group]:,} were {before}; a later stage cannot hold more. Check the two rows"
                )
    return stages, reached


def protect_stages(counts: pd.DataFrame, rule: Rule, *, unrounded: bool = False) -> Page:
    """Protect counts (``stage``, ``group``, ``people``) of recruitment: people count by the last stage they reached.

    With a column ``organisation`` the pages of all organisations and that of their total are protected together, so
    that nothing follows from one of them less the others. Characteristics of the page are ``group``, each stage
    (``reached applied``: ``yes`` or ``no``) and ``organisation``.
    """
    units = pd.unique(counts["organisation"]) if "organisation" in counts else []
    rows = []
    for unit in units if len(units) else [""]:
        stages, reached = _reached(counts[counts["organisation"] == unit] if unit else counts, counts["group"].unique())
        for group, (place, stage) in itertools.product(counts["group"].unique(), enumerate(stages)):
            later = reached[stages[place + 1], group] if place + 1 < len(stages) else 0
            flags = {f"reached {one}": "yes" if number <= place else "no" for number, one in enumerate(stages)}
            number = {"organisation": unit, "people": reached[stage, group] - later}
            rows.append({"group": group, "last": stage, **flags, **number})
    tables = []
    for by in (("group",), ("organisation", "group"))[: 1 + bool(len(units))]:
        for stage in stages:
            tables.append(Printed(f"{stage} by {by[0]}", by, totals=False, where={f"reached {stage}": "yes"}))
    derived = {f"reached {stage}": "last" for stage in stages}
    return protect(pd.DataFrame(rows), tables=tables, rule=rule, derived=derived, unrounded=unrounded)


def recruitment(
    counts: pd.DataFrame, *, groups: tuple[str, str], start: str = "applied", page: Page | None = None,
    organisation: str = "", level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Who goes on to the next stage of recruitment, and over the whole, for a group against a reference group.

    Parameters
    ----------
    counts
        ``stage``, ``group``, ``people``: how many of each group reached each stage of ``STAGES``.
    groups, start
        The group and the reference group; the stage from which the whole is counted to the last one.
    page, organisation
        The same counts, protected (:func:`protect_stages`), and which organisation of that page they are of (empty:
        all): rates and ratios are of its counts, and a step with a small one is not shown.

    Returns
    -------
    pandas.DataFrame
        A row per step and one from start to end: ``step``, ``before``, ``after``, rate of both groups (percent, Wilson
        interval), ``ratio`` (the adverse-impact ratio: the group's rate over the reference group's), ``lower``,
        ``upper`` (Katz), ``outside`` (``FOUR_FIFTHS``), ``reason``.

    Raises
    ------
    DataError
        If a stage is not known, is missing for a group, or holds more people than the stage before it.

    Examples
    --------
    >>> rows = [(s, g, n) for g, ns in {"BME": (200, 60, 12), "White": (300, 120, 36)}.items()
    ...         for s, n in zip(("applied", "shortlisted", "appointed"), ns)]
    >>> found = recruitment(pd.DataFrame(rows, columns=["stage", "group", "people"]), groups=("BME", "White"))
    >>> found[["step", "ratio"]].round(3).values.tolist()[-1]
    ['applied to appointed', 0.5]
    """
    stages, reached = _reached(counts, groups)
    if start not in stages:
        raise DataError(
            f"there is no stage '{start}' to start from.{nearest(start, stages)} There are: {', '.join(stages)}"
        )
    rows = []
    for before, after in [*itertools.pairwise(stages), (start, stages[-1])]:
        row: dict = {"step": f"{before} to {after}", "before": before, "after": after}
        pairs = [(reached[after, group], reached[before, group]) for group in groups]
        if page is not None:
            cells = [{"group": one} | ({"organisation": organisation} if organisation else {}) for one in groups]
            pairs = [_counted(page, cell, after, before) for cell in cells]
        if None in pairs:
            rows.append(row | {"reason": "not shown: too few people in one of the counts"})
            continue
        for name, pair in zip(("group", "reference"), pairs, strict=True):
            ends = (f"{name}_rate", f"{name}_lower", f"{name}_upper")
            row |= dict(zip(ends, proportion(*pair, level=level), strict=True))
        found = relative_likelihood(*pairs[0], reference_had=pairs[1][0], reference_could=pairs[1][1], level=level)
        row |= {"ratio": found.ratio, "lower": found.lower, "upper": found.upper}
        row |= {"outside": found.outside_four_fifths, "reason": found.reason or ""}
        rows.append(row)
    sides = [f"{name}_{end}" for name in ("group", "reference") for end in ("rate", "lower", "upper")]
    columns = ["step", "before", "after", *sides, "ratio", "lower", "upper", "outside", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _counted(page: Page, of: dict[str, str], *stages: str) -> tuple[int, ...] | None:
    """Return how many reached a later and an earlier stage, as a page counts them; None where no rate may be shown."""
    shown = tuple(page.counted(of | {f"reached {stage}": "yes"}) for stage in stages)
    return shown if None not in shown and page.rule.allows(*shown) else None
