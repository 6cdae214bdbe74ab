"""Pay gaps: who is paid what.

:mod:`~healthsys.equality.pay_gap` and :mod:`~healthsys.equality.quarters` hold the statutory measures,
:mod:`~healthsys.equality.decomposition` and :mod:`~healthsys.equality.intersectional` what a gap goes with,
:mod:`~healthsys.equality.readers` and :mod:`~healthsys.equality.published` the gender pay gap service's files.
"""
