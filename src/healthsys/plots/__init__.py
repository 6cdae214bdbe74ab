"""Plots of the methods' results: ``plot_x(result, *, ax) -> ax``, drawn in one palette.

Each topic has a module of its own, so that a change of one plot does not concern the others, and each plot has its
alternative text next to it. :mod:`healthsys.plots.style` holds the palette and the marks.

>>> import pandas as pd
>>> from matplotlib.figure import Figure
>>> from healthsys import spc
>>> from healthsys.plots.spc import alt_chart, plot_chart
>>> weeks = pd.date_range("2024-01-01", periods=13, freq="7D")
>>> chart = spc.xmr([31, 34, 30, 33, 32, 35, 31, 33, 34, 32, 33, 31, 52], periods=weeks, baseline=12)
>>> ax = plot_chart(chart, title="Waits (days)", ax=Figure().subplots())
>>> alt_chart(chart, subject="waits").partition(":")[0]
'Control chart of waits'
"""


def __dir__() -> list[str]:
    """List the topics that have plots."""
    return ["climate", "coding", "did", "its", "pay", "queueing", "series", "spc", "style", "workforce"]
