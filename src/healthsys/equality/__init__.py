"""Equality indicators: who is appointed, promoted and heard; the explorer of a pay gap.

:mod:`~healthsys.equality.standards` and :mod:`~healthsys.equality.pipeline` hold the workforce standards and
recruitment.
"""
