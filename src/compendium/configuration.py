"""The configuration of plain Sphinx, generated from the book's ``_config.yml`` and ``_toc.yml``.

Jupyter Book turns its own settings into settings of Sphinx; they are written to ``book/conf.py`` once for each change,
so that a build calls Sphinx alone and anybody can build the book with ``sphinx-build book OUT``.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import io
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from compendium import address, cite, files, paths
from compendium.errors import RunError

#: What stands first in the generated file; the package comes before all extensions, as it keeps a slow import away.
_HEAD = (
    "import compendium\n\n"
    "# Generated from _config.yml by compendium.configuration; change that file, not this one. "
)


def path() -> Path:
    """Return where the configuration is."""
    return paths.book() / "conf.py"


def write() -> bool:
    """Write the configuration if the settings, the table of contents or Jupyter Book have changed; return whether."""
    key = _HEAD + _key()
    if path().is_file() and path().read_text(encoding="utf-8").startswith(f"{key}\n"):
        return False
    from jupyter_book.config import get_final_config

    settings, _ = get_final_config(
        user_yaml=paths.book() / "_config.yml",
        sourcedir=paths.book(),
        cli_config={"latex_individualpages": False},  # asked for without looking whether it is there
    )
    asked = files.settings(paths.book() / "_config.yml").get("sphinx", {}).get("config", {})
    for name in ("html_css_files", "html_js_files"):  # Jupyter Book adds what it finds, in the order of the disk
        first = asked.get(name, [])
        settings[name] = [*first, *sorted(set(settings.get(name, [])) - set(first))]
    return files.write_whole(path(), f"{key}\n{text({**settings, **_published(settings)})}")


def _published(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what a book with an address has besides: Open Graph, and a 404 page whose links work at any depth."""
    site = address.site()
    if not site:
        return {}
    return {
        "extensions": [*settings["extensions"], "sphinxext.opengraph", "notfound.extension"],
        "html_baseurl": f"{site}/",
        "ogp_site_url": f"{site}/",
        "ogp_site_name": cite.short_title(),
        "ogp_type": "article",
        "ogp_enable_meta_description": False,  # the page says it in whole sentences
        "ogp_social_cards": {"enable": False},  # the image is a figure of the page
        "notfound_template": "missing.html",
        "notfound_urls_prefix": f"{urlsplit(site).path}/",
    }


def text(settings: dict[str, Any]) -> str:
    """Return settings of Sphinx as the text of a ``conf.py``.

    >>> text({"html_title": "A book", "author": "B"})
    "author = 'B'\\nhtml_title = 'A book'\\n"
    """
    return "".join(f"{name} = {value!r}\n" for name, value in sorted(settings.items()))


def _key() -> str:
    digest = hashlib.sha256(f"{metadata.version('jupyter-book')} {sys.version_info[:2]}".encode())
    for name in ("_config.yml", "_toc.yml"):
        digest.update((paths.book() / name).read_bytes())
    return digest.hexdigest()


def build(work: Path, *, epoch: str, written: Callable[[], None] | None = None) -> str:
    """Build the pages below a folder, as Jupyter Book lays it out, and return the warnings and errors, if any.

    An unresolved reference is a warning. Whatever asks for the date gets ``epoch``, in seconds since 1970. A warning
    comes only when a page is read or written, so after one the next build reads again the pages of this one.
    ``written`` is called when the pages are there without a warning, before the indices and the search.
    """
    from sphinx.application import Sphinx
    from sphinx.util import console
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said, book, made, touched = io.StringIO(), paths.book(), work / "_build", set[str]()
    console.nocolor()
    begun = work / "begun"
    if begun.is_file():  # and never ended: what was said of the pages read then is lost
        shutil.rmtree(work)
    files.write_whole(begun, "")
    dated = mock.patch.dict(os.environ, SOURCE_DATE_EPOCH=epoch)
    with dated, warnings.catch_warnings(action="ignore"), patch_docutils(book), docutils_namespace():
        try:
            given = {"confoverrides": {"nitpicky": True}, "status": None, "warning": said}
            app = Sphinx(book, book, made / "html", made / ".doctrees", "html", **given)
            app.connect("env-before-read-docs", lambda _app, _env, read: touched.update(read))
            app.connect("doctree-resolved", lambda _app, _tree, name: touched.add(name))
            app.connect("env-updated", _write_on_every_core)
            app.builder.finish = functools.partial(_finish, app.builder.finish, said, written)
            app.build()
        except Exception as error:  # of an extension, a template or a page: the message is what can be done about it
            said.write(f"{type(error).__name__}: {error}\n")
            shutil.rmtree(work, ignore_errors=True)
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise RunError(f"'{work}': {os.strerror(errno.ENOSPC)}; the last good book is unchanged") from None
    for name in touched if said.getvalue() else ():
        (made / ".doctrees" / f"{name}.doctree").unlink(missing_ok=True)
    begun.unlink(missing_ok=True)
    return said.getvalue()


def _write_on_every_core(app: Any, _env: Any) -> None:
    """Let pages be written side by side; some extensions do not say whether they can be read so."""
    app.parallel = os.cpu_count() or 1


def _finish(finish: Callable[[], None], said: io.StringIO, written: Callable[[], None] | None) -> None:
    if written and not said.getvalue():
        written()
    finish()
