"""Indicators of the workforce standards (WRES, WDES): who had an outcome, the survey, representation, the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO

import numpy as np
import pandas as pd

from healthsys.disclosure import Page, Rule
from healthsys.errors import DataError
from healthsys.statistics import proportion_difference
from healthsys.workforce.likelihood import SIDES, TIERS, proportion

#: For each standard: characteristic, group, reference group.
STANDARDS = {"WRES": ("ethnicity", "BME", "White"), "WDES": ("disability", "Disabled", "Non-disabled")}

#: What the standards ask for (NHS England, WRES and WDES technical guidance), as CSV. ``code`` is ``recruitment``, a
#: formal process or training, or a question of the staff survey.
INDICATORS = """\
standard,indicator,kind,code,outcome,group,reference,verb,more_is_better
WRES,WRES 2,likelihood,recruitment,appointed from shortlisting,White,BME,to be appointed,
WRES,WRES 3,likelihood,disciplinary,entered a formal disciplinary process,BME,White,to be disciplined formally,
WRES,WRES 4,likelihood,training,took non-mandatory training,White,BME,to take non-mandatory training,
WRES,WRES 5,survey,wres5,"harassed, bullied or abused by patients, relatives or the public",BME,White,,no
WRES,WRES 6,survey,wres6,"harassed, bullied or abused by staff",BME,White,,no
WRES,WRES 7,survey,wres7,believe in equal opportunities for progression,BME,White,,yes
WRES,WRES 8,survey,wres8,discriminated against by a manager or colleague,BME,White,,no
WDES,WDES 2,likelihood,recruitment,appointed from shortlisting,Non-disabled,Disabled,to be appointed,
WDES,WDES 3,likelihood,capability,entered a formal capability process,Disabled,Non-disabled,to enter a formal capability process,
WDES,WDES 4a,survey,wdes4a,"harassed, bullied or abused by the public",Disabled,Non-disabled,,no
WDES,WDES 4b,survey,wdes4b,"harassed, bullied or abused by managers",Disabled,Non-disabled,,no
WDES,WDES 4c,survey,wdes4c,"harassed, bullied or abused by colleagues",Disabled,Non-disabled,,no
WDES,WDES 4d,survey,wdes4d,reported it when it last happened,Disabled,Non-disabled,,yes
WDES,WDES 5,survey,wdes5,believe in equal opportunities for progression,Disabled,Non-disabled,,yes
WDES,WDES 6,survey,wdes6,felt pressed to work while unwell,Disabled,Non-disabled,,no
WDES,WDES 7,survey,wdes7,feel that the organisation values their work,Disabled,Non-disabled,,yes
WDES,WDES 8,survey,wdes8,have adequate adjustments (disabled staff only),Disabled,,,yes
"""  # noqa: E501

#: Bands from the lowest, and medical grades together.
BANDS = ("2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "VSM", "Medical")

#: Codes of ethnic groups that the WRES counts as black and minority ethnic: Asian, Black, mixed, other.
BME = ("A", "B", "M", "O")


def indicators(standard: str) -> pd.DataFrame:
    """Return what ``WRES`` or ``WDES`` asks for: its relative likelihoods and the questions of the staff survey.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``kind`` (``likelihood`` or ``survey``), ``code`` (``recruitment``, a formal process, or the
        question), ``outcome``, ``group`` and ``reference`` (missing where only the group is asked), ``verb``, and
        ``more_is_better`` for the people asked.

    Examples
    --------
    >>> indicators("WDES")[["indicator", "outcome", "group"]].values.tolist()[0]
    ['WDES 2', 'appointed from shortlisting', 'Non-disabled']
    """
    if standard not in STANDARDS:
        raise DataError(f"there is no standard '{standard}'; allowed: {', '.join(STANDARDS)}")
    table = pd.read_csv(StringIO(INDICATORS), dtype="str")
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
    table: pd.DataFrame,
    *,
    over: str,
    characteristic: str,
    groups: Sequence[str],
    years: int = 1,
    label: str = "the table",
) -> pd.DataFrame:
    """Count who had an outcome and who could have, by group over all organisations.

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
        Years back from the last one over which a process is summed. WDES 3 averages cases over two years; WRES 3 has
        used one and two. Summing both counts gives the same ratio as averaging both, in whole numbers.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``had``, ``could``.

    Raises
    ------
    DataError
        If the table lacks the process, a stage, a group, or a group in one of the years, or has fewer years.
    """
    rows = table[table["characteristic"] == characteristic]
    if over == "recruitment":
        stages = ("appointed", "shortlisted")
        require_rows(rows, "stage", stages[::-1], of=characteristic, label=label)
        for stage in stages[::-1]:
            require_rows(rows[rows["stage"] == stage], "group", groups, of=f"the stage {stage}", label=label)
        wide = rows.groupby(["group", "stage"])["people"].sum().unstack().dropna(subset=list(stages))
        return wide.reset_index()[["group", *stages]].set_axis(["group", "had", "could"], axis=1)
    require_rows(rows, "process", (over,), of=characteristic, label=label)
    rows = rows[rows["process"] == over]
    for year, part in rows.groupby("year"):
        require_rows(part, "group", groups, of=f"the process {over} in {year}", label=label)
    last = sorted(rows["year"].unique())
    if len(last) < years:
        raise DataError(f"there are counts for {len(last)} years; an average over {years} needs {years}. Choose fewer")
    return rows[rows["year"].isin(last[-years:])].groupby("group", as_index=False)[["had", "could"]].sum()


def survey_indicators(
    counts: pd.DataFrame,
    *,
    groups: tuple[str, str],
    higher_is_better: Mapping[str, bool],
    alone: Sequence[str] = (),
    rule: Rule | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Percent of each of two groups who answered so, with Wilson intervals, and the difference in points (Newcombe).

    Parameters
    ----------
    counts
        ``indicator``, ``group``, ``answered`` (people who gave the answer), ``base`` (people who answered).
    groups, higher_is_better, alone
        The group and the reference group; for each indicator whether a larger percentage is better for the people
        asked; indicators that only the group is asked.
    rule
        A small-number rule: nothing is said where an answer or its opposite is rare, and bases are rounded.

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
            if rule is not None and not rule.allows(answered, base):
                answered, base = 0, 0
            found = proportion(answered, base, level=level)
            row |= dict(zip((f"{name}_percent", f"{name}_lower", f"{name}_upper"), found, strict=True))
            row[f"{name}_base"] = base if rule is None else rule.show(base)
            known.append((answered, base))
        if indicator in alone:
            row["worse_for"] = "asked of one group only"
        elif known[0][1] and known[1][1]:
            had, could = known[1]
            found = proportion_difference(*known[0], reference_had=had, reference_could=could, level=level)
            ends = [100 * end for end in (found.estimate, found.lower, found.upper)]
            row |= dict(zip(("difference", "difference_lower", "difference_upper"), ends, strict=True))
            worse = (ends[0] < 0) == higher_is_better[str(indicator)]
            row["worse_for"] = groups[0] if worse else groups[1]
            if ends[1] <= 0 <= ends[2]:
                row["worse_for"] = "no difference beyond chance"
        else:
            few = "not calculable: nobody answered in one of the groups"
            row["worse_for"] = few if rule is None else "not shown: too few people"
        rows.append(row)
    ends = [f"{name}_{end}" for name in ("group", "reference") for end in ("percent", "lower", "upper", "base")]
    columns = ["indicator", *ends, "difference", "difference_lower", "difference_upper", "worse_for"]
    return pd.DataFrame(rows, columns=columns)


def staff_by_band(staff: pd.DataFrame, characteristic: str) -> pd.DataFrame:
    """Count staff by band (doctors together), level of bands, clinical or not, and group of a characteristic.

    ``staff`` has a row per person: ``band`` (empty for doctors), ``ethnic_group`` or ``disabled``, and ``clinical`` if
    known; ``characteristic`` is ``ethnicity`` or ``disability``. Returns ``band``, ``tier``, ``side``, ``group``
    (``Not stated`` among them) and ``people``.

    Examples
    --------
    >>> people = pd.DataFrame({"band": ["5", None], "ethnic_group": ["A", "W"], "clinical": ["N", "Y"]})
    >>> staff_by_band(people, "ethnicity").values.tolist()
    [['5', 'lower', 'non-clinical', 'BME', 1], ['Medical', 'none', 'clinical', 'White', 1]]
    """
    if characteristic == "ethnicity":
        group = staff["ethnic_group"].map(dict.fromkeys(BME, "BME") | {"W": "White"}).fillna("Not stated")
    else:
        group = staff["disabled"].map({"Y": "Disabled", "N": "Non-disabled", "U": "Not stated"})
    counted = pd.DataFrame({"band": staff["band"].fillna("Medical"), "group": group, "people": 1})
    counted["side"] = staff["clinical"].map(SIDES).fillna("not said") if "clinical" in staff else "not said"
    counted["tier"] = counted["band"].map({one: tier for tier, bands in TIERS.items() for one in bands}).fillna("none")
    return counted.groupby(["band", "tier", "side", "group"], as_index=False)["people"].sum()


def representation(
    staff: pd.DataFrame,
    *,
    group: str,
    by: str = "band",
    characteristic: str = "group",
    order: Sequence[str] = BANDS,
    level: float = 0.95,
    page: Page | None = None,
) -> pd.DataFrame:
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
    inside = staff[characteristic] == group
    bands = [band for band in order if (staff[by] == band).any()]
    bands += sorted(set(staff[by].dropna()) - set(bands))
    rows = []
    for band in (*bands, "All"):
        here = (staff[by] == band) | (band == "All")
        part, base = int(people[here & inside].sum()), int(people[here].sum())
        known, shown = True, (part, base)
        if page is not None:
            cell = {} if band == "All" else {by: band}
            shown = page.shown({**cell, characteristic: group}), page.shown(cell)
            known = None not in shown and base > 0 and page.rule.allows(part, base)
        rows.append((band, *shown, *(proportion(part, base, level=level) if known else (np.nan,) * 3)))
    found = pd.DataFrame(rows, columns=["band", "part", "base", "percent", "lower", "upper"])
    return found.astype({"part": "Int64", "base": "Int64"})


def board_difference(members: int, board: int, staff: int, workforce: int) -> tuple[float | None, str | None]:
    """WRES 9, WDES 10: share of voting board members minus share of the workforce, percentage points.

    Examples
    --------
    >>> board_difference(2, 20, 210, 1000)
    (-11.0, None)
    """
    top, bottom = proportion(members, board)[0], proportion(staff, workforce)[0]
    if top is None:
        return None, "not calculable: the board has no voting member"
    return (None, "not calculable: nobody is employed") if bottom is None else (top - bottom, None)
