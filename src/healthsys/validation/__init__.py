"""Worked examples whose answer somebody else printed or computed, one module per topic: ``answers() -> dict``."""
