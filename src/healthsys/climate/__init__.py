"""Organisational climate: scores of people in teams, agreement, reliability, benchmarks and change.

>>> import pandas as pd
>>> from healthsys import climate
>>> survey = pd.DataFrame({"respondent": range(12), "team": ["A"] * 6 + ["B"] * 6,
...                        "trust_1": [3, 2, 2, 3, 2, 3, 1, 1, 2, 1, 0, 1],
...                        "trust_2": [3, 2, 3, 3, 2, 2, 1, 0, 2, 1, 1, 1]})
>>> shown = climate.withhold_small_teams(survey, minimum_team_size=5)
>>> shown.scores.groupby("team")["trust"].mean().round(1).to_dict()
{'A': 250.0, 'B': 100.0}
>>> round(climate.cronbach_alpha(shown.answers[["trust_1", "trust_2"]]).alpha, 2)
0.89
>>> round(climate.icc(shown.scores["trust"], shown.scores["team"]).icc1, 2)
0.81
"""

from healthsys.climate.change import VERDICTS, change_between
from healthsys.climate.dimensions import ANSWERS, DIMENSIONS, REVERSED, direction, item_columns
from healthsys.climate.intraclass import Icc, icc, two_way_icc
from healthsys.climate.profile import PLACES, against_benchmarks, organisation_profile, place, position, team_profile
from healthsys.climate.reliability import (
    Alpha,
    Omega,
    cronbach_alpha,
    feldt_interval,
    item_analysis,
    mcdonald_omega,
    omega_from_loadings,
)
from healthsys.climate.rwg import CUSTOMARY, SKEWED_NULL, Rwg, null_variance, rwg, rwg_j, team_rwg, uniform_variance
from healthsys.climate.scoring import Shown, score, spelt_as, team_means, withhold_small_teams
from healthsys.climate.sensitivity import change_sensitivity, profile_sensitivity

__all__ = [
    "ANSWERS", "CUSTOMARY", "DIMENSIONS", "PLACES", "REVERSED", "SKEWED_NULL", "VERDICTS",
    "Alpha", "Icc", "Omega", "Rwg", "Shown",
    "against_benchmarks", "change_between", "change_sensitivity", "cronbach_alpha", "direction", "feldt_interval",
    "icc", "item_analysis", "item_columns", "mcdonald_omega", "null_variance", "omega_from_loadings",
    "organisation_profile", "place", "position", "profile_sensitivity", "rwg", "rwg_j", "score", "spelt_as",
    "team_means", "team_profile", "team_rwg", "two_way_icc", "uniform_variance", "withhold_small_teams",
]  # fmt: skip


def __dir__() -> list[str]:
    return [name for name in __all__ if name.islower()]
