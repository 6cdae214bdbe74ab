"""Text from a reader's file or parameter, made plain for where it is shown: one place for each of them.

A name in a file is text and nothing else, whatever it holds: no cell is read as Markdown, TeX or HTML. Whatever shows
such text passes it through here: :func:`html` for markup, :func:`markdown` and :func:`prose` for Markdown,
:func:`drawn` for the lettering of a figure, :func:`lines` for printed text and messages. What CSV needs is in
:mod:`compendium.spreadsheet`.
"""

from __future__ import annotations

import html as _html
import re
from typing import Any

from IPython.display import Markdown

#: Stands for a character that has no business in a text: a reader sees that something was there.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

#: Characters that end or indent a line (Unicode Standard 15.0, section 5.8, and the tabulator).
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]+")

#: Control characters, characters that turn the direction of what follows (Unicode Technical Report 36, section 2.3,
#: and Boucher and Anderson 2023, Trojan Source), halves of surrogate pairs, and code points that are no characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)

#: Characters that mean something inside a line of CommonMark or MyST (CommonMark 0.31, section 6; MyST: ``$``, ``{``).
_INLINE = re.compile(r"([\\`*_{}\[\]<>#|$&~^])")

#: What begins a block at the start of a line: a list, a rule, a heading's underline, a comment, a fence, a term.
_BLOCK = re.compile(r"([-+=:%]|\([^)\s]*\)=)")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")


def plain(text: Any) -> str:
    r"""Return text as one line without what cannot be seen or turns the direction of reading.

    Line breaks and tabulators become a space; control characters, overrides of direction and code points that are no
    characters become "\N{REPLACEMENT CHARACTER}".

    Examples
    --------
    >>> plain("Ward\n\n3"), plain("a\u202eb\x07")
    ('Ward 3', 'a\ufffdb\ufffd')
    """
    return _UNSEEN.sub(REPLACEMENT, _BREAKS.sub(" ", str(text)))


def lines(text: Any) -> str:
    r"""Return printed text or a message with its lines and their indents kept, and nothing else that is unseen.

    >>> lines("first\nsecond\x1b[2J")
    'first\nsecond\ufffd[2J'
    """
    return "\n".join(plain(line.replace("\t", "    ")) for line in str(text).split("\n"))


def html(text: Any) -> str:
    """Return text for HTML, between tags or as the value of a quoted attribute.

    There is no line break in it, so that it cannot end a block of HTML that stands in Markdown either.

    Examples
    --------
    >>> html('<img src="x"> & co')
    '&lt;img src=&quot;x&quot;&gt; &amp; co'
    """
    return _html.escape(plain(text))


def html_lines(text: Any) -> str:
    r"""Return text for HTML that keeps its lines, between the tags of ``<pre>``.

    >>> html_lines("a < b\n\nc")
    'a &lt; b\n\nc'
    """
    return _html.escape(lines(text))


def markdown(text: Any) -> str:
    r"""Return text for a line of Markdown, where it is shown as it stands.

    >>> print(markdown("Ward <b>3</b>, $x$, {role}`y`"))
    Ward \<b\>3\</b\>, \$x\$, \{role\}\`y\`
    >>> print(markdown("- no list"), markdown("1. none either"))
    \- no list 1\. none either
    """
    line = _INLINE.sub(r"\\\1", plain(text).strip())
    if _BLOCK.match(line):
        return f"\\{line}"
    return _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else line


def prose(text: Any) -> Markdown:
    r"""Return sentences for display by a notebook, with every mark of Markdown, TeX and HTML made plain.

    A line that begins with "- " stays an item of a list, an empty line parts paragraphs; nothing else is markup.

    Examples
    --------
    >>> prose("Ward <b>3</b> fell").data
    'Ward \\<b\\>3\\</b\\> fell'
    >>> prose("- *one*\n- two").data
    '- \\*one\\*\n- two'
    """
    said = str(text).split("\n")
    return Markdown("\n".join(f"- {markdown(line[2:])}" if line.startswith("- ") else markdown(line) for line in said))


#: Letters of a word above which it is no word, and how many of them are kept.
_LONG_WORD, _KEPT = re.compile(r"\S{31,}"), 24


def drawn(text: Any, *, longest: int) -> str:
    r"""Return text for the lettering of a figure: its lines, each at most so many characters long.

    A word of more than thirty characters is cut too, so that a label beside an axis leaves room for the drawing.

    Examples
    --------
    >>> drawn("a very long name of a ward", longest=12)
    'a very long…'
    >>> drawn("W" * 40, longest=90)
    'WWWWWWWWWWWWWWWWWWWWWWW…'
    """
    short = _LONG_WORD.sub(lambda word: _cut(word[0], _KEPT), lines(text))
    return "\n".join(_cut(line, longest) for line in short.split("\n"))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
