"""The look of the miniature's figures."""

PALETTE = {"subject": ("--hs-series-1", "#0B6E75", "#4FB3B9")}


def theme():
    """Return matplotlib settings."""
    return {"figure.dpi": 72, "svg.fonttype": "none", "font.family": ["DejaVu Sans"]}
