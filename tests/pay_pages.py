"""What the pay notebooks show, executed in this process: results by name, tables by name, and all text."""

from __future__ import annotations

import dataclasses
import html
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

import in_process
from compendium import notebook as notebook_module
from compendium.runs import load_runs

_CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """The results, tables (cells as text), figures and text of an executed notebook."""

    results: dict[str, dict[str, Any]]
    tables: dict[str, pd.DataFrame]
    figures: dict[str, dict[str, Any]]
    text: str
    markup: str

    def value(self, name: str) -> Any:
        """Return the value of a result, None where it has none."""
        return self.results[name].get("value")


def shown(run: str, **parameters: Any) -> Shown:
    """Execute a run with other parameters."""
    chosen = load_runs()[run]
    markup, texts = [], []

    def laid_out(*given: Any, **options: Any) -> Any:
        found = table(*given, **options)
        markup.append(found.html)
        texts.append(html.unescape(re.sub(r"<[^>]+>", " ", found.html)))
        return found

    def said(text: str) -> Any:
        texts.append(text)
        return prose(text)

    table, prose = notebook_module.table, notebook_module.prose
    notebook_module.table, notebook_module.prose = laid_out, said
    try:
        notebook = in_process.execute(dataclasses.replace(chosen, parameters={**chosen.parameters, **parameters}))
    finally:
        notebook_module.table, notebook_module.prose = table, prose
    results, figures = {}, {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind, content in output.data.items():
                if isinstance(content, dict) and "meaning" in content:
                    results[content["name"]] = content
                elif isinstance(content, dict) and "alt" in content:
                    figures[content["name"]] = content
                elif kind == "text/html":
                    markup.append(content)
                    texts.append(html.unescape(re.sub(r"<[^>]+>", " ", content)))
                elif isinstance(content, str):
                    texts.append(content)
    tables = dict(_tables("".join(markup)))
    return Shown(results, tables, figures, re.sub(r"\s+", " ", " ".join(texts)), "".join(markup))


def _tables(markup: str):
    for name, body in re.findall(r'<div class="hs-table" id="table-([^"]+)".*?<table>(.*?)</table>', markup, re.DOTALL):
        rows = [
            [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in _CELL.findall(row)]
            for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        ]
        yield name, pd.DataFrame(rows[1:], columns=rows[0])
