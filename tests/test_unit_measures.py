"""Measures of series, and the simulated coverage of intervals."""

import pandas as pd
import pytest

from healthsys.errors import DataError
from healthsys.io import measure_of
from healthsys.its import simulate


def test_measures_speak_in_their_unit():
    assert measure_of("hypertension_coverage").change(-4.26) == "−4.3 percentage points"
    assert measure_of("something", pd.Series([0.5, 0.25])).digits == 2
    assert measure_of("visits", pd.Series([120.0, 131.0])).count


def test_the_simulation_finds_what_is_known_and_repeats_with_its_seed():
    options = {"series": 60, "periods": 48, "start": 24, "rho": 0.4, "horizon": 12, "seed": 5}
    table = simulate.interval_coverage(**options)
    first = table[table["estimand"] == "level at the change"].set_index(["model", "rho"])["covered"]
    assert first["poisson", 0.4] < first["quasi_poisson", 0.0]
    assert first["ols", 0.4] < first["ols", 0.0]
    assert first["ar1_reml", 0.4] > first["newey_west", 0.4] + 0.05
    assert set(table["level"]) == {0.95}
    assert table.equals(simulate.interval_coverage(**options))
    with pytest.raises(DataError, match="8 or more on each side"):
        simulate.interval_coverage(**{**options, "start": 4})
