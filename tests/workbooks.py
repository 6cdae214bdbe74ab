"""Small workbooks made by hand, so that no test needs a package that writes them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(path: Path, sheets: Mapping[str, list[list[Any]] | pd.DataFrame]) -> Path:
    """Write sheets of cells, or frames without their headers, as an xlsx or ods file, by the ending of its name."""
    cells = {name: pd.DataFrame(table, dtype=object).values.tolist() for name, table in sheets.items()}
    parts = _ods(cells) if path.suffix == ".ods" else _xlsx(cells)
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return path


def _xlsx(sheets: dict[str, list[list[Any]]]) -> dict[str, str]:
    def cell(value: Any) -> str:
        if pd.isna(value):
            return "<c/>"
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    numbered = list(enumerate(sheets.items(), start=1))
    rows = {n: "".join(f"<row>{''.join(map(cell, cells))}</row>" for cells in table) for n, (_, table) in numbered}
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in rows
    )
    named = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in numbered)
    linked = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in rows
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        f"{kinds}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{linked}</Relationships>',
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{text}</sheetData></worksheet>'
            for n, text in rows.items()
        },
    }


def _ods(sheets: dict[str, list[list[Any]]]) -> dict[str, str]:
    def cell(value: Any) -> str:
        if pd.isna(value):
            return "<table:table-cell/>"
        if isinstance(value, str):
            kind = 'office:value-type="string"'
            return f"<table:table-cell {kind}><text:p>{escape(value)}</text:p></table:table-cell>"
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    office = "urn:oasis:names:tc:opendocument:xmlns"
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(cell, cells))}</table:table-row>" for cells in table)
        + "</table:table>"
        for name, table in sheets.items()
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return {
        "mimetype": kind,
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        "content.xml": f'<office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet>'
        f"{tables}</office:spreadsheet></office:body></office:document-content>",
    }
