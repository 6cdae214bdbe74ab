"""Stand-in until branch r-its is merged: take its ``healthsys/its/__init__.py`` instead of this one."""

from healthsys.trends.interrupted import controlled, design, season_terms, segmented
from healthsys.trends.regression import COUNT_MODELS, DEFAULT_MODEL, MODEL_NAMES

__all__ = ["COUNT_MODELS", "DEFAULT_MODEL", "MODEL_NAMES", "controlled", "design", "season_terms", "segmented"]
