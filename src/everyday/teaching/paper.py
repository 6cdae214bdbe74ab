"""What a class without computers works on: sheets of each variant with their figure, and the lecturer's sheet."""

from __future__ import annotations

import contextlib
import io
import re
from unittest import mock

from compendium import plotting, policy
from everyday.teaching import copies, pages
from everyday.teaching.checks import sitting
from everyday.teaching.modules import Module

#: Seeds of the variants of the sheets; variant A is the data that the class shares.
VARIANTS: dict[str, int | None] = {"A": None, "B": 21, "C": 35}


def variants(module: Module) -> dict[str, list[copies.Sheet]]:
    """Return the tables for a class without computers, by variant."""
    return {name: copies.sheets(module, seed=seed) for name, seed in VARIANTS.items()}


def figure(module: Module, variant: str) -> str:
    """Return the first figure of a module's notebook on squared paper, drawn from the data of a variant."""
    from everyday.synthetic import teaching as generators

    seed = VARIANTS[variant]
    frames = {} if seed is None else generators.MODULES[module.about["generator"]](seed)
    code = [cell for cell in module.read().cells if cell.cell_type == "code"]
    drawing = next(cell.source for cell in code if "figure" in cell.metadata.get("tags", []))
    space, drawn = {}, []
    with (
        sitting(frames),
        contextlib.redirect_stdout(io.StringIO()),
        mock.patch.object(plotting, "display", drawn.append),
    ):
        exec(code[0].source, space)
        exec(drawing, space)
    return squared(pages.wide(drawn[0].html))


def squared(markup: str) -> str:
    """Return a drawing on squared paper: ten units a square, for reading and drawing by hand."""
    found = re.search(r'<svg[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>', markup)
    if not found:
        return markup
    width, height = (float(one) for one in found.groups())
    lines = "".join(f"M0 {at}H{width:g}" for at in range(10, int(height), 10))
    lines += "".join(f"M{at} 0V{height:g}" for at in range(10, int(width), 10))
    grid = f'<path d="{lines}" fill="none" stroke="#b9c6ce" stroke-width="0.4"/>'
    return markup[: found.end()] + grid + markup[found.end() :]


def sheets(module: Module, variant: str, tables: list[copies.Sheet]) -> str:
    """Return what a class without computers works on, for printing: figure, tables, rules and cards of a variant."""
    parts = [f"# {module.title}: sheets {variant}", "No computer is needed. Show your working on the sheet."]
    parts += [figure(module, variant)]
    for sheet in tables:
        caption = f"{sheet.caption} (synthetic, sheets {variant})" if sheet.synthetic else sheet.caption
        rows = [list(map(str, row)) for row in sheet.table.itertuples(index=False)]
        parts.append(pages.table(caption, list(map(str, sheet.table.columns)), rows))
    return "\n\n".join(parts) + "\n"


def instructions(module: Module, tables: dict[str, list[copies.Sheet]]) -> str:
    """Return the lecturer's sheet: what to print and do, and the key of each variant."""
    keys = {
        variant: [
            [one.caption, "; ".join(f"{name}: {value}" for name, value in one.key.items())] for one in made if one.key
        ]
        for variant, made in tables.items()
    }
    asked, how = pages.tasks(module), module.about["paper"]
    return policy.rendered(
        "teaching/sheets-lecturer.md", package="everyday", title=module.title, how=how, asked=asked, keys=keys
    ).rstrip()
