"""Control charts in exact fractions: what every comparison of the package must agree with.

Written from the rules as published, window by window, and not from the package's code. Values are whole tenths, so that
nothing is rounded anywhere; only Laney's spread needs roots, taken to fifty digits.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

LIMIT, SCREEN = Fraction(266, 100), Fraction(3267, 1000)


def usual(known):
    """Return the value that more than half of the points share."""
    for value in set(known):
        if 2 * known.count(value) > len(known):
            return value
    return None


def runs(values, length, same):
    """Mark the members of every window of neighbouring points that ``same`` accepts."""
    marked = set()
    for start in range(len(values) - length + 1):
        window = values[start : start + length]
        if None not in window and same(window):
            marked.update(range(start, start + length))
    return marked


def signals(values, centre, beyond, near, level, *, trend_length, shift_length):
    """Return the first rule that each point breaks; ``beyond`` and ``near`` say how far out a position lies."""
    n = len(values)
    trend = runs(values, trend_length, lambda w: all(a < b for a, b in pairwise(w)))
    trend |= runs(values, trend_length, lambda w: all(a > b for a, b in pairwise(w)))
    shift = runs(values, shift_length, lambda w: all(v > level for v in w) or all(v < level for v in w))
    two = set()
    for start in range(n - 2):
        window = values[start : start + 3]
        if None in window or not (all(v > centre for v in window) or all(v < centre for v in window)):
            continue
        close = [place for place in range(start, start + 3) if near(place) and not beyond(place)]
        two.update(close if len(close) >= 2 else [])
    found = []
    for place in range(n):
        if values[place] is None:
            found.append("")
        elif beyond(place):
            found.append("outside limits")
        elif place in trend:
            found.append("trend")
        elif place in two:
            found.append("two of three")
        else:
            found.append("shift" if place in shift else "")
    return found


def xmr(tenths, *, screen, baseline=None, rebase=(), exclude=(), trend_length=7, shift_length=7):
    """Return the signals of an XmR chart of whole tenths (None where missing)."""
    values = [None if one is None or place in exclude else Fraction(one, 10) for place, one in enumerate(tenths)]
    edges = [0, *sorted(set(rebase)), len(values)]
    found = []
    for number, (start, stop) in enumerate(pairwise(edges)):
        part = values[start:stop]
        base = part[:baseline] if number == 0 and baseline else part
        known = [one for one in base if one is not None]
        ranges = [abs(b - a) for a, b in pairwise(base) if a is not None and b is not None]
        mean, most = sum(known) / len(known), usual(known)
        mean_range = sum(ranges) / len(ranges)
        if screen and mean_range:
            kept = [one for one in ranges if one < SCREEN * mean_range]
            smaller = sum(kept) / len(kept)
            if smaller and (most is None or LIMIT * smaller >= abs(most - mean)):
                mean_range = smaller
        half = LIMIT * mean_range
        found += signals(
            part,
            mean,
            lambda place, part=part, mean=mean, half=half: part[place] is not None and abs(part[place] - mean) > half,
            lambda place, part=part, mean=mean, half=half: (
                part[place] is not None and abs(part[place] - mean) > half * Fraction(2, 3)
            ),
            mean if most is None else most,
            trend_length=trend_length,
            shift_length=shift_length,
        )
    return found


def attribute(events, sizes, *, kind, laney):
    """Return the signals of a p, u, p′ or u′ chart of whole numbers (a size of 0 has no point)."""
    values = [Fraction(a, n) if n else None for a, n in zip(events, sizes, strict=True)]
    known = [one for one in values if one is not None]
    centre = Fraction(sum(a for a, n in zip(events, sizes, strict=True) if n), sum(sizes))
    spread = centre * (1 - centre) if kind == "p" else centre
    with localcontext() as context:
        context.prec = 60

        def decimal(fraction):
            return Decimal(fraction.numerator) / Decimal(fraction.denominator)

        sigma = Decimal(1)
        if laney and spread:
            z = [
                None if value is None else decimal(value - centre) / decimal(spread / n).sqrt()
                for value, n in zip(values, sizes, strict=True)
            ]
            ranges = [abs(b - a) for a, b in pairwise(z) if a is not None and b is not None]
            sigma = sum(ranges) / len(ranges) / Decimal("1.128") if any(ranges) else Decimal(1)

        def further(place, standard_errors):
            if values[place] is None:
                return False
            half = decimal(spread / sizes[place]).sqrt() * sigma * standard_errors
            return decimal(abs(values[place] - centre)) - half > Decimal("1e-40")

        most = usual(known)
        return signals(
            values,
            centre,
            lambda place: further(place, 3),
            lambda place: further(place, 2),
            centre if most is None else most,
            trend_length=7,
            shift_length=7,
        )


def run_chart(tenths):
    """Return useful points, longest run and crossings of the median, or None where fewer than two lie off it."""
    known = sorted(Fraction(one, 10) for one in tenths if one is not None)
    if not known:
        return None
    median = (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2
    side = [Fraction(one, 10) > median for one in tenths if one is not None and Fraction(one, 10) != median]
    if len(side) < 2:
        return None
    longest = run = 1
    for before, after in pairwise(side):
        run = run + 1 if before == after else 1
        longest = max(longest, run)
    return len(side), longest, sum(before != after for before, after in pairwise(side))
