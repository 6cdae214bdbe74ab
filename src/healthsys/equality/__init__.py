"""Pay gaps and equality indicators: who is paid, appointed, promoted and heard.

:mod:`~healthsys.equality.pay_gap` and :mod:`~healthsys.equality.quarters` hold the statutory measures,
:mod:`~healthsys.equality.decomposition` and :mod:`~healthsys.equality.intersectional` what a gap goes with,
:mod:`~healthsys.equality.standards` and :mod:`~healthsys.equality.pipeline` the workforce standards and
recruitment, :mod:`~healthsys.equality.readers` and :mod:`~healthsys.equality.published` the gender pay gap
service's files.
"""
