"""Service trends: control charts, interrupted series, controlled comparisons, funnels and capacity.

What the notebooks use stands here; the methods themselves are in the modules.
"""

from healthsys.trends.capacity import one_more_bed, risk_curve, ward_sizes
from healthsys.trends.coverage import coverage_figure, draw_coverage, laid_out, score
from healthsys.trends.coverage import results as coverage_results
from healthsys.trends.figures import (
    beside_figure,
    chart_figure,
    draw_beside,
    draw_chart,
    draw_residuals,
    draw_segmented,
    residual_figure,
    segmented_figure,
)
from healthsys.trends.frome import by_supposed_count, changes_figure, draw_changes, implied_counts, interval_check
from healthsys.trends.frome import results as frome_results
from healthsys.trends.panels import (
    draw_event_study,
    draw_funnel,
    estimates,
    event_figure,
    funnel_figure,
    funnel_words,
    open_panel,
    permutations,
)
from healthsys.trends.panels import results as panel_results
from healthsys.trends.series_checks import as_table
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
from healthsys.trends.study import checks_of_residuals, open_study, other_charts, scored, sensitivity
from healthsys.trends.words import (
    agreement_table,
    assurance_words,
    beside_words,
    capability_words,
    caution_words,
    coefficient_words,
    limit_words,
    model_sentence,
    provenance_words,
    results,
    sensitivity_words,
    truth_words,
)

__all__ = [
    "agreement_table",
    "as_table",
    "assurance_words",
    "beside_figure",
    "beside_words",
    "by_supposed_count",
    "capability_words",
    "caution_words",
    "changes_figure",
    "chart_figure",
    "checks_of_residuals",
    "coefficient_words",
    "coverage_figure",
    "coverage_results",
    "draw_beside",
    "draw_changes",
    "draw_chart",
    "draw_coverage",
    "draw_event_study",
    "draw_funnel",
    "draw_occupancy",
    "draw_one_more",
    "draw_residuals",
    "draw_risk",
    "draw_segmented",
    "estimates",
    "event_figure",
    "frome_results",
    "funnel_figure",
    "funnel_words",
    "implied_counts",
    "interval_check",
    "laid_out",
    "limit_words",
    "model_sentence",
    "occupancy_figure",
    "occupancy_series",
    "one_more_bed",
    "one_more_figure",
    "open_panel",
    "open_study",
    "other_charts",
    "panel_results",
    "percentages",
    "permutations",
    "provenance_words",
    "residual_figure",
    "results",
    "risk_curve",
    "risk_figure",
    "score",
    "scored",
    "segmented_figure",
    "sensitivity",
    "sensitivity_words",
    "simulation_check",
    "slack_results",
    "truth_words",
    "ward_results",
    "ward_sizes",
    "ward_words",
]
