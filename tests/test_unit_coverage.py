"""The coverage table: every concept of the sources has a row, every row leads somewhere or says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from compendium import datasets, paths

CONCEPTS = Path(__file__).resolve().parents[2] / "shared" / "source_concepts.md"


def toc_pages() -> set[str]:
    """Return every page that the table of contents names."""
    toc = yaml.safe_load((paths.book() / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    sections = [
        section["file"]
        for part in toc["parts"]
        for chapter in part["chapters"]
        for section in chapter.get("sections", [])
    ]
    return {toc["root"], *chapters, *sections}


@pytest.fixture(scope="module")
def coverage() -> pd.DataFrame:
    return datasets.load("coverage")


def test_every_page_named_is_in_the_table_of_contents(coverage):
    named = set(coverage["page"].dropna())
    lacking = sorted(named - toc_pages())
    assert not lacking, f"data/coverage.csv names pages that the book lacks: {lacking}"


def test_a_page_is_named_exactly_where_the_concept_has_one(coverage):
    has_page = coverage["page"].notna()
    wrong = coverage.loc[has_page != coverage["where"].eq("page"), "concept"].tolist()
    assert not wrong, f"where=page and a named page must go together: {wrong}"


def test_what_is_left_out_has_its_reason(coverage):
    silent = coverage.loc[coverage["where"].eq("not") & coverage["reason"].isna(), "concept"].tolist()
    assert not silent, f"no page and no reason: {silent}"


def test_every_source_of_the_book_is_covered(coverage):
    bibliography = (paths.book() / "references.bib").read_text(encoding="utf-8")
    for key in coverage["source_key"].unique():
        assert f"{{{key}," in bibliography, f"source '{key}' has no entry in book/references.bib"
    assert coverage.groupby("source_key")["source_title"].nunique().eq(1).all()


def test_every_heading_of_the_concept_list_has_a_row(coverage):
    if not CONCEPTS.is_file():
        pytest.skip("the list of concepts (../shared/source_concepts.md) is not part of the project")
    source, headings = "", set()
    for line in CONCEPTS.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"## (\w+):", line):
            source = found[1]
        elif found := re.match(r"\*\*(.+?)\.?\*\*", line):
            headings.add((source, found[1]))
    assert len(headings) > 30
    listed = coverage[coverage["reading"] == 1]
    covered = set(zip(listed["source_key"], listed["heading"], strict=True))
    assert not headings - covered, f"no row in data/coverage.csv: {sorted(headings - covered)}"
    assert not covered - headings, f"rows for headings that are not in the list: {sorted(covered - headings)}"


def test_few_concepts_are_left_out_and_each_for_a_reason_of_its_own(coverage):
    left = coverage[coverage["where"] == "not"]
    assert len(left) < 0.25 * len(coverage)
    assert left["reason"].is_unique
    assert left["reason"].str.split().str.len().ge(4).all()
