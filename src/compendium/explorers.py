"""The scripts and the style that only the pages of explorers load."""

from __future__ import annotations

#: Scripts and style of a page with an explorer, in the order in which they are loaded.
FILES = ("explore.css", "explore-draw.js", "explore-models.js", "explore.js")

#: What the page of an explorer has in it.
MARK = 'class="hs-explorer'
