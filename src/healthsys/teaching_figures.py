"""One figure for each teaching notebook: what the data look like before anything is computed."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from healthsys import plotting


def show_team_scores(survey: pd.DataFrame, *, dimension: str, label: str) -> None:
    """Show each person's score on a dimension by team.

    Parameters
    ----------
    survey
        Answers with the columns ``team`` and ``<dimension>_<n>``. Teams of fewer than five people are left out.
    dimension, label
        The dimension and what to call it.
    """
    items = [column for column in survey.columns if column.startswith(f"{dimension}_")]
    scores = pd.DataFrame({"team": survey["team"], "score": 100 * survey[items].astype(float).mean(axis=1)}).dropna()
    size = scores["team"].value_counts()
    scores = scores[scores["team"].isin(size.index[size >= 5])].reset_index(drop=True)
    means = scores.groupby("team")["score"].mean().sort_values()
    plotting.show(
        _draw_groups,
        scores,
        list(means.index),
        f"{label}, points on 0–300",
        name="team-scores",
        caption=f"{label}: each person's score, and the mean of each team of five people or more. Synthetic data.",
        alt=f"{label} by team. The team means run from {means.iloc[0]:.0f} in {means.index[0]} to "
        f"{means.iloc[-1]:.0f} in {means.index[-1]}.",
        drawn=scores,
    )


def _draw_groups(scores: pd.DataFrame, order: list[str], label: str, *, width: int) -> Figure:
    figure, axes = plotting.canvas(width, 60 + 42 * len(order))
    for at, name in enumerate(order):
        values = scores.loc[scores["team"] == name, "score"]
        axes.plot(values, [at] * len(values), linestyle="none", **plotting.marker("synthetic"))
        axes.plot([values.mean()] * 2, [at - 0.3, at + 0.3], color=plotting.COLOUR["text"], linewidth=2)
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.set_xlabel(label)
    return figure
