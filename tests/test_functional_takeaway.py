"""What a page offers to take home: every link leads to a file, and the file says what its source says."""

import csv
import io
import json
import re
import zipfile

import nbformat
import pytest
from lxml import html as parser

from compendium import cite, datasets, finish, portable
from compendium.files import EPOCH
from compendium.runs import load_runs
from miniature import PROJECT
from test_functional_book import HTML, book, pages  # noqa: F401  (the fixture builds the book)

RUNS = load_runs()


def tree_of(name):
    return parser.parse(str(HTML / f"{name}.html"), parser.HTMLParser(encoding="utf-8")).getroot()


def offered(name):
    """Every link of a page to a file, as the file it leads to."""
    links = tree_of(name).xpath("//article//a[@download]/@href")
    return [(HTML / name).parent.joinpath(link).resolve() for link in links]


def figures_of(run):
    executed = nbformat.read(PROJECT / f"book/_build/executed/{run}.ipynb", as_version=4)
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get("application/vnd.healthsys.figure+json")
            if record:
                yield record


def read_csv(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", pages())
def test_every_file_that_a_page_offers_is_there_and_is_not_empty(name):
    missing = [str(path) for path in offered(name) if not path.is_file() or not path.stat().st_size]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("run", RUNS)
def test_a_page_offers_its_data_notebook_and_results_as_they_are(run):
    found = set(offered(f"analyses/{run}"))
    for name in RUNS[run].data:
        path = datasets.describe(name)["path"]
        assert (HTML / "data" / path) in found, f"{run} does not offer {name}"
        assert (HTML / "data" / path).read_bytes() == (PROJECT / "data" / path).read_bytes()
    for copy, source in (
        (HTML / "notebooks" / RUNS[run].notebook.name, RUNS[run].notebook),
        (HTML / f"results/{run}.json", PROJECT / f"book/_build/results/{run}.json"),
    ):
        assert copy in found, copy
        assert copy.read_bytes() == source.read_bytes()
    run_here = HTML / f"executed/{run}.ipynb"
    assert run_here in found
    pair = [nbformat.read(path, as_version=4) for path in (run_here, PROJECT / f"book/_build/executed/{run}.ipynb")]
    shown, made = ([cell for cell in one.cells if cell.cell_type == "code"] for one in pair)
    assert shown == made, "outputs as they are"
    text = "".join(cell.source for cell in pair[0].cells if cell.cell_type == "markdown"
                   and not any(tag.startswith("if-") for tag in cell.metadata.get("tags", [])))  # fmt: skip
    assert not re.search(r"\{(result|published|param|constant|cite:p)\}`", text), "its text shows values"
    results = json.loads((HTML / f"results/{run}.json").read_text())["results"]
    lines = read_csv(HTML / f"files/analyses/{run}/results.csv")
    assert [line[0] for line in lines[1:]] == list(results)


@pytest.mark.parametrize("run", RUNS)
def test_every_figure_is_there_as_svg_png_and_the_data_it_draws(run):
    folder, found = HTML / f"files/analyses/{run}", set(offered(f"analyses/{run}"))
    ids = tree_of(f"analyses/{run}").xpath("//figure/@id")
    records = list(figures_of(run))
    assert [f"figure-{record['name']}" for record in records] == [name for name in ids if name.startswith("figure-")]
    for record in records:
        stem = folder / f"figure-{record['name']}"
        assert {stem.with_suffix(kind) for kind in (".svg", ".png", ".csv")} <= found
        lines = read_csv(stem.with_suffix(".csv"))
        assert lines[0] == record["columns"]
        assert len(lines) - 1 == len(record["rows"])
        drawing = parser.etree.parse(str(stem.with_suffix(".svg"))).getroot()
        assert "var(" not in stem.with_suffix(".svg").read_text(), "colours of a drawing that stands alone are values"
        width, height = (int(float(size)) for size in drawing.get("viewBox").split()[2:])
        png = stem.with_suffix(".png").read_bytes()
        assert png[:4] == b"\x89PNG"
        assert int.from_bytes(png[16:20], "big") == 2 * width
        assert abs(int.from_bytes(png[20:24], "big") - 2 * height) <= 2


def test_every_computed_table_has_an_anchor_and_its_csv_says_what_is_shown():
    seen = 0
    for name in pages():
        found = "//div[contains(@class, 'hs-table') and .//caption and not(ancestor::figure)]"
        for table in tree_of(name).xpath(found):
            anchor = table.get("id")
            assert anchor, f"{name}: a table has no anchor"
            if name == "index":
                continue  # a copy of the table on the page of the evidence
            lines = read_csv(HTML / f"files/{name}/{anchor}.csv")
            shown = [
                [" ".join(cell.text_content().split()) for cell in row.xpath("./th | ./td")] for row in table.iter("tr")
            ]
            assert len(lines) == len(shown), f"{name}#{anchor}"
            for line, row in zip(lines, shown, strict=True):
                assert [plain(cell) for cell in line] == [plain(cell) for cell in row], f"{name}#{anchor}"
            seen += 1
    assert seen > 100


def plain(cell):
    """A cell without what a spreadsheet needs otherwise: thousands commas, the sign, the mark for nothing."""
    cell = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", cell.removeprefix("'")).replace("−", "-")
    return "" if cell == "–" else cell


def test_no_cell_of_a_file_for_spreadsheets_is_a_formula():
    for path in HTML.glob("files/**/*.csv"):
        for line in read_csv(path):
            for cell in line:
                assert not re.match(r"[=@\t\r]|[+-](?![\d.])", cell), f"{path}: {cell}"


def test_the_zip_holds_the_whole_book_as_it_is_but_for_its_own_button():
    with zipfile.ZipFile(HTML / portable.file_name()) as packed:
        inside = {name.partition("/")[2]: packed.read(name) for name in packed.namelist()}
        assert {name.partition("/")[0] for name in packed.namelist()} == {portable.folder()}
    there = {path.relative_to(HTML).as_posix() for path in HTML.rglob("*") if path.is_file()}
    assert set(inside) == there - {portable.file_name(), "sitemap.xml"}
    for name, content in inside.items():
        if name.endswith(".html"):
            assert portable.file_name().encode() not in content, name
        else:
            assert content == (HTML / name).read_bytes(), name


def test_the_button_says_the_size_of_the_zip_on_every_page():
    said = f"zip, {portable.in_words((HTML / portable.file_name()).stat().st_size)}"
    for name in pages():
        (button,) = tree_of(name).xpath("//a[contains(@class, 'hs-book')]")
        assert said in button.get("aria-label"), name
    assert said in tree_of("index").xpath("string(//p[contains(@class, 'hs-whole-book')]/a)")


def test_equal_pages_give_an_equal_zip(tmp_path):
    for copy in ("one", "two"):
        folder = tmp_path / copy
        for name in ("index.html", "data/a.csv", "figure.png"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name * 50)
        portable.write(folder, epoch=EPOCH)
    first, second = (tmp_path / copy / portable.file_name() for copy in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_a_zip_made_with_the_help_of_the_last_one_is_that_made_without(tmp_path):
    """Changed, new, removed, moved, stored and empty files; a last zip that is damaged or not as noted is not used."""
    notes, last = tmp_path / "notes.json", tmp_path / "last" / portable.file_name()

    def written(name, contents, **given):
        for path, content in contents.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content)
        portable.write(tmp_path / name, epoch=EPOCH, **given)
        return (tmp_path / name / portable.file_name()).read_bytes()

    before = {"a.html": b"one " * 99, "é/b.csv": b"1\n" * 50, "c.png": b"\x89PNG" * 9, "d.css": b"", "e.js": b"x" * 70}
    after = {"a.html": b"two " * 99, "é/b.csv": b"1\n" * 50, "c.png": b"\x89PNG" * 9, "d.css": b"", "f.js": b"x" * 70}
    written("last", before, notes=notes)
    noted = notes.read_text()
    plain = written("plain", after)
    assert written("helped", after, last=last, notes=notes) == plain
    assert notes.read_text() != noted
    with zipfile.ZipFile(tmp_path / "helped" / portable.file_name()) as packed:
        assert packed.testzip() is None
    notes.write_text(noted)
    last.write_bytes(last.read_bytes().replace(b"\x89PNG", b"\x89PNX"))
    assert written("damaged", after, last=last, notes=notes) == plain


def test_every_page_has_its_own_title_description_and_citation():
    titles, descriptions = {}, {}
    for name in pages():
        text = (HTML / f"{name}.html").read_text(encoding="utf-8")
        tree = parser.fromstring(text)
        titles[name] = tree.xpath("string(//title)")
        (descriptions[name],) = tree.xpath("//meta[@name='description']/@content")
        assert 20 <= len(descriptions[name]) <= finish.DESCRIPTION + 2, name
        said = tree.xpath("string(//details[@id='cite'])")
        assert cite.sentence(name, finish.title_of(text)) in said, name
        assert cite.bibtex(name, finish.title_of(text)) in said, name
        assert cite.about()["version"] in said
        assert "og:" not in text, "no address is configured"
    assert len(set(titles.values())) == len(titles)
    assert [name for name in descriptions if list(descriptions.values()).count(descriptions[name]) > 1] == []
    assert not (HTML / "sitemap.xml").exists()


def test_every_entry_of_the_bibliography_files_has_balanced_braces():
    for name in pages():
        entry = cite.bibtex(name, finish.title_of((HTML / f"{name}.html").read_text(encoding="utf-8")))
        assert entry.count("{") == entry.count("}")
        assert re.match(r"@misc\{[a-z0-9-]+[\w.-]*,\n", entry), entry
