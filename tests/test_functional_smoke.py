"""One build from nothing: two runs executed, their pages built. `make check` runs this whatever has changed."""

import json

import miniature


def test_the_first_build_executes_every_run_and_finds_no_record(tmp_path_factory):
    said = json.loads(miniature.built(tmp_path_factory).with_name("said.json").read_text())
    assert said["returncode"] == 0
    assert "runs: 2 executed, 0 unchanged, 0 failed" in said["stdout"]
    assert "there is no published record of waits-once" in said["stderr"]


def test_a_page_shows_what_its_run_found(tmp_path_factory):
    page = miniature.built(tmp_path_factory) / "book/_build/html/analyses/waits-twice.html"
    assert ">27.00 days</a>" in page.read_text(encoding="utf-8")
