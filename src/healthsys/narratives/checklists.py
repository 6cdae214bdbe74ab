"""Checklists and small rules: self-audits, decision space, arrows, levels of population, diffusion, portfolio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.narratives.codebooks import row_of

#: Highest score of one item of a checklist.
HIGHEST = 3

#: Rules that join the two dimensions of autonomy into a decision space; the source names none.
SPACE_RULES = ("minimum", "product")


#: What a decision concerns.
CATEGORIES = ("inputs", "processes", "outcomes")


@dataclass(frozen=True)
class Audit:
    """Score of a filled-in checklist, or the reason why there is none; ``absent`` names items that the file lacks."""

    score: int | None
    possible: int
    answered: int
    items: int
    weakest: tuple[str, ...]
    reason: str | None = None
    absent: tuple[str, ...] = ()


def audit(checklist: pd.DataFrame, *, item: str, expected: Sequence[str] = ()) -> Audit:
    """Score a checklist: the sum of its items over what the answered items could reach.

    Parameters
    ----------
    checklist
        Columns ``item`` and ``score`` (0 to 3; an unanswered item is missing and left out of both sums).
    item
        Name of the column that names the items (``feature``, ``element``).
    expected
        All items of the checklist; those that the file lacks are named in ``absent``.

    Returns
    -------
    Audit
        ``weakest`` names the items with the lowest score.

    Raises
    ------
    DataError
        If a column is missing, an item stands twice or is none of those expected, or a score is no whole number from
        0 to 3.

    Examples
    --------
    >>> audit(pd.DataFrame({"feature": ["reflection", "ethics care"], "score": [2, 0]}), item="feature").weakest
    ('ethics care',)
    """
    for column in (item, "score"):
        if column not in checklist:
            raise DataError(f"checklist: there is no column '{column}'.{nearest(column, map(str, checklist.columns))}")
    given = checklist["score"]
    scores = pd.to_numeric(given, errors="coerce").astype("float64")
    wrong = (given.notna() & scores.isna()) | (scores < 0) | (scores > HIGHEST) | (scores % 1 > 0)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise DataError(
            f"checklist: row {row_of(checklist, row)}, column 'score': {given.iloc[row]}; allowed: a whole number from "
            f"0 to {HIGHEST}, or empty"
        )
    absent = _absent(checklist, item, expected)
    answered = scores.notna()
    if not answered.any():
        return Audit(None, 0, 0, len(checklist), (), _NO_SCORE, absent)
    lowest = scores.min()
    weakest = tuple(checklist.loc[answered & (scores == lowest), item])
    total = int(scores.sum())
    return Audit(total, HIGHEST * int(answered.sum()), int(answered.sum()), len(checklist), weakest, None, absent)


_NO_SCORE = "no item has a score; fill in the column 'score'"


def _absent(checklist: pd.DataFrame, item: str, expected: Sequence[str]) -> tuple[str, ...]:
    """Return the items that a checklist lacks; refuse one that stands twice or that the checklist does not know."""
    names = [str(name).strip() for name in checklist[item]]
    for position, name in enumerate(names):
        where = f"checklist: row {row_of(checklist, position)}, column '{item}'"
        if name in names[:position]:
            raise DataError(f"{where}: '{name}' stands twice; keep one row")
        if expected and name not in expected:
            raise DataError(
                f"{where}: '{name}' is no {item} of it.{nearest(name, expected)} Allowed: {', '.join(expected)}"
            )
    return tuple(name for name in expected if name not in names)


def decision_space(vertical: float, horizontal: float, *, rule: str = "minimum") -> float:
    """Decision space of a local organisation from its two dimensions of autonomy.

    Parameters
    ----------
    vertical
        Release from control from above, 0 (none) to 1 (full).
    horizontal
        Room to act with partners, 0 to 1.
    rule
        ``minimum`` (the scarcer one binds) or ``product`` (each scales the other). The source says that the space
        depends on both and gives no formula; these are two stated readings.

    Examples
    --------
    >>> decision_space(0.8, 0.5), decision_space(0.8, 0.5, rule="product")
    (0.5, 0.4)
    """
    for name, value in (("vertical", vertical), ("horizontal", horizontal)):
        if not 0 <= value <= 1:
            raise DataError(f"{name} is {value}; allowed: 0 to 1")
    if rule not in SPACE_RULES:
        raise DataError(f"rule is '{rule}'.{nearest(rule, SPACE_RULES)} Allowed: {', '.join(SPACE_RULES)}")
    return min(vertical, horizontal) if rule == "minimum" else vertical * horizontal


def space_grid(*, rule: str, steps: int = 5) -> pd.DataFrame:
    """Decision space over a grid of both dimensions (``vertical``, ``horizontal``, ``space``)."""
    if steps < 2:
        raise DataError(f"steps is {steps}; allowed: a whole number, 2 or more")
    shares = [round(step / (steps - 1), 4) for step in range(steps)]
    return pd.DataFrame(
        [(v, h, decision_space(v, h, rule=rule)) for v in shares for h in shares],
        columns=["vertical", "horizontal", "space"],
    )


def arrows(decisions: pd.DataFrame) -> pd.DataFrame:
    """Net direction of decisions by category: arrows down (more local autonomy) less arrows up.

    Returns
    -------
    pandas.DataFrame
        ``category`` (inputs, processes, outcomes, all), ``down``, ``up``, ``level``, ``net``, ``decisions``.

    Raises
    ------
    DataError
        If an arrow does not follow from where the decision lay before and during, or a category is unknown (it would
        count in the sum of all and in no category).
    """
    direction = {("centre", "locality"): "down", ("locality", "centre"): "up"}
    for row, made in enumerate(decisions.itertuples(), start=2):
        if made.category not in CATEGORIES:
            raise DataError(
                f"decisions: row {row}, column 'category': '{made.category}' is unknown."
                f"{nearest(str(made.category), CATEGORIES)} Allowed: {', '.join(CATEGORIES)}"
            )
        right = direction.get((made.before, made.during), "level")
        if made.arrow != right:
            raise DataError(
                f"decisions: row {row}, column 'arrow': '{made.arrow}' for a move from {made.before} "
                f"to {made.during}; it is '{right}'"
            )
    rows = []
    for category in (*CATEGORIES, "all"):
        mine = decisions if category == "all" else decisions[decisions["category"] == category]
        down, up, level = (int((mine["arrow"] == arrow).sum()) for arrow in ("down", "up", "level"))
        rows.append((category, down, up, level, down - up, len(mine)))
    return pd.DataFrame(rows, columns=["category", "down", "up", "level", "net", "decisions"])


def populations(levels: pd.DataFrame, *, population: int) -> pd.DataFrame:
    """Say whether so many units of the typical size can make up a system of a given population.

    Parameters
    ----------
    levels
        The data set ``system_levels``.
    population
        People in the system.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``number``, ``least`` and ``most`` (people that many units of typical size hold), ``fits`` (``yes``,
        ``only just`` at either end, ``no``), and ``mean_size`` (people per unit if they share the population).
    """
    rows = []
    for level in levels.itertuples():
        numbers = [level.number, *([level.number_later] if pd.notna(level.number_later) else [])]
        for number in numbers:
            if not number > 0:
                raise DataError(f"system levels: '{level.level}' has {number} units; allowed: 1 or more")
            least, most = int(number * level.low), int(number * level.high)
            fits = "only just" if population in (least, most) else "yes" if least < population < most else "no"
            rows.append((level.level, int(number), least, most, fits, population / number))
    return pd.DataFrame(rows, columns=["level", "number", "least", "most", "fits", "mean_size"])


def span(counts: pd.DataFrame) -> pd.DataFrame:
    """Growth of a manager's span: after over before, and whether it is over double; the last row adds the staff.

    The ratio is missing where there was nobody before.
    """
    rows = [(row.group, int(row.before), int(row.after)) for row in counts.itertuples()]
    staff = [row for row in rows if "staff" in row[0]]
    if len(staff) > 1:
        rows.append(("all staff", sum(row[1] for row in staff), sum(row[2] for row in staff)))
    out = pd.DataFrame(rows, columns=["group", "before", "after"])
    out["ratio"] = (out["after"] / out["before"].where(out["before"] > 0)).astype("float64")
    out["over_double"] = out["after"] > 2 * out["before"]
    return out


def diffusion(
    *, potential: float, innovation: float, imitation: float, periods: int, model: str = "bass"
) -> pd.DataFrame:
    r"""Spread of a new practice among possible adopters, by a closed form.

    Parameters
    ----------
    potential
        Adopters in the end (people, teams).
    innovation
        Bass's p: rate at which someone adopts unprompted; for ``logistic`` the share that has adopted at period 0.
    imitation
        Bass's q: rate at which adopters win over others; for ``logistic`` the growth rate.
    periods
        Number of periods after the start.
    model
        ``bass``: :math:`m (1 - e^{-(p+q)t}) / (1 + (q/p) e^{-(p+q)t})`;
        ``logistic``: :math:`m / (1 + (1/s - 1) e^{-qt})`.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``adopters``, ``share``, and ``group`` (Rogers' groups: innovators to 2.5 %, early adopters to 16 %,
        early majority to 50 %, late majority to 84 %, laggards).

    References
    ----------
    Bass FM. Management Science 1969;15:215-227. Rogers EM. Diffusion of Innovations, 1983.

    Examples
    --------
    >>> curve = diffusion(potential=100, innovation=0.03, imitation=0.38, periods=10)
    >>> round(float(curve["adopters"].iloc[10]), 1)
    81.3
    """
    if not all(map(math.isfinite, (potential, innovation, imitation))):
        raise DataError("diffusion: potential, innovation and imitation must be finite numbers")
    if potential <= 0 or innovation <= 0 or imitation < 0 or periods < 1:
        raise DataError("diffusion: potential, innovation and periods must be above 0 and imitation not below 0")
    if model not in ("bass", "logistic"):
        raise DataError(f"model is '{model}'; allowed: bass, logistic")
    time = np.arange(periods + 1, dtype=float)
    if model == "bass":
        decay = np.exp(-(innovation + imitation) * time)
        share = (1 - decay) / (1 + imitation / innovation * decay)
    else:
        if innovation >= 1:
            raise DataError(f"innovation is {innovation}; for the logistic it is the share at the start, below 1")
        share = 1 / (1 + (1 / innovation - 1) * np.exp(-imitation * time))
    limits = (0.025, 0.16, 0.50, 0.84, math.inf)
    names = ("innovators", "early adopters", "early majority", "late majority", "laggards")
    groups = [names[next(i for i, limit in enumerate(limits) if value <= limit)] for value in share]
    return pd.DataFrame({"period": time.astype(int), "adopters": potential * share, "share": share, "group": groups})


def portfolio(counts: dict[str, int], rule: pd.DataFrame) -> pd.DataFrame:
    """Compare a team's portfolio of projects with the shares of the portfolio rule.

    Parameters
    ----------
    counts
        Projects by kind: ``core``, ``stretch``, ``exploratory``.
    rule
        The data set ``portfolio_rule``.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``projects``, ``share`` and ``rule`` (percent), ``difference`` (percentage points).
    """
    kinds = ["core", "stretch", "exploratory"]
    unknown = [kind for kind in counts if kind not in kinds]
    if unknown:
        raise DataError(
            f"portfolio: '{unknown[0]}' is no kind.{nearest(unknown[0], kinds)} Allowed: {', '.join(kinds)}"
        )
    for kind, number in counts.items():
        if number < 0:
            raise DataError(f"portfolio: '{kind}' has {number} projects; allowed: 0 or more")
    total = sum(counts.values())
    if total <= 0:
        raise DataError("portfolio: there is no project; give the number of projects by kind")
    shares = rule.set_index("item")["value"]
    absent = [kind for kind in kinds if kind not in shares.index]
    if absent:
        raise DataError(f"portfolio: the rule has no row '{absent[0]}' in column 'item'; it needs {', '.join(kinds)}")
    out = pd.DataFrame({"kind": kinds, "projects": [counts.get(kind, 0) for kind in kinds]})
    out["share"] = 100 * out["projects"] / total
    out["rule"] = [float(shares[kind]) for kind in kinds]
    out["difference"] = out["share"] - out["rule"]
    return out


def link_matrix(links: pd.DataFrame, implications: pd.DataFrame, syntheses: pd.DataFrame) -> pd.DataFrame:
    """Count the links from each topic's implications to each synthesis, every synthesis shown.

    Raises
    ------
    DataError
        If a link names an implication or synthesis that does not exist, or an implication has no main link.
    """
    for column, table in (("implication", implications), ("synthesis", syntheses)):
        unknown = sorted(set(links[column]) - set(table[column]))
        if unknown:
            raise DataError(
                f"links: '{unknown[0]}' in column '{column}' is not in its table."
                f"{nearest(str(unknown[0]), map(str, table[column]))}"
            )
    unlinked = set(implications["implication"]) - set(links.loc[links["strength"] == "main", "implication"])
    if unlinked:
        raise DataError(f"links: the implication '{min(unlinked)}' has no main link; add one")
    joined = links.merge(implications[["implication", "topic"]], on="implication")
    rows = [
        (
            topic,
            int(number),
            subject,
            int(((joined["topic"] == topic) & (joined["synthesis"] == number)).sum()),
        )
        for topic in implications["topic"].drop_duplicates()
        for number, subject in zip(syntheses["synthesis"], syntheses["subject"], strict=True)
    ]
    return pd.DataFrame(rows, columns=["topic", "synthesis", "subject", "links"])
