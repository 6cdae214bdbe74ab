"""Committed aggregates against the official files from which they are computed, where those are on this machine."""

from __future__ import annotations

import pandas as pd
import pytest
from click.testing import CliRunner

from compendium import datasets
from compendium.spreadsheet import to_csv
from everyday import official
from everyday.cli import main
from real_data import original

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
