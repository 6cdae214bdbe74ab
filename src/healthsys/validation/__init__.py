"""Worked examples with sources: what a method gives where somebody else printed or computed the answer."""
