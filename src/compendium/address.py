"""Where the book and its repository live, once they have an address: two settings of ``book/_config.yml``.

``html: baseurl`` is the address of the published book, ``repository: url`` that of its sources. Both are empty until
the book is published; whatever needs one is left out while it is.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from compendium import files, paths
from compendium.errors import CompendiumError
from compendium.runs import load_runs


def _settings() -> dict[str, Any]:
    return files.settings(paths.book() / "_config.yml")


def _checked(value: Any, setting: str) -> str:
    text = str(value or "").strip().rstrip("/")
    if text and not (urlsplit(text).scheme in ("http", "https") and urlsplit(text).netloc):
        raise CompendiumError(
            f"book/_config.yml: {setting} is '{text}', which is not an address; write it in full, "
            "such as https://example.org/book, or leave it empty"
        )
    return text


def site() -> str:
    """Return the address of the published book without a closing slash, or an empty text."""
    return _checked((_settings().get("html") or {}).get("baseurl"), "html: baseurl")


def repository() -> str:
    """Return the address of the repository, or an empty text."""
    return _checked((_settings().get("repository") or {}).get("url"), "repository: url")


def feedback(document: str) -> dict[str, str]:
    """Return where a page can be edited and commented on, by what the link says; nothing while there is no repository.

    A page of an analysis is edited in the notebook of its run; one that a build writes has no source to edit.

    Parameters
    ----------
    document
        The page by its path in the book, without ending.
    """
    found = repository()
    if not found:
        return {}
    branch = quote((_settings().get("repository") or {}).get("branch") or "main", safe="")
    links = {"Feedback": f"{found}/issues/new?{urlencode({'title': f'Page {document}'})}"}
    run = load_runs().get(document.removeprefix("analyses/"))
    source = f"notebooks/{run.notebook.name}" if run else f"book/{document}.md"
    if (paths.root() / source).is_file():
        links["Edit"] = f"{found}/edit/{branch}/{quote(source)}"
    return links


def launch(notebook: str) -> dict[str, str]:
    """Return the addresses that open a source notebook in a running environment, by the name of the service.

    Empty while the repository has no address; a service whose own address is empty under ``launch_buttons`` is left
    out.

    Parameters
    ----------
    notebook
        File name in ``notebooks/``.
    """
    found = repository()
    if not found:
        return {}
    settings = _settings()
    branch = (settings.get("repository") or {}).get("branch") or "main"
    services = settings.get("launch_buttons") or {}
    binder = _checked(services.get("binderhub_url"), "launch_buttons: binderhub_url")
    hub = _checked(services.get("jupyterhub_url"), "launch_buttons: jupyterhub_url")
    opened: dict[str, str] = {}
    if binder:
        opened["Binder"] = f"{binder}/v2/{_for_binder(found, branch)}?{urlencode({'labpath': f'notebooks/{notebook}'})}"
    if hub:
        folder = urlsplit(found).path.rpartition("/")[2].removesuffix(".git")
        asked = {"repo": found, "branch": branch, "urlpath": f"lab/tree/{folder}/notebooks/{notebook}"}
        opened["JupyterHub"] = f"{hub}/hub/user-redirect/git-pull?{urlencode(asked)}"
    return opened


def _for_binder(found: str, branch: str) -> str:
    parts = urlsplit(found)
    if parts.netloc == "github.com":
        return f"gh{parts.path.removesuffix('.git')}/{quote(branch, safe='')}"
    return f"git/{quote(found, safe='')}/{quote(branch, safe='')}"
