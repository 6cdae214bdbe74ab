"""Committed aggregates against the official files from which they are computed, where those are on this machine."""

from __future__ import annotations

import pandas as pd
import pytest
from click.testing import CliRunner

from compendium import datasets
from compendium.spreadsheet import to_csv
from everyday import official
from everyday.cli import main
from real_data import files_of, original

NAMES = [one["name"] for one in datasets.package()["resources"] if "computed" in one]


def test_every_computed_data_set_has_its_command_and_the_other_way_round():
    assert sorted(official.registry()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_committed_aggregate_is_what_the_official_files_give(name, shared):
    resource = datasets.describe(name)
    files = [original(shared, entry) for entry in resource["computed"]["files"]]
    computed = pd.read_csv(pd.io.common.BytesIO(to_csv(official.compute(name, files)).encode()))
    committed = pd.read_csv(datasets.paths.data() / resource["path"])
    pd.testing.assert_frame_equal(computed, committed, rtol=1e-9, atol=1e-9)


def test_the_command_names_what_is_missing():
    said = CliRunner().invoke(main, ["data", "compute", "nothing", "--from", "x.csv"])
    assert said.exit_code == 1
    assert "no data set 'nothing' is computed from official files" in said.output


def test_the_figures_of_the_districts_are_those_of_the_collection(shared):
    for row in datasets.load("learning_site_districts").itertuples():
        table = pd.read_csv(files_of(shared, row.locator)[0], dtype=str)
        mine = table[table["name"].str.contains(row.place, na=False) & (table["geo_level"] != "subcounty")]
        if mine["variable"].str.fullmatch(r"\d{4}").any():
            mine = mine[mine["variable"] == row.period]
        (value,) = mine["value"]
        assert float(value) == row.value, (row.series, row.place)
