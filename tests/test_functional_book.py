"""The whole book, as built: pages and runs together, no typed number, every link, every figure described."""

import re
import shutil

import nbformat
import pytest
import yaml
from lxml import html as parser

import miniature
from compendium.runs import load_runs
from miniature import PROJECT
from typed_numbers import typed_numbers

HTML = PROJECT / "book/_build/html"

#: Pages that are tables of definitions, generated listings or the log of changes: not prose about results.
NOT_PROSE = re.compile(
    r"reference/(api[a-z-]*|changelog|licences|bibliography|data-dictionary|constants|coverage)\.html|genindex|search"
)

#: A sentence with a number that is typed.
PLANTED = "The rate stands at 73.4 per thousand."


@pytest.fixture(scope="module", autouse=True)
def book():
    """The built book; `make test` builds it before, and then this finds everything up to date."""
    done = miniature.healthsys(PROJECT, "build")
    assert done.returncode == 0, done.stderr
    assert "differs from the record" not in done.stderr, done.stderr
    return HTML


def pages():
    toc = (PROJECT / "book/_toc.yml").read_text()
    return re.findall(r"(?:file|root): (\S+)", toc)


def trees():
    for name in pages():
        yield name, parser.parse(str(HTML / f"{name}.html")).getroot()


def test_every_run_has_a_page_and_every_page_of_an_analysis_a_run():
    listed = {name.removeprefix("analyses/") for name in pages() if name.startswith("analyses/")}
    assert listed == set(load_runs())


def test_the_table_of_contents_is_readable_and_every_page_is_built():
    assert yaml.safe_load((PROJECT / "book/_toc.yml").read_text())["root"] == "index"
    for name in pages():
        assert (HTML / f"{name}.html").is_file(), name


def test_no_page_states_a_number_that_is_typed():
    typed = [
        str(found)
        for name in pages()
        if not NOT_PROSE.search(f"{name}.html")
        for found in typed_numbers(HTML / f"{name}.html", name=name)
    ]
    assert not typed, "\n".join(typed)


def test_a_number_planted_in_any_section_of_any_chapter_page_is_found():
    """A paragraph more in each section, as the next test shows that a sentence of a cell becomes one."""
    planted = 0
    for path in sorted((HTML / "analyses").glob("*.html")):
        tree = parser.parse(str(path)).getroot()
        (article,) = tree.xpath("//article[contains(@class, 'bd-article')]")
        sections = [one for one in article.iter("section") if "hs-computed" not in (one.get("class") or "").split()]
        for section in sections:
            section.append(parser.fragment_fromstring(f"<p>{PLANTED}</p>"))
        found = [found.number for found in typed_numbers(parser.tostring(tree, encoding="unicode"))]
        assert found == ["73.4"] * len(sections), path.stem
        planted += len(sections)
    assert planted > 5 * len(load_runs())


def test_a_sentence_planted_in_a_cell_becomes_a_paragraph_of_each_page_of_its_notebook(tmp_path_factory):
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("planted") / "mini")
    path = root / "notebooks/waits.ipynb"
    notebook = nbformat.read(path, as_version=4)
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in prose:
        cell.source += f"\n\n{PLANTED}\n"
    nbformat.write(notebook, path)
    done = miniature.healthsys(root, "build")
    assert done.returncode == 0, done.stderr
    for name in ("waits-once", "waits-twice"):
        page = root / "book/_build/html/analyses" / f"{name}.html"
        article = "//article[contains(@class, 'bd-article')]//section"
        paragraphs = parser.parse(str(page)).getroot().xpath(f"{article}/p[normalize-space() = '{PLANTED}']")
        assert len(paragraphs) == len(prose), name
        assert [found.number for found in typed_numbers(page)] == ["73.4"] * len(prose), name


def test_every_local_link_leads_somewhere():
    roots = dict(trees())
    anchors = {name: set(tree.xpath("//@id | //a/@name")) for name, tree in roots.items()}
    broken = []
    for name, tree in roots.items():
        for link in tree.xpath("//a/@href | //img/@src | //link/@href | //script/@src"):
            if re.match(r"[a-z]+:|#$|$", link):
                continue
            path, _, anchor = link.partition("#")
            target = (HTML / name).parent.joinpath(path.partition("?")[0]).resolve() if path else HTML / f"{name}.html"
            page = target.relative_to(HTML).as_posix().removesuffix(".html") if target.is_relative_to(HTML) else ""
            if not target.is_file() or (anchor and page in anchors and anchor not in anchors[page]):
                broken.append(f"{name}: {link}")
    assert not broken, "\n".join(sorted(set(broken)))


def test_every_figure_has_alternative_text_caption_and_both_widths():
    seen = 0
    for name, tree in trees():
        for figure in tree.xpath("//figure[contains(@class, 'hs-figure')]"):
            drawings = figure.xpath(".//*[name()='svg']")
            assert len(drawings) == 2, name
            said = [one.get("aria-label") or one.xpath("string(.//*[name()='desc'])") for one in drawings]
            assert all(len(text) > 40 for text in said), f"{name}: {figure.get('id')}"
            assert figure.xpath("string(.//figcaption)").strip(), name
            seen += 1
        assert not tree.xpath("//main//img[not(@alt)]"), name
    assert seen


def test_every_table_has_header_cells():
    for name, tree in trees():
        if name.startswith("reference/api"):
            continue  # the lists of parameters that Sphinx lays out as a table
        for table in tree.xpath("//article//table"):
            assert table.xpath(".//th"), name
            assert not [cell for cell in table.xpath(".//thead//th") if not cell.text_content().strip()], name


def test_no_page_opens_with_code_and_every_analysis_ends_with_provenance():
    for name, tree in trees():
        (article,) = tree.xpath("//article[contains(@class, 'bd-article')]")
        first = article.xpath("(.//section)[1]/*")
        assert first[0].tag == "h1", name
        assert first[1].tag in ("p", "div", "ul"), name
        assert "cell" not in (first[1].get("class") or "").split(), name
        if name.startswith("analyses/"):
            assert article.xpath(".//h2")[-1].text_content().startswith("Provenance"), name


def test_no_page_names_this_machine_or_a_stray_representation():
    for name in pages():
        text = (HTML / f"{name}.html").read_text()
        assert str(PROJECT) not in text, name
        if name.startswith("reference/api"):
            continue
        for stray in ("np.float64(", "&lt;Axes", "at 0x", "vnd.healthsys", "Traceback (most recent"):
            assert stray not in text, f"{name}: {stray}"
