"""`healthsys report` on the official files themselves: names and points on the page, a message on a wrong file."""

import json

import test_unit_hospital as small
from miniature import PROJECT, healthsys


def report(notebook, out, **given):
    pairs = [part for name, value in given.items() for part in ("-p", f"{name}={value}")]
    return healthsys(PROJECT, "report", notebook, *pairs, "--full", "--out", str(out))


def test_a_panel_of_ones_own_shows_the_trusts_by_name(tmp_path):
    small.trusts().to_csv(tmp_path / "panel.csv", index=False)
    done = report("occupancy_four_hour", tmp_path / "out", official=tmp_path / "panel.csv", level=0.9)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "index.html").read_text()
    assert "TRUST 4" in page
    assert "figure-trust-means" in page
    assert "The source says that higher occupancy" not in page
    results = json.loads((tmp_path / "out" / "results.json").read_text())["results"]
    assert results["data_kind"]["value"].startswith("The data are your own: 9 trusts with 72 trust-quarters, 2018-19")
    assert "90% CI" in results["finding"]["value"]


def test_a_folder_of_monthly_files_shows_the_providers_by_name(tmp_path):
    (tmp_path / "files").mkdir()
    for month in ("APRIL-2024", "MAY-2024"):
        path = small.monthly(tmp_path / "files", month, "ABC")
        rows = path.read_text().splitlines()  # B and C get a major department too
        rows[2] = rows[1].replace(",A,", ",B,").replace("TRUST A", "TRUST B").replace(",40,0,1,2", ",20,0,1,2")
        rows[3] = rows[1].replace(",A,", ",C,").replace("TRUST A", "TRUST C").replace(",40,0,1,2", ",60,0,1,2")
        path.write_text("\n".join(rows) + "\n")
    done = report("four_hour_england", tmp_path / "out", providers=tmp_path / "files")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "out" / "results.json").read_text())["results"]
    assert results["providers"]["value"] == 3
    assert (results["provider_min"]["text"], results["provider_max"]["text"]) == ("44%", "80%")
    assert "TRUST B (B)" in (tmp_path / "out" / "index.html").read_text()


def test_a_panel_without_a_column_is_refused_by_name(tmp_path):
    small.trusts().drop(columns="ae_type1_pct_4hr").to_csv(tmp_path / "panel.csv", index=False)
    done = report("occupancy_four_hour", tmp_path / "out", official=tmp_path / "panel.csv")
    assert done.returncode == 1
    assert "panel.csv has no column 'ae_type1_pct_4hr'" in done.stderr
    assert not (tmp_path / "out").exists()
