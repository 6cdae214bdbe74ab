"""Worked examples whose answer somebody else reported or computed, one module per topic.

>>> from healthsys.validation import spc
>>> round(float(spc.answers()["trends-p-upper"]), 6)
0.145699
"""
