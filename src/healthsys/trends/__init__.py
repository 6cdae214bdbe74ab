"""Service trends: control charts, interrupted series, controlled comparisons.

What the notebooks use stands here; the methods themselves are in the modules.
"""

from compendium.escape import prose
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
from healthsys.trends.series_checks import as_table
from healthsys.trends.study import open_study, other_charts, scored, sensitivity
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
    residual_table,
    results,
    sensitivity_table,
    sensitivity_words,
    truth_words,
    warning_words,
)

__all__ = [
    "agreement_table",
    "as_table",
    "assurance_words",
    "beside_figure",
    "beside_words",
    "capability_words",
    "caution_words",
    "chart_figure",
    "checked_sum",
    "coefficient_words",
    "coverage_figure",
    "coverage_results",
    "draw_beside",
    "draw_chart",
    "draw_coverage",
    "draw_reporting",
    "draw_residuals",
    "draw_segmented",
    "edge_table",
    "edges",
    "laid_out",
    "limit_words",
    "model_sentence",
    "open_reporting",
    "open_study",
    "other_charts",
    "prose",
    "provenance_words",
    "reporting_figure",
    "reporting_results",
    "reporting_told",
    "residual_figure",
    "residual_table",
    "results",
    "score",
    "scored",
    "segmented_figure",
    "sensitivity",
    "sensitivity_table",
    "sensitivity_words",
    "silences",
    "three_ways",
    "truth_words",
    "warning_words",
]
