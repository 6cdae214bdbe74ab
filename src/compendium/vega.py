"""The one script that the explorers share: Vega, Vega-Lite and Vega-Embed in one file, which fetches nothing."""

from __future__ import annotations

from pathlib import Path

#: Name of the script among the static files of the built book.
SCRIPT = "vega.js"

#: Scripts and style of a page with an explorer, in the order in which they are loaded.
FILES = ("explore.css", SCRIPT, "explore-models.js", "explore.js")

#: What the page of an explorer has in it.
MARK = 'class="hs-explorer'

#: Notices that travel with the script.
LICENCES = Path(__file__).parent / "templates" / "vega-licences.txt"


def bundle() -> str:
    """Return the script, which sets ``vegaEmbed``; the licences of what is in it stand at its head.

    Examples
    --------
    >>> script = bundle()
    >>> script.startswith("/*!"), "window.vegaEmbed=" in script
    (True, True)
    """
    import vl_convert

    notices = LICENCES.read_text(encoding="utf-8").rstrip()
    said = f"Vega {vl_convert.get_vega_version()}, bundled by vl-convert {vl_convert.__version__}"
    # The function keeps the short names of the bundle apart from those of other scripts.
    script = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;")
    return f"/*!\n{said}\n\n{notices}\n*/\n(() => {{\n{script}\n}})();\n"


def write(built: Path) -> bool:
    """Write the script into built pages if any of them is an explorer; return whether it was written."""
    if not any(MARK in page.read_text(encoding="utf-8") for page in (built / "analyses").glob("*.html")):
        return False
    (built / "_static" / SCRIPT).write_text(bundle(), encoding="utf-8")
    return True
