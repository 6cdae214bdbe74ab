"""The Sphinx extension of the book: numbers by reference, and formulas as MathML (nothing fetched, nothing to load).

Roles ``result``, ``param``, ``published``, ``claim`` and ``constant`` show a number by name and link to where it comes
from. A name that does not resolve is a warning, and a warning fails the build.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pybtex.plugin
from docutils import nodes
from jinja2 import FileSystemBytecodeCache
from sphinx.application import Sphinx
from sphinx.ext import viewcode
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.index_entries import split_index_msg
from sphinxcontrib.bibtex.domain import BibtexDomain

from compendium import explorers, formula, project
from compendium.errors import CompendiumError
from compendium.lookup import Lookup

ROLES = ("result", "param", "published", "claim", "constant")

logger = logging.getLogger(__name__)


class ReferenceRole(SphinxRole):
    """Show a number by name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the linked text, or a problematic node with a warning."""
        here = self.env.docname
        lookup = Lookup(Path(self.env.srcdir) / "_build" / "results")
        run = here.rpartition("/")[2]
        try:
            found = lookup.resolve(self.name, self.text.strip(), run)
            for path in lookup.files(self.name, self.text.strip(), run):
                self.env.note_dependency(str(path))
        except CompendiumError as error:
            logger.warning("{%s}`%s`: %s", self.name, self.text, error, location=self.get_location())
            return [nodes.problematic(self.text, self.text)], []
        base = "" if found.document == here else self.env.app.builder.get_relative_uri(here, found.document)
        node = nodes.reference(
            self.rawtext,
            found.text.replace(" %", "\u00a0%"),
            internal=True,
            refuri=f"{base}#{found.anchor}",
            reftitle=found.title,
            # No block has a class that begins with hs-ref: its rules would strike through the text of a line.
            classes=["hs-ref", f"hs-ref-{self.name}", *(["hs-sentence"] if found.is_sentence else [])],
        )
        return [node], []


def _inline_math(self: Any, node: nodes.math) -> None:
    self.body.append(formula.mathml(node.astext()))
    raise nodes.SkipNode


def _block_math(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math" tabindex="0">{formula.mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def _keep_comments_whole(_app: Any, what: str, _name: str, _of: Any, _options: Any, lines: list[str]) -> None:
    """Join the comment of a constant again: napoleon takes the words before its first colon for a type."""
    if what in ("attribute", "data", "property") and lines and lines[-1].startswith(":type: "):
        lines[:] = [f"{lines[-1].removeprefix(':type: ')}: {lines[0]}", *lines[1:-2]]


def _drop_unused(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out scripts and styles of what a page does not use: thebe would fetch from another site."""
    explores = explorers.MARK in context.get("body", "")
    for kind in ("script_files", "css_files"):
        context[kind] = [entry for entry in context.get(kind, []) if _used(entry, explores=explores)]


def _used(entry: Any, *, explores: bool) -> bool:
    """Say whether a page needs a script or style; Jupyter Book adds every file of ``_static`` to every page."""
    name = f"{getattr(entry, 'filename', entry)}"
    if name.rpartition("/")[2] in explorers.FILES:
        return explores and (name.endswith(".css") or "defer" in entry.attributes)
    return "thebe" not in f"{name}{getattr(entry, 'attributes', '')}".lower()


def _add_explorer(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the scripts of the explorers, in order and after the page, where there is one."""
    if explorers.MARK in context.get("body", ""):
        for name in explorers.FILES:
            if name.endswith(".js"):
                app.add_js_file(name, loading_method="defer")


def _share_menus(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Resolve the menu once for all pages of a folder that are in no menu (sources of modules, indices, search).

    It marks none of them as the current page, and its links depend on the folder alone.
    """
    if pagename in app.env.found_docs or "toctree" not in context:
        return
    resolve, menus, folder = context["toctree"], app.compendium_menus, pagename.rpartition("/")[0]

    def menu(**asked: Any) -> str:
        key = (folder, *sorted(asked.items()))
        if key not in menus:
            menus[key] = resolve(**asked)
        return menus[key]

    context["toctree"] = menu


def _mend_roles(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give entries of the bibliography the role of list items: docutils gives one that ARIA has withdrawn."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def _share_figure(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Name the first figure of a page as its image on other sites, where the book has an address."""
    site = getattr(app.config, "ogp_site_url", "")
    figure = re.search(rf'href="[./]*(files/{re.escape(pagename)}/figure-[a-z0-9-]+\.png)"', context.get("body", ""))
    if site and figure:
        context["meta"] = {**(context.get("meta") or {}), "og:image": f"{site}{figure[1]}"}


def _own_pages(app: Sphinx, config: Any) -> None:
    """Add our templates and how the search ranks.

    Launching is left to the pages: the theme would open a notebook that only the build has.
    """
    templates = Path(__file__).parent / "templates"
    config.templates_path.append(str(templates))
    if "notfound.extension" not in config.extensions:
        config.html_additional_pages["404"] = "missing.html"
    config.numfig = False  # nothing is numbered by Sphinx, which would read every page to find that out
    config.html_search_scorer = str(templates / "scorer.js")
    config.html_theme_options = {**config.html_theme_options, "launch_buttons": {}}


def _keep_index_entries(app: Sphinx) -> list[Any]:
    """Give the search the index entries of pages that were not written now: Sphinx keeps only those it just wrote."""
    indexer = getattr(app.builder, "indexer", None)
    for document, entries in app.env.domaindata["index"]["entries"].items():
        if indexer and document not in indexer._index_entries and document in indexer._titles:
            words = {
                (word, target or "", main)
                for kind, value, target, main, _ in entries
                for word in split_index_msg(kind, value)
            }
            indexer._index_entries[document] = sorted(words)
    if indexer:  # by page, as in a cold build, whichever were written now
        indexer._index_entries = dict(sorted(indexer._index_entries.items()))
    for words in (indexer._mapping, indexer._title_mapping) if indexer else ():
        for word in [word for word, documents in words.items() if not documents]:  # of a page as it was before
            del words[word]
    return []


def _write_menus(app: Sphinx, env: Any) -> list[str]:
    """Write every page and listing again where a title has changed: the menu of each one has them all."""
    titles = {name: node.astext() for name, node in env.titles.items()}
    before, env.compendium_titles = getattr(env, "compendium_titles", titles), titles
    if before == titles:
        return []
    for listing in Path(app.outdir, "_modules").rglob("*.html"):
        listing.unlink()
    return sorted(titles)


def _list_used(app: Sphinx, env: Any) -> list[str]:
    """Forget the modules that no page documents: Sphinx does so whenever it reads a page, but not after the last."""
    modules = getattr(env, "_viewcode_modules", {})
    for name in [name for name, found in modules.items() if found and not found[2]]:
        del modules[name]
    return []


def _forget_pages(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Remove what was written of pages that are no longer there; Sphinx leaves it."""
    for name in removed:
        Path(app.outdir, f"{name}.html").unlink(missing_ok=True)
    return []


def _forget_modules(app: Sphinx, error: Exception | None) -> None:
    """Remove the listings of modules that no page documents any more, and the indices where there is none."""
    if error:
        return
    documented = {name for name, found in getattr(app.env, "_viewcode_modules", {}).items() if found}
    listings = Path(app.outdir, "_modules")
    for page in listings.rglob("*.html"):
        name = ".".join(page.relative_to(listings).with_suffix("").parts)
        if name not in documented and not (name == "index" and documented):
            page.unlink()
    if not app.env.domaindata["py"]["modules"]:
        Path(app.outdir, "py-modindex.html").unlink(missing_ok=True)


def _module_file(app: Sphinx, module: str) -> str | None:
    """Return the file of a module; viewcode's own function imports the module's package, which takes seconds."""
    package, *parts = module.split(".")
    for folder in project.folders():
        place = folder.joinpath(*parts)
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if folder.name == package and path.is_file():
                return str(path)
    return None


#: How a bibliography is formatted, and how its styles are found, without what :func:`setup` puts before them.
_format_entries, _find_plugin = BibtexDomain.get_formatted_entries, functools.cache(pybtex.plugin.find_plugin)


def _formatted_once(domain: BibtexDomain, key: Any, documents: list[str], *options: Any) -> Iterable[Any]:
    """Format a bibliography only where what it lists has changed: it takes longer than reading a page."""
    bibliography, known = domain.bibliographies[key], domain.data.setdefault("compendium_formatted", {})
    entries = list(domain.get_sorted_entries(key, documents))
    made_from = [bibliography.style, bibliography.labelprefix, options, entries]
    if key not in known or known[key][0] != made_from:
        known[key] = made_from, list(_format_entries(domain, key, documents, *options))
    return known[key][1]


def _keep_templates(app: Sphinx) -> None:
    """Keep compiled templates from build to build, beside what Sphinx has read."""
    folder = Path(app.doctreedir).parent / "templates"
    folder.mkdir(exist_ok=True)
    app.builder.templates.environment.bytecode_cache = FileSystemBytecodeCache(str(folder))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register roles and the MathML renderer."""
    viewcode.get_module_filename = _module_file
    BibtexDomain.get_formatted_entries, pybtex.plugin.find_plugin = _formatted_once, _find_plugin
    app.compendium_menus = {}
    for name in ROLES:
        app.add_role(name, ReferenceRole())
    app.connect("autodoc-process-docstring", _keep_comments_whole, priority=900)
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    app.connect("env-get-outdated", _forget_pages)
    app.connect("env-updated", _write_menus)
    app.connect("env-updated", _list_used)
    app.connect("html-page-context", _add_explorer)
    app.connect("html-page-context", _share_figure, priority=400)
    app.connect("html-page-context", _share_menus, priority=400)  # before the theme writes what it uses
    app.connect("config-inited", _own_pages, priority=900)
    app.connect("builder-inited", _keep_templates)
    app.connect("html-collect-pages", _keep_index_entries)
    app.connect("html-page-context", _drop_unused, priority=900)
    app.connect("html-page-context", _mend_roles)
    app.connect("build-finished", _forget_modules)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
