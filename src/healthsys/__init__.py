"""The package beneath *Everyday Resilience*: how health systems change, computed.

Rooms: :mod:`healthsys.climate` analyses organisational climate; each further analysis room stands beside it and
imports none of the others. What several rooms need lies in :mod:`compendium.datasets`,
:mod:`healthsys.statistics`, :mod:`healthsys.disclosure`, :mod:`compendium.tables`, :mod:`compendium.plotting`
and :mod:`everyday.ledger`. :mod:`compendium` turns notebooks into pages and imports no analysis.
"""

__version__ = "0.1.0"
