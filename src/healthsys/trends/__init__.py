"""Service trends: control charts, interrupted series, controlled comparisons, funnels and capacity."""
