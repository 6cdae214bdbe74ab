"""What appears once the book has an address, and stays away while it has none."""

import re

import pytest
import yaml

from compendium import address, finish
from compendium.errors import CompendiumError
from compendium.runs import load_runs

PAGE = (
    '<html><head><title>Gaps &#8212; Miniature</title></head><body><div class="article-header-buttons"></div>'
    '<article class="bd-article"><h1>Gaps</h1><p>The gap is 3 %, "as printed" &amp; checked by two people.</p>'
    '<a href="../files/analyses/gaps/figure-gap.png">PNG</a><div class="hs-whole-book"></div></article></body></html>'
)


def configure(root, **settings):
    path = root / "book/_config.yml"
    known = yaml.safe_load(path.read_text())
    for key, value in settings.items():
        known[key] = {**(known.get(key) or {}), **value}
    path.write_text(yaml.safe_dump(known))


def built(root):
    folder = root / "built"
    for name in ("index", "analyses/gaps", "404", "search"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = PAGE.replace("</body>", '<a href="findings.html">f</a><form action="search.html"></form></body>')
        (folder / f"{name}.html").write_text(text)
    (folder / "_static").mkdir()
    return folder


def test_without_an_address_there_is_no_launch_link_no_open_graph_and_no_sitemap(mini):
    assert (address.site(), address.repository(), address.launch("waits.ipynb")) == ("", "", {})
    folder = built(mini)
    finish.finish(folder, epoch="1767225600")
    assert "og:" not in (folder / "index.html").read_text()
    assert not (folder / "sitemap.xml").exists()


def test_only_the_search_page_loads_the_index_of_the_search(mini):
    """pydata-sphinx-theme 0.20 loads it everywhere, to search while one types."""
    folder = built(mini)
    loaded = '<script src="{}_static/searchtools.js"></script>\n<script src="{}searchindex.js"></script>'
    for name, up in (("analyses/gaps", "../"), ("search", "")):
        page = folder / f"{name}.html"
        page.write_text(page.read_text().replace("</head>", f"{loaded.format(up, up)}</head>"))
    finish.finish(folder, epoch="1767225600")
    assert ".js" not in (folder / "analyses/gaps.html").read_text()
    assert "searchtools.js" in (folder / "search.html").read_text()
    assert "searchindex.js" in (folder / "search.html").read_text()


def test_with_a_repository_each_page_has_a_link_for_feedback_and_one_to_its_source(mini):
    assert address.feedback("index") == {}
    configure(mini, repository={"url": "https://github.com/someone/book/", "branch": "main"})
    run = next(iter(load_runs().values()))
    assert address.feedback(f"analyses/{run.name}") == {
        "Feedback": f"https://github.com/someone/book/issues/new?title=Page+analyses%2F{run.name}",
        "Edit": f"https://github.com/someone/book/edit/main/notebooks/{run.notebook.name}",
    }
    assert address.feedback("index")["Edit"].endswith("/edit/main/book/index.md")
    assert list(address.feedback("reference/written")) == ["Feedback"]
    folder = built(mini)
    finish.finish(folder, epoch="1767225600")
    assert "issues/new?title=Page+index" in (folder / "index.html").read_text()


def test_one_address_of_the_repository_drives_binder(mini):
    configure(mini, repository={"url": "https://github.com/someone/book/", "branch": "release 1"})
    assert address.launch("waits.ipynb") == {
        "Binder": "https://mybinder.org/v2/gh/someone/book/release%201?labpath=notebooks%2Fwaits.ipynb"
    }


def test_a_repository_elsewhere_and_a_hub_of_one_s_own(mini):
    configure(mini, repository={"url": "https://git.example.org/health/book.git"})
    configure(mini, launch_buttons={"jupyterhub_url": "https://hub.example.org", "binderhub_url": ""})
    assert address.launch("waits.ipynb") == {
        "JupyterHub": "https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgit.example.org%2Fhealth"
        "%2Fbook.git&branch=main&urlpath=lab%2Ftree%2Fbook%2Fnotebooks%2Fwaits.ipynb"
    }
    configure(mini, launch_buttons={"jupyterhub_url": "", "binderhub_url": "https://binder.example.org"})
    assert address.launch("a.ipynb")["Binder"].startswith(
        "https://binder.example.org/v2/git/https%3A%2F%2Fgit.example.org%2Fhealth%2Fbook.git/main?"
    )


def test_what_is_no_address_is_refused_with_its_setting(mini):
    configure(mini, html={"baseurl": "example.org/book"})
    with pytest.raises(CompendiumError, match=r"html: baseurl is 'example\.org/book'.*write it in full"):
        address.site()


def test_with_an_address_the_sitemap_lists_all_pages_and_citations_have_it(mini):
    configure(mini, html={"baseurl": "https://example.org/book/"})
    folder = built(mini)
    finish.finish(folder, epoch="1767225600")
    page = (folder / "analyses/gaps.html").read_text()
    assert re.findall(r'<meta name="description" content="([^"]*)" />', page) == [
        "The gap is 3 %, &quot;as printed&quot; &amp; checked by two people."
    ]
    listed = re.findall(r"<loc>(.*?)</loc>", (folder / "sitemap.xml").read_text())
    assert listed == ["https://example.org/book/analyses/gaps.html", "https://example.org/book/index.html"]
    assert "https://example.org/book/analyses/gaps.html" in page.partition('id="cite"')[2]
