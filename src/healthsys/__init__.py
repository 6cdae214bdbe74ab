"""The package beneath *Everyday Resilience*: how health systems change, computed.

Rooms: :mod:`healthsys.climate` analyses organisational climate; each further analysis room stands beside it and
imports none of the others. What several rooms need lies in :mod:`healthsys.datasets`,
:mod:`healthsys.statistics`, :mod:`healthsys.disclosure`, :mod:`healthsys.tables`, :mod:`healthsys.plotting`
and :mod:`healthsys.evidence`. :mod:`healthsys.publishing` turns notebooks into pages and imports no analysis.
"""

__version__ = "0.1.0"
