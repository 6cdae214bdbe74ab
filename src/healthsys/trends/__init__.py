"""Service trends: interrupted series, controlled comparisons and capacity; charts are in :mod:`healthsys.spc`.

What the notebooks use stands here; the methods themselves are in the modules.
"""

from compendium.escape import prose
from healthsys.io.checks import as_table
from healthsys.trends.capacity import one_more_bed, risk_curve, ward_sizes
from healthsys.trends.coverage import coverage_figure, draw_coverage, laid_out, score
from healthsys.trends.coverage import results as coverage_results
from healthsys.trends.frome import by_supposed_count, changes_figure, draw_changes, implied_counts, interval_check
from healthsys.trends.frome import results as frome_results
from healthsys.trends.panels import (
    average_note,
    average_rows,
    draw_event_study,
    draw_funnel,
    estimates,
    event_figure,
    funnel_figure,
    funnel_words,
    open_panel,
    permutations,
    pre_trend_words,
)
from healthsys.trends.panels import results as panel_results
from healthsys.trends.reporting import (
    checked_sum,
    draw_reporting,
    edge_table,
    edges,
    open_reporting,
    reporting_figure,
    silences,
    three_ways,
)
from healthsys.trends.reporting import results as reporting_results
from healthsys.trends.reporting import told as reporting_told
from healthsys.trends.slack import (
    draw_occupancy,
    draw_one_more,
    draw_risk,
    occupancy_figure,
    occupancy_series,
    one_more_figure,
    percentages,
    risk_figure,
    simulation_check,
    ward_results,
    ward_words,
)
from healthsys.trends.slack import results as slack_results

__all__ = [
    "average_note",
    "average_rows",
    "by_supposed_count",
    "changes_figure",
    "checked_sum",
    "coverage_figure",
    "coverage_results",
    "draw_changes",
    "draw_coverage",
    "draw_event_study",
    "draw_funnel",
    "draw_occupancy",
    "draw_one_more",
    "draw_reporting",
    "draw_risk",
    "edge_table",
    "edges",
    "estimates",
    "event_figure",
    "frome_results",
    "funnel_figure",
    "funnel_words",
    "implied_counts",
    "interval_check",
    "laid_out",
    "occupancy_figure",
    "occupancy_series",
    "one_more_bed",
    "one_more_figure",
    "open_panel",
    "open_reporting",
    "panel_results",
    "percentages",
    "permutations",
    "pre_trend_words",
    "prose",
    "reporting_figure",
    "reporting_results",
    "reporting_told",
    "risk_curve",
    "risk_figure",
    "score",
    "silences",
    "simulation_check",
    "slack_results",
    "three_ways",
    "ward_results",
    "ward_sizes",
    "ward_words",
]
