"""Small rules for accounts of change: the total of a checklist, arrows of decisions, adoption of a practice."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest, need_columns
from healthsys.io.csv_files import row_of

#: Highest score of one item of a checklist.
HIGHEST = 3

#: What a decision concerns.
CATEGORIES = ("inputs", "processes", "outcomes")

#: Rogers' groups of adopters, and the share of adopters up to which each reaches.
ADOPTERS = {"innovators": 0.025, "early adopters": 0.16, "early majority": 0.5, "late majority": 0.84, "laggards": 1.0}


@dataclass(frozen=True)
class ChecklistTotal:
    """Total of a filled-in checklist, or the reason why there is none; ``absent`` names items that the file lacks."""

    total: int | None
    possible: int
    answered: int
    items: int
    weakest: tuple[str, ...]
    reason: str | None = None
    absent: tuple[str, ...] = ()


def checklist_total(checklist: pd.DataFrame, *, item: str, expected: Sequence[str] = ()) -> ChecklistTotal:
    """Total a checklist: the sum of its items over what the answered items could reach.

    Parameters
    ----------
    checklist
        Columns ``item`` and ``score`` (0 to 3; an unanswered item is missing and left out of both sums).
    item
        Name of the column that names the items (``feature``, ``element``).
    expected
        All items of the checklist; those that the file lacks are named in ``absent``.

    Raises
    ------
    DataError
        If a column is missing, an item occurs twice or is unknown, or a score is no whole number from 0 to 3.

    Examples
    --------
    >>> filled = pd.DataFrame({"feature": ["reflection", "ethics care"], "score": [2, 0]})
    >>> checklist_total(filled, item="feature").weakest
    ('ethics care',)
    """
    need_columns(checklist, (item, "score"), "checklist")
    given = checklist["score"]
    scores = pd.to_numeric(given, errors="coerce").astype("float64")
    wrong = (given.notna() & scores.isna()) | (scores < 0) | (scores > HIGHEST) | (scores % 1 > 0)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise DataError(
            f"checklist: row {row_of(checklist, row)}, column 'score': {given.iloc[row]}; allowed: a whole number from "
            f"0 to {HIGHEST}, or empty"
        )
    names = [str(name).strip() for name in checklist[item]]
    for position, name in enumerate(names):
        where = f"checklist: row {row_of(checklist, position)}, column '{item}'"
        if name in names[:position]:
            raise DataError(f"{where}: '{name}' occurs twice; keep one row")
        if expected and name not in expected:
            raise DataError(
                f"{where}: '{name}' is no {item} of it.{nearest(name, expected)} Allowed: {', '.join(expected)}"
            )
    absent = tuple(name for name in expected if name not in names)
    answered = scores.notna()
    if not answered.any():
        return ChecklistTotal(None, 0, 0, len(checklist), (), "no item has a score; fill in the column 'score'", absent)
    weakest, number = tuple(checklist.loc[scores == scores.min(), item]), int(answered.sum())
    if number > 1 and scores.min() == scores.max():  # none is weaker than another
        weakest = ()
    return ChecklistTotal(int(scores.sum()), HIGHEST * number, number, len(checklist), weakest, None, absent)


def net_arrows(decisions: pd.DataFrame) -> pd.DataFrame:
    """Net direction of decisions by category and over all: arrows down (more local autonomy) less arrows up.

    Raises
    ------
    DataError
        If an arrow does not follow from where the decision lay before and during, or a category is unknown.

    Examples
    --------
    >>> move = {"category": "inputs", "before": "centre", "during": "locality", "arrow": "down"}
    >>> net_arrows(pd.DataFrame([move]))["net"].tolist()
    [1, 0, 0, 1]
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
    counted = pd.crosstab(decisions["category"], decisions["arrow"]).reindex(
        index=list(CATEGORIES), columns=["down", "up", "level"], fill_value=0
    )
    counted.loc["all"] = counted.sum()
    counted = counted.assign(
        net=counted["down"] - counted["up"], decisions=counted[["down", "up", "level"]].sum(axis=1)
    )
    return counted.rename_axis("category").rename_axis(columns=None).reset_index()


def adoption_curve(
    *, potential: float, innovation: float, imitation: float, periods: int, model: str = "bass"
) -> pd.DataFrame:
    """Spread of a new practice among possible adopters, by a closed form.

    Parameters
    ----------
    potential, periods
        Adopters in the end (people, teams), and number of periods after the start.
    innovation
        Bass's p: rate at which someone adopts unprompted; for ``logistic`` the share that has adopted at period 0.
    imitation
        Bass's q: rate at which adopters win over others; for ``logistic`` the growth rate.
    model
        ``bass``: :math:`m (1 - e^{-(p+q)t}) / (1 + (q/p) e^{-(p+q)t})`;
        ``logistic``: :math:`m / (1 + (1/s - 1) e^{-qt})`.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``adopters``, ``share``, and ``group`` (of Rogers: ``ADOPTERS``).

    References
    ----------
    Bass FM. Management Science 1969;15:215-227. Rogers EM. Diffusion of Innovations, 1983.

    Examples
    --------
    >>> curve = adoption_curve(potential=100, innovation=0.03, imitation=0.38, periods=10)
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
    groups = np.array(list(ADOPTERS))[np.searchsorted(list(ADOPTERS.values())[:-1], share)].tolist()
    return pd.DataFrame({"period": time.astype(int), "adopters": potential * share, "share": share, "group": groups})
