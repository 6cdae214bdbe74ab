"""The indicators of the race and disability standards: formal cases, training, and the staff survey."""

from collections.abc import Mapping, Sequence
from importlib import resources

import pandas as pd

from healthsys.disclosure import Rule
from healthsys.errors import DataError
from healthsys.statistics import proportion_difference
from healthsys.workforce.likelihoods import proportion

#: For each standard: characteristic, group, reference group.
STANDARDS = {"WRES": ("ethnicity", "BME", "White"), "WDES": ("disability", "Disabled", "Non-disabled")}


def indicators(standard: str) -> pd.DataFrame:
    """Return what ``WRES`` or ``WDES`` asks for: its relative likelihoods and the questions of the staff survey.

    Columns: ``indicator``, ``kind`` (``likelihood`` or ``survey``), ``code``, ``outcome``, ``group``, ``reference``
    (missing where only the group is asked), ``verb``, and ``more_is_better`` for the people asked.

    >>> indicators("WDES")[["indicator", "outcome", "group"]].values.tolist()[0]
    ['WDES 2', 'appointed from shortlisting', 'Non-disabled']
    """
    if standard not in STANDARDS:
        raise DataError(f"there is no standard '{standard}'; allowed: {', '.join(STANDARDS)}")
    with resources.files("healthsys.workforce").joinpath("indicators.csv").open(encoding="utf-8") as file:
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


def other_organisations(tables: Mapping[str, pd.DataFrame]) -> str:
    """Say which tables have organisations that the table ``staff`` has not; empty where all have the same, or it none.

    >>> named = {"staff": ["ICB"], "survey": ["ICB1", "icb "]}
    >>> other_organisations({name: pd.DataFrame({"organisation": units}) for name, units in named.items()})
    'the survey file has an organisation that the staff file does not have: ICB1'
    """
    names = {
        name: {str(one).strip().casefold(): str(one).strip() for one in table["organisation"].dropna().unique()}
        for name, table in tables.items() if "organisation" in table
    }  # fmt: skip
    known, said = names.get("staff", {}), []
    for name, units in names.items() if known else ():
        more = [units[one] for one in sorted(units.keys() - known.keys())]
        if more:
            has = "has an organisation" if len(more) == 1 else f"has {len(more)} organisations"
            shown = f"{', '.join(more[:5])}{', …' * (len(more) > 5)}"
            said.append(f"the {name} file {has} that the staff file does not have: {shown}")
    return "; ".join(said)


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
