"""The text of a file's bytes: its encoding, what tells that it could be another one, and files that are no text."""

import codecs
import re

from healthsys.errors import DataError

#: What a file is when it begins so, in lower case, and is no table; a web page or XML may be called .xls.
_OTHER_FILES = (
    ("a PDF document", re.compile(r"%pdf")),
    ("a workbook in the XML of Excel 2003", re.compile(r"<\?xml.*?(?:office:spreadsheet|excel\.sheet)", re.S)),
    ("a web page (HTML)", re.compile(
        r"(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body|table|meta|style)\b", re.S)),
    ("a web page (MHTML)", re.compile(r"mime-version:")),
    ("an XML document", re.compile(r"<\?xml\b")),
)  # fmt: skip

#: Byte order marks of encodings that are not UTF-8; UTF-32 first, because it begins as UTF-16 does.
_MARKS = (
    ("UTF-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    ("UTF-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)

#: UTF-8 that was read as Windows-1252: the two signs of one letter.
_TWICE = re.compile("[ÂÃÄÅ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")

#: Signs that words in Windows-1252 hardly have: a quotation mark or capital within a word (Mac Roman), a sign before
#: an accented letter or within a word (Central European), three accented letters in a row (Greek, Cyrillic).
_ODD = re.compile(
    "[a-z][‘‚„ˆ‰‹˜ŠŽŒŸ¡¤¥¨¬¯¸¿]|[^\\W\\d_][•†‡™£¢³¹¿][^\\W\\d_]|[£¥¤¦¨¬¯¸³¹][À-ÖØ-öø-ÿ]|[À-ÖØ-öø-ÿ]{3}"
)


def decode(content: bytes, *, label: str, save: str = "'CSV UTF-8'") -> tuple[str, list[str]]:
    """Return the text of a file, and which encoding it was read from if that is not UTF-8; ``save`` is the remedy."""
    name = wide_of(content)
    start = content[:2048].decode(name or "utf-8-sig", errors="replace").lstrip("\ufeff \t\r\n").lower()
    for kind, begins in _OTHER_FILES:
        if begins.match(start):
            said = f"the file is {kind}, not a table or plain text"
            remedy = f"open it in a program that shows it, such as a spreadsheet, and save it as {save} first"
            raise DataError(f"{label}: {said}; {remedy}")
    if name:
        try:
            return content.decode(name), [f"the text is {name}"]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{label}: the file begins as {name} text and cannot be read as such (byte {error.start}); save it "
                f"as {save} and try again"
            ) from None
    if b"\0" in content:
        raise DataError(f"{label}: the file holds null bytes (it is not text); save it as {save} and try again")
    try:
        text = content.decode("utf-8-sig")
        twice = _TWICE.search(text)
        return text, _doubt("the text is UTF-8", twice, save) if twice else []
    except UnicodeDecodeError:
        _refuse_two(content, label=label, save=save)
    try:
        text = content.decode("cp1252")
        return text, _doubt("the text is Windows-1252", _TWICE.search(text) or _ODD.search(text), save)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{label}: the file is neither UTF-8 nor Windows-1252 text (byte {error.start}); save it as {save} "
            "and try again"
        ) from None


def _doubt(said: str, sign: re.Match[str] | None, save: str) -> list[str]:
    """Say which encoding was read, and that it could be another one where there is a sign of that."""
    if sign is None:
        return [said]
    before = re.split(r"[\s,;|\"]", sign.string[max(sign.start() - 12, 0) : sign.start()])[-1]
    word = before + re.split(r"[\s,;|\"]", sign.string[sign.start() : sign.end() + 12])[0]
    return [f"{said}, but signs such as '{word}' show that it could be another encoding; if so, save it as {save}"]


def _refuse_two(content: bytes, *, label: str, save: str) -> None:
    """Raise if some rows of a file are UTF-8 and others are not."""
    utf8 = other = 0
    for number, line in enumerate(content.splitlines(), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            utf8 = utf8 or number
        except UnicodeDecodeError:
            other = other or number
        if utf8 and other:
            raise DataError(
                f"{label}: row {utf8} is UTF-8 text and row {other} is in another encoding, such as Windows-1252; "
                f"save each source as {save} before you join them"
            )


def wide_of(content: bytes) -> str:
    """Return which UTF-16 or UTF-32 a file begins as, by its mark or as nearly every other byte is null, or nothing."""
    marked = next((name for name, marks in _MARKS if content.startswith(marks)), "")
    even, odd = content[:512:2], content[1:512:2]
    null, letters = max(even.count(0), odd.count(0)), min(even.count(0), odd.count(0))
    wide = null > 0.8 * len(odd) and letters < 0.2 * len(odd)
    return marked or (("UTF-16-LE" if odd.count(0) == null else "UTF-16-BE") if wide else "")
