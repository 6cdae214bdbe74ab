"""Texts of the book from templates: every value in one is escaped for HTML, and a template's own words are not."""

from __future__ import annotations

import functools
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compendium import escape


@functools.cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("everyday"), autoescape=True, finalize=_escaped, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip


def _escaped(value: Any) -> Any:
    return Markup(escape.html(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def rendered(template: str, **values: Any) -> str:
    """Return a template of this package with its values; what is markup already comes as :class:`markupsafe.Markup`."""
    return _templates().get_template(template).render(values).rstrip() + "\n"
