"""What the tables of the workforce standards and of recruitment may hold; each refusal names the cell."""

from __future__ import annotations

import pytest

from healthsys.equality.pages import talent, workforce
from healthsys.errors import DataError


def test_a_process_without_a_group_is_named(shared):
    files = {name: str(shared / f"cases/own_data/wres_{name}.csv")
             for name in ("staff", "recruitment", "processes", "survey", "boards")}  # fmt: skip
    with pytest.raises(DataError, match=r"wr_nobme\.csv: column 'group' has no row 'BME' for the process disciplinary"):
        workforce.open_page("WRES", files=files | {"processes": str(shared / "cases/own_data/wr_nobme.csv")})
    other = workforce.open_page("WRES", files=files | {"staff": str(shared / "cases/own_data/wr_org_staff.csv")})
    assert other.representation["base"].iloc[-1] != "*"


def test_a_characteristic_that_nobody_counted_is_named(shared):
    with pytest.raises(DataError, match=r"no characteristic 'age'. There are: ethnicity, disability, sex"):
        talent.open_page(str(shared / "cases/own_data/ta_missingstage.csv"), characteristic="age")
