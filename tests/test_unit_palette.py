"""The palette keeps the contrast that the guidelines ask for, on light and on dark paper."""

import pytest

from healthsys.plots.style import PALETTE

#: Roles that letter text, and the contrast that WCAG 2.2 asks at level AA: 4.5 for text, 3 for marks and lines.
TEXT = ("text", "quiet", "subject", "comparison", "third", "context")
MARKS = ("fourth",)


def luminance(colour):
    """Relative luminance of a colour, by the formula of WCAG 2.2."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first, second):
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_known_extremes():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("paper", [1, 2], ids=["light", "dark"])
@pytest.mark.parametrize("role", [*TEXT, *MARKS])
def test_a_role_stands_out_from_the_paper(role, paper):
    least = 4.5 if role in TEXT else 3
    assert contrast(PALETTE[role][paper], PALETTE["paper"][paper]) >= least
