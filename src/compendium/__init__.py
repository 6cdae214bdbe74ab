"""The machine that turns notebooks with parameters into pages, records and verdicts; it knows no analysis."""
