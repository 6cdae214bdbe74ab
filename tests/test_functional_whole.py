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

#: Most that a page may weigh, compressed, before images (bytes); one with an explorer carries its bundle.
LIGHT, EXPLORER = 1_000_000, 1_400_000

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
    return sum(sizes.values()), any("vega" in path.name for path in sizes)


def test_every_page_is_light():
    found = {name: weight(name) for name in [*pages(), "search", "404"]}
    heavy = {name: size for name, (size, explorer) in found.items() if size > (EXPLORER if explorer else LIGHT)}
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


_MADE = []


def shared_miniature(tmp_path_factory):
    """One miniature for all broken references: its runs are executed already."""
    if not _MADE:
        _MADE.append(shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("broken") / "mini"))
    return _MADE[0]
