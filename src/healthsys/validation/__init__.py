"""Worked examples whose answer somebody else reported or computed, one module per topic: ``answers() -> dict``."""
