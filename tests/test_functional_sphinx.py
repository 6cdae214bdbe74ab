"""Plain Sphinx builds the book from a configuration generated from Jupyter Book settings; both build the same pages."""

import os
import subprocess
import sys

import miniature
from compendium import configuration, files


def words(path):
    """Return a built page without the addresses of scripts and styles, whose order Jupyter Book leaves to the disk."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return sorted(line.strip() for line in lines if not line.strip().startswith(("<link", "<script")))


def test_jupyter_book_builds_the_same_pages(mini, tmp_path):
    assert miniature.healthsys(mini, "build").returncode == 0
    settings = configuration.path()
    settings.unlink()
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", str(mini / "book"), "--path-output", str(tmp_path / "jb"), "-q"]
    given = {**os.environ, "SOURCE_DATE_EPOCH": files.EPOCH, "PYTHONHASHSEED": "0"}
    subprocess.run(command, check=True, capture_output=True, env=given)
    theirs, ours = tmp_path / "jb/_build/html", mini / "book/_build/work/_build/html"
    pages = sorted(path.relative_to(theirs) for path in theirs.rglob("*.html"))
    assert len(pages) > 6
    for page in pages:
        assert words(theirs / page) == words(ours / page), page


def test_the_configuration_is_written_again_when_the_settings_change(mini):
    assert configuration.write()
    assert not configuration.write()
    config = mini / "book/_config.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("title: Everyday Resilience", "title: Another", 1))
    assert configuration.write()
    values = {}
    exec(configuration.path().read_text(encoding="utf-8"), values)
    assert values["html_title"] == "Everyday Resilience", "Sphinx's own settings go before the title"
    assert values["html_css_files"][:2] == ["identity.css", "content.css"]
    assert len(values["html_css_files"]) == len(set(values["html_css_files"]))
