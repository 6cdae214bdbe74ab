"""Methods for service trends, pay gaps and equality indicators, organisational climate and coded narratives.

Each topic is a module of its own: ``from healthsys import spc, its, did, panel, queueing, climate, pay, workforce,
coding, disclosure, io, plots``. A method takes a frame or columns and returns a frozen result; ``healthsys.plots``
draws it on axes; ``healthsys.io`` reads files.
"""

__version__ = "0.1.0"
