"""The machine that turns notebooks with parameters into pages, records and verdicts; it knows no analysis."""

import sys

# On import, jsonschema has this package compile a grammar of international web addresses, which takes seconds, wherever
# an environment happens to have it (nbgrader brings it). No schema here has such a field: it counts as not installed.
sys.modules.setdefault("rfc3987_syntax", None)
