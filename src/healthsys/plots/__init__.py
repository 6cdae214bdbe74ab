"""Plots of the methods' results: ``plot_x(result, *, ax) -> ax``, drawn in one palette.

Each topic has a module of its own (``healthsys.plots.spc``, ...), so that a change of one plot does not concern the
others. :mod:`healthsys.plots.style` holds the palette and the marks.
"""
