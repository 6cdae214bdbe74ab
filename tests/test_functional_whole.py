"""The book as a whole: no orphan page, UK English, pages light enough, a broken reference fails the build."""

import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import codespell_lib
import pytest
from lxml import html as parser

import miniature
from miniature import PROJECT
from test_functional_book import HTML, book, pages, trees  # noqa: F401  (the fixture builds the book)

#: Most that a first visit may weigh, compressed, before images (bytes); a page with an explorer carries its script and
#: settings, and the search its index.
LIGHT, EXPLORER, SEARCH = 350_000, 500_000, 550_000

#: Most that a page itself may weigh, compressed, once the frame of the book is there; longer pages by name.
LATER = {
    "": 60_000,
    "analyses/trend-england-waits": 69_000,
    "analyses/trend-somerset-gp": 65_000,
    "reference/data-dictionary": 65_000,
}

#: American by the dictionary, but right here: nouns, words with one spelling for two senses, titles of works.
RIGHT = {
    "practice", "practices", "practiced", "specialty", "specialties", "story", "stories", "program", "programs",
    "license", "licensed", "focused", "biased", "meter", "disk", "analog", "draft", "check", "checks", "tire",
}  # fmt: skip

#: Spelt as their authors spell them.
AS_PRINTED = {"Organizational change", "Organizational culture"}


def american():
    """Words that only American English spells so, with the British spelling, from codespell's own list."""
    listed = Path(codespell_lib.__file__).parent / "data/dictionary_en-GB_to_en-US.txt"
    pairs = [line.partition("->")[::2] for line in listed.read_text(encoding="utf-8").splitlines()]
    found = {word.strip(): british for british, words in pairs for word in words.split(",") if word.strip()}
    return {word: british for word, british in found.items() if word not in {b for b, _ in pairs} | RIGHT}


def prose(tree):
    (article,) = tree.xpath("//article[contains(@class, 'bd-article')]")
    for element in article.xpath(
        ".//code | .//pre | .//script | .//style | .//math | .//details[contains(@class, 'hide')]"
        " | .//*[contains(@class, 'citation')]"
    ):
        element.drop_tree()
    text = article.text_content()
    for title in AS_PRINTED:
        text = text.replace(title, "")
    return text


def test_the_prose_is_in_uk_english():
    wrong = american()
    assert wrong["color"] == "colour"
    assert wrong["organization"] == "organisation"
    found = []
    for name, tree in trees():
        if re.match(r"reference/(api|bibliography|dependencies)", name):  # names of functions, works and packages
            continue
        for word in re.findall(r"[A-Za-z]+", prose(tree)):
            if word.lower() in wrong:
                found.append(f"{name}: {word}, in UK English {wrong[word.lower()]}")
    assert not found, "\n".join(sorted(set(found)))


def test_no_source_is_misspelt():
    listed = ["book", "notebooks", "src", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", ".github"]
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *listed], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_page_is_an_orphan():
    """Every source is in the table of contents, and every page is reached from the first one by its links."""
    written = {
        path.relative_to(PROJECT / "book").with_suffix("").as_posix()
        for path in (PROJECT / "book").rglob("*")
        if path.suffix in (".md", ".ipynb") and "_build" not in path.parts and not path.stem.endswith("-fragment")
    }
    assert written == set(pages())
    reached, waiting = set(), ["index"]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        tree = parser.parse(str(HTML / f"{name}.html")).getroot()
        for link in tree.xpath("//a/@href"):
            path = urlsplit(link)
            if path.scheme or not path.path.endswith(".html"):
                continue
            target = ((HTML / name).parent / unquote(path.path)).resolve()
            waiting.append(target.relative_to(HTML).with_suffix("").as_posix())
    assert set(pages()) <= reached, set(pages()) - reached


def test_each_function_and_class_of_the_reference_leads_to_its_source():
    for name in (name for name in pages() if name.startswith("reference/api-")):
        page = HTML / f"{name}.html"
        tree = parser.parse(str(page)).getroot()
        for documented in tree.xpath(
            "//dl[contains(@class, 'py ') and contains('py function py class', @class)]/dt[@id]"
        ):
            links = documented.xpath("a[span[@class='viewcode-link']]/@href")
            assert links, documented.get("id")
            target, _, anchor = links[0].partition("#")
            assert f'id="{anchor}"' in (page.parent / target).read_text(encoding="utf-8"), links[0]


def weight(name):
    """Return what a page loads before images, compressed: itself, scripts, styles, typefaces of its styles."""
    page = HTML / f"{name}.html"
    tree = parser.parse(str(page)).getroot()
    links = tree.xpath("//script/@src | //link[@rel='stylesheet']/@href")
    needed = {page, *((page.parent / link.partition("?")[0]).resolve() for link in links)}
    for style in [path for path in needed if path.suffix == ".css"]:
        fonts = re.findall(r"url\(([^)]+\.woff2)[^)]*\)", style.read_text(encoding="utf-8"))
        needed |= {(style.parent / font.strip("'\"")).resolve() for font in fonts}
    sizes = {
        path: path.stat().st_size if path.suffix == ".woff2" else len(gzip.compress(path.read_bytes(), 6))
        for path in needed
        if path.is_file()
    }
    return sum(sizes.values()), any(path.name == "explore.js" for path in sizes)


def test_a_page_weighs_little_once_the_frame_of_the_book_is_there():
    """What a reader loads to go on to another page: the page itself, compressed."""
    sizes = {name: len(gzip.compress((HTML / f"{name}.html").read_bytes(), 6)) for name in pages()}
    heavy = {name: size for name, size in sizes.items() if size > LATER.get(name, LATER[""])}
    assert not heavy, heavy


def test_what_is_left_out_to_be_light_has_no_colour_of_its_own_and_no_file_is_missed():
    style = (HTML / "_static/pygments.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        within = re.escape(f'html[data-theme="{theme}"] .highlight')
        (ground,) = re.findall(rf"^{within} {{.*?(color: #\w+) }}", style, re.M)
        for kind in ("n", "p", "w"):
            assert re.findall(rf"^{within} \.{kind} {{ (.*?) }}", style, re.M) == [ground], kind
    for path in HTML.glob("_static/**/*.css"):
        for wanted in re.findall(r"url\(([^)]+)\)", path.read_text(encoding="utf-8")):
            name = wanted.strip("'\"").partition("?")[0].partition("#")[0]
            assert name.startswith("data:") or not name or (path.parent / name).is_file(), (path.name, wanted)
    assert not re.search(r"[{}]\.fa-(?:sun|moon|list)", (HTML / "_static/styles/pydata-sphinx-theme.css").read_text())


def test_every_page_is_light():
    found = {name: weight(name) for name in [*pages(), "search", "404"]}
    most = {
        name: SEARCH if name == "search" else EXPLORER if explorer else LIGHT for name, (_, explorer) in found.items()
    }
    heavy = {name: size for name, (size, _) in found.items() if size > most[name]}
    assert not heavy, heavy


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("[there](gone.md)", "gone"),
        ("[there](#no-such-anchor)", "no-such-anchor"),
        ("{term}`no such term`", "no such term"),
        ("{cite:p}`nobody1900`", "nobody1900"),
        ("{ref}`no-such-label`", "no-such-label"),
    ],
)
def test_a_broken_reference_fails_the_build_and_is_named(tmp_path_factory, broken, said):
    root = shared_miniature(tmp_path_factory)
    page = root / "book/index.md"
    page.write_text(f"# Miniature\n\nA line.\n\n{broken}\n")
    done = miniature.healthsys(root, "build")
    assert done.returncode == 1, broken
    assert said in done.stderr
    assert "index" in done.stderr


def test_a_tampered_page_and_an_emptied_figure_are_found_and_built_again(tmp_path_factory):
    """Change a heading, empty a downloaded figure, drop a file, add one: verification names each, a build mends all."""
    root = tmp_path_factory.mktemp("tampered") / "mini"
    shutil.copytree(miniature.built(tmp_path_factory), root)
    html = root / "book/_build/html"
    assert miniature.healthsys(root, "build").returncode == 0
    before = {path: path.read_bytes() for path in html.rglob("*") if path.is_file()}
    page, figure = html / "index.html", next((html / "files").rglob("*.svg"))
    page.write_text(page.read_text().replace("<h1>", "<h1>Not ", 1))
    figure.write_text("<svg/>")
    gone = html / "results/waits-once.json"
    gone.unlink()
    (html / "added.html").write_text("mine")
    done = miniature.healthsys(root, "verify", "--only", "book")
    assert done.returncode == 1
    for name in ("index.html", figure.relative_to(html).as_posix(), "results/waits-once.json", "added.html"):
        assert f"book: {name}, checksum" in done.stdout + done.stderr, name
    done = miniature.healthsys(root, "build")
    assert done.returncode == 0
    assert {path: path.read_bytes() for path in html.rglob("*") if path.is_file()} == before
    assert miniature.healthsys(root, "verify", "--only", "book").returncode == 0


_MADE = []


def shared_miniature(tmp_path_factory):
    """One miniature for all broken references: its runs are executed already."""
    if not _MADE:
        _MADE.append(shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("broken") / "mini"))
    return _MADE[0]
