"""An invented general practice of six teams, asked twice about its climate; the truth is known.

The model. Team ``j`` has a true mean on dimension ``d`` that varies around the mean of all such teams; a person
differs from their team, partly in the same way on every dimension; an answer adds the difficulty of the item and
chance, and is rounded to 0, 1, 2 or 3. Because rounding bends the scale, the latent means are solved for, so that the
expected score on 0-300 is exactly the stated truth. Nine months later the same teams are asked: the means have moved
by the stated change, teams a little each in their own way, some people have left and others have joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

#: Seed of the committed data sets.
SEED = 1996

#: Items a dimension, answered 0 to 3.
ITEMS = 5

#: Teams with their number of people at baseline, leavers and joiners; the smallest is below the reporting minimum.
TEAMS = {
    "Reception": (12, 2, 1), "Nursing": (10, 1, 2), "General practitioners": (9, 1, 1),
    "Administration": (8, 1, 0), "Home visits": (7, 1, 1), "Dispensary": (4, 0, 0),
}  # fmt: skip

#: True mean at baseline, true change, and chance in an answer (latent points on 0-3), by dimension.
TRUTH = {
    "challenge": (196.0, 8.0, 0.45), "freedom": (171.0, 6.0, 0.50), "trust": (139.0, 16.0, 0.40),
    "idea_time": (84.0, 30.0, 0.45), "playfulness": (166.0, 4.0, 0.50), "conflict": (118.0, -16.0, 0.40),
    "idea_support": (128.0, 24.0, 0.40), "debate": (129.0, 12.0, 0.80), "risk_taking": (92.0, 18.0, 0.50),
}  # fmt: skip

#: Latent standard deviations: between teams, of a team's own change, between people; share of the last in common.
TEAM_SD, TEAM_CHANGE_SD, PERSON_SD, PERSON_COMMON = 0.20, 0.06, 0.45, 0.5

#: Latent shift of each item of a dimension.
ITEM_SHIFT = np.array([-0.20, -0.10, 0.0, 0.10, 0.20])

#: Share of answers missing at random.
MISSING = 0.03


@dataclass(frozen=True)
class Practice:
    """Both surveys of one generated practice and the truth they were drawn from."""

    baseline: pd.DataFrame
    followup: pd.DataFrame
    truth: pd.DataFrame


def expected_score(latent: np.ndarray | float, *, spread: float) -> np.ndarray:
    """Expected score on 0-300 of a dimension with a latent mean and a latent standard deviation of its answers."""
    cuts = np.array([0.5, 1.5, 2.5])
    distance = np.asarray(latent)[..., None, None] + ITEM_SHIFT[:, None] - cuts
    return 100 * stats.norm.cdf(distance / spread).sum(-1).mean(-1)


@lru_cache(maxsize=64)
def latent_mean(score: float, *, noise: float) -> float:
    """Latent mean whose expected score over teams, people and chance is ``score``."""
    spread = float(np.sqrt(TEAM_SD**2 + TEAM_CHANGE_SD**2 + PERSON_SD**2 + noise**2))
    return float(optimize.brentq(lambda latent: expected_score(latent, spread=spread) - score, -6, 9, xtol=1e-12))


def team_sd(latent: float, *, noise: float) -> float:
    """Standard deviation of true team means on 0-300 (Gauss-Hermite quadrature over the teams)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    between = np.sqrt(TEAM_SD**2 + TEAM_CHANGE_SD**2)
    scores = expected_score(latent + between * nodes, spread=float(np.sqrt(PERSON_SD**2 + noise**2)))
    share = weights / weights.sum()
    return float(np.sqrt(share @ (scores - share @ scores) ** 2))


def truth() -> pd.DataFrame:
    """Return the built-in truth: mean, spread of team means and change, by dimension and wave.

    >>> truth().query("dimension == 'idea_time'")["mean"].tolist()
    [84.0, 114.0]
    """
    rows = []
    for dimension, (mean, change, noise) in TRUTH.items():
        for wave, score in (("baseline", mean), ("followup", mean + change)):
            spread = team_sd(latent_mean(score, noise=noise), noise=noise)
            rows.append((dimension, wave, score, round(spread, 4), change if wave == "followup" else None))
    return pd.DataFrame(rows, columns=["dimension", "wave", "mean", "team_sd", "change"])


def practice(*, seed: int = SEED) -> Practice:
    """Generate one practice: two surveys of the same six teams, nine months apart, and their truth.

    A survey has a row per person: ``respondent``, ``team`` and ``<dimension>_<n>`` (answers 0-3, ``Int64``).

    Examples
    --------
    >>> made = practice()
    >>> len(made.baseline), len(made.followup), made.baseline["team"].nunique()
    (50, 49, 6)
    """
    rng = np.random.default_rng(seed)
    shape = (len(TEAMS), len(TRUTH))
    team_effect = TEAM_SD * rng.standard_normal(shape)
    own_change = TEAM_CHANGE_SD * rng.standard_normal((2, *shape))
    teams = np.repeat(np.arange(len(TEAMS)), [size for size, _, _ in TEAMS.values()])
    people = [f"R{number:03d}" for number in range(1, len(teams) + 1)]
    effect = _person_effects(rng, len(teams))
    baseline = _answers(rng, people, teams, team_effect + own_change[0], effect, wave=0)
    stays = np.ones(len(teams), dtype=bool)
    for index, (_, leavers, _) in enumerate(TEAMS.values()):
        stays[rng.choice(np.flatnonzero(teams == index), size=leavers, replace=False)] = False
    joined = np.repeat(np.arange(len(TEAMS)), [joiners for _, _, joiners in TEAMS.values()])
    new = [f"R{number:03d}" for number in range(len(teams) + 1, len(teams) + len(joined) + 1)]
    people = [who for who, stay in zip(people, stays, strict=True) if stay] + new
    effect = np.vstack([effect[stays], _person_effects(rng, len(joined))])
    teams = np.concatenate([teams[stays], joined])
    followup = _answers(rng, people, teams, team_effect + own_change[1], effect, wave=1)
    return Practice(baseline, followup, truth())


def _person_effects(rng: np.random.Generator, people: int) -> np.ndarray:
    """Person effects by dimension: one part in common (reversed for conflict), one part of each dimension's own."""
    sign = np.array([-1.0 if dimension == "conflict" else 1.0 for dimension in TRUTH])
    common = rng.standard_normal((people, 1)) * sign
    own = rng.standard_normal((people, len(TRUTH)))
    return PERSON_SD * (np.sqrt(PERSON_COMMON) * common + np.sqrt(1 - PERSON_COMMON) * own)


def _answers(
    rng: np.random.Generator, people: list[str], teams: np.ndarray, team_effect: np.ndarray,
    person_effect: np.ndarray, *, wave: int,
) -> pd.DataFrame:  # fmt: skip
    """Draw every answer of one wave, lose some, and lay them out one row a person."""
    columns: dict[str, object] = {"respondent": people, "team": [list(TEAMS)[team] for team in teams]}
    for position, (dimension, (mean, change, noise)) in enumerate(TRUTH.items()):
        centre = latent_mean(mean + wave * change, noise=noise)
        level = centre + team_effect[teams, position] + person_effect[:, position]
        latent = level[:, None] + ITEM_SHIFT + noise * rng.standard_normal((len(people), ITEMS))
        answers = np.clip(np.floor(latent + 0.5), 0, 3)
        answers[rng.random(answers.shape) < MISSING] = np.nan
        if dimension == "idea_time":
            answers[rng.choice(len(people), size=2, replace=False)] = np.nan
        for item in range(ITEMS):
            columns[f"{dimension}_{item + 1}"] = pd.array(answers[:, item], dtype="Int64")
    return pd.DataFrame(columns)


GENERATORS = {
    "climate_survey_baseline": lambda: practice().baseline,
    "climate_survey_followup": lambda: practice().followup,
    "climate_truth": truth,
}
