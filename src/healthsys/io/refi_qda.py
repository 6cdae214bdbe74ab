"""Coded texts: REFI-QDA projects (``.qdpx``) and codebooks (``.qdc``) written and read, and plain texts read.

Positions are code points (Python ``str``) of text with ``\\n`` line ends, from 0, end exclusive. Archives are read
without trust: members are counted and measured, none is written to disk, no document type or entity is accepted.

>>> source = Source(guid("note"), "note", "We wait, but we act.")
>>> project = Project("p", codes=(Code(guid("but"), "but"),), sources=(source,),
...                   segments=(Segment(source.guid, 9, 12, guid("but")),))
>>> check(project).segments[0].start
9
"""

import io
import re
import unicodedata
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pandas as pd
from lxml import etree

from healthsys.errors import DataError
from healthsys.io.csv_files import decode

#: Most members an archive may have.
MOST_MEMBERS = 5_000

#: Largest member, and largest sum of members, in bytes after unpacking.
LARGEST_MEMBER, LARGEST_TOTAL = 50_000_000, 200_000_000

#: Bytes unpacked at a time, so that a member that lies about its size is stopped.
_PIECE = 1_000_000

#: Members of these endings are read; others (pictures, sound) are counted and left packed.
_READ = (".qde", ".txt")

#: Endings that are read as text, the largest text read (bytes), and where a Word document has its own.
TEXT, LARGEST_TEXT = (".txt", ".md", ".docx"), 20_000_000
_WORD, _WORD_NAMES = "word/document.xml", "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WORD_SIGNS = {
    f"{_WORD_NAMES}{name}": sign
    for name, sign in {"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}.items()
}

_ENDINGS = f"{', '.join(TEXT)} or .qdpx"

PROJECT = "urn:QDA-XML:project:1.0"
CODEBOOKS = ("urn:QDA-XML:codebook:1.0", "urn:QDA-XML:codebook:1:0")

#: When a written file says that it was made: fixed, so that the same project gives the same bytes.
MOMENT = "2021-01-01T00:00:00Z"

_GUID = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
_ORDER = ("Users", "CodeBook", "Variables", "Cases", "Sources", "Notes", "Links", "Sets", "Graphs", "Description")

#: Parts of a project that are not read; a project that has them says so in ``skipped``.
_UNREAD = ("Variables", "Cases", "Notes", "Links", "Sets", "Graphs")


class _NoTextError(DataError):
    """A source whose text the archive does not hold, or not as text: it is listed, and the others are read."""


class Code(NamedTuple):
    """One code; ``parent`` is the GUID of the code above it."""

    guid: str
    name: str
    parent: str | None = None
    description: str = ""
    colour: str | None = None
    codable: bool = True


class Coder(NamedTuple):
    """One person who coded, by GUID and name."""

    guid: str
    name: str


class Source(NamedTuple):
    """One text that was coded."""

    guid: str
    name: str
    text: str


class Segment(NamedTuple):
    """One piece of a text under one code: code points ``start`` to ``end`` (exclusive) of the source."""

    source: str
    start: int
    end: int
    code: str
    coder: str | None = None


@dataclass(frozen=True)
class Project:
    """A project of coded texts. ``skipped`` lists what a project read from a file holds beyond these, ``read_as`` which
    texts were read how."""

    name: str
    coders: tuple[Coder, ...] = ()
    codes: tuple[Code, ...] = ()
    sources: tuple[Source, ...] = ()
    segments: tuple[Segment, ...] = ()
    skipped: tuple[str, ...] = field(default=(), compare=False)
    read_as: tuple[str, ...] = field(default=(), compare=False)


def guid(*names: str) -> str:
    """Return the GUID that belongs to names, the same each time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("healthsys", *names)))).upper()


def codes_of(book) -> tuple[Code, ...]:
    """Return the codes of a checked codebook for exchange, described by definition and rules of use."""
    out = []
    for row in book.table.to_dict("records"):
        parent = row["parent"] if isinstance(row["parent"], str) else None
        rules = (("Use", "use_when"), ("Not", "not_when"))
        told = [row["definition"], *(f"{word}: {row[key]}" for word, key in rules if isinstance(row.get(key), str))]
        above = guid("code", parent) if parent else None
        out.append(Code(guid("code", row["code"]), row["code"], above, " ".join(told)))
    return tuple(out)


def check(project: Project, *, label: str = "project") -> Project:
    """Return a project whose GUIDs, parents and segments are checked: all that is referred to exists.

    Raises DataError naming the element, what is allowed and the remedy.
    """
    seen: set[str] = set()
    for thing in (*project.coders, *project.codes, *project.sources):
        if not _GUID.fullmatch(thing.guid):
            raise DataError(
                f"{label}: '{thing.name}' has the guid '{thing.guid}'; allowed: 8-4-4-4-12 hexadecimal digits"
            )
        if thing.guid in seen:
            raise DataError(f"{label}: the guid {thing.guid} ('{thing.name}') occurs twice; each element needs its own")
        seen.add(thing.guid)
    codes = {code.guid: code for code in project.codes}
    texts = {source.guid: source for source in project.sources}
    coders = {coder.guid for coder in project.coders}
    for code in project.codes:
        path, at = [code.guid], code.parent
        while at is not None:
            if at not in codes:
                raise DataError(f"{label}: code '{code.name}' is under {at}, which is no code of the codebook")
            if at in path:
                raise DataError(
                    f"{label}: code '{code.name}' is under itself: the codebook has a cycle; correct its parent"
                )
            path.append(at)
            at = codes[at].parent
        if code.colour is not None and not re.fullmatch("#[0-9A-Fa-f]{6}", code.colour):
            raise DataError(f"{label}: code '{code.name}' has the colour '{code.colour}'; allowed: #RRGGBB")
    for segment in project.segments:
        if segment.source not in texts:
            raise DataError(f"{label}: a segment belongs to the source {segment.source}, which the project lacks")
        where, size = f"{label}: source '{texts[segment.source].name}'", len(texts[segment.source].text)
        if not 0 <= segment.start < segment.end <= size:
            raise DataError(
                f"{where}: a segment runs from {segment.start} to {segment.end}, but the text has {size} characters; "
                f"allowed: 0 <= start < end <= {size}. Was the text changed after it was coded, or were bytes counted?"
            )
        if segment.code not in codes:
            raise DataError(f"{where}: a segment has the code {segment.code}, which the codebook lacks")
        if segment.coder is not None and segment.coder not in coders:
            raise DataError(f"{where}: a segment was made by {segment.coder}, who is no user")
    return project


def project_xml(project: Project) -> bytes:
    """Return the ``.qde`` document of a checked project, in the order of elements that the schema demands."""
    check(project)
    root = etree.Element(f"{{{PROJECT}}}Project", nsmap={None: PROJECT}, name=project.name, origin="healthsys")
    root.set("creationDateTime", MOMENT)
    if project.coders:
        users = etree.SubElement(root, f"{{{PROJECT}}}Users")
        for coder in project.coders:
            etree.SubElement(users, f"{{{PROJECT}}}User", guid=coder.guid, name=coder.name)
    if project.codes:
        _write_codes(etree.SubElement(root, f"{{{PROJECT}}}CodeBook"), project.codes, PROJECT)
    if project.sources:
        sources = etree.SubElement(root, f"{{{PROJECT}}}Sources")
        for source in project.sources:
            _write_source(sources, source, [s for s in project.segments if s.source == source.guid])
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _write_codes(parent: etree._Element, codes: tuple[Code, ...], space: str) -> None:
    made = {None: etree.SubElement(parent, f"{{{space}}}Codes")}
    waiting = list(codes)
    while waiting:
        for code in [code for code in waiting if code.parent in made]:
            element = etree.SubElement(made[code.parent], f"{{{space}}}Code", guid=code.guid, name=code.name)
            element.set("isCodable", "true" if code.codable else "false")
            if code.colour:
                element.set("color", code.colour)
            if code.description:
                etree.SubElement(element, f"{{{space}}}Description").text = code.description
            made[code.guid] = element
            waiting.remove(code)


def _write_source(sources: etree._Element, source: Source, segments: list[Segment]) -> None:
    path = f"internal://{source.guid}.txt"
    element = etree.SubElement(
        sources, f"{{{PROJECT}}}TextSource", guid=source.guid, name=source.name, plainTextPath=path
    )
    for order, segment in enumerate(segments):
        place = (source.guid, str(order), str(segment.start), str(segment.end), segment.code)
        span = {"startPosition": place[2], "endPosition": place[3]}
        by = {"creatingUser": segment.coder} if segment.coder else {}
        own = {"guid": guid("selection", *place)} | span | by
        piece = etree.SubElement(element, f"{{{PROJECT}}}PlainTextSelection", own)
        coding = etree.SubElement(piece, f"{{{PROJECT}}}Coding", {"guid": guid("coding", *place)} | by)
        etree.SubElement(coding, f"{{{PROJECT}}}CodeRef", targetGUID=segment.code)


def write_project(project: Project, path: str | Path) -> Path:
    """Write a project as ``.qdpx``; the same project gives the same bytes. The file is written whole or not at all."""
    for source in project.sources:
        if "\r" in source.text:
            raise DataError(
                f"source '{source.name}' has carriage returns; make its line ends \\n before counting positions"
            )
    members = {"project.qde": project_xml(project)}
    members |= {f"Sources/{source.guid}.txt": source.text.encode("utf-8") for source in project.sources}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, (2021, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return _write(packed.getvalue(), Path(path))


def read_project(path: str | Path, *, label: str = "", codings: bool = True) -> Project:
    """Read a ``.qdpx`` project of any tool; ``label`` is what messages call it, its name where empty.

    What is not read (sources that are not text or whose text is missing, codings of whole sources, notes, cases and the
    like) is listed in ``skipped``. A coder whom the list of users lacks is added without a name. Without ``codings``
    the texts alone are read, and nothing that is odd about users, codes or segments matters.

    Raises DataError if the archive is no ZIP, too large or unsafe, or its project is not one that :func:`check`
    accepts.
    """
    label = label or Path(path).name
    members = _members(Path(path), label)
    documents = [name for name in members if name.lower().endswith(".qde")]
    if len(documents) != 1:
        raise DataError(f"{label}: it holds {len(documents)} .qde documents; a project holds exactly one, project.qde")
    root = _parse(members[documents[0]], label=label)
    if root.tag != f"{{{PROJECT}}}Project":
        raise DataError(f"{label}: the root is {root.tag}; a project begins with Project in the namespace {PROJECT}")
    folder = documents[0].rpartition("/")[0]
    inside = {name.removeprefix(f"{folder}/"): content for name, content in members.items()} if folder else members
    if codings:
        _check_order(root, label=label)
    coders = () if not codings else tuple(
        Coder(_required(user, "guid", label), user.get("name") or "")
        for user in root.iterfind(f"{{{PROJECT}}}Users/{{{PROJECT}}}User")
    )
    codes = _read_codes(root.find(f"{{{PROJECT}}}CodeBook"), PROJECT, label=label) if codings else ()
    sources, segments, skipped, said = [], [], [], []
    for element in root.iterfind(f"{{{PROJECT}}}Sources/*"):
        kind = etree.QName(element).localname
        if kind != "TextSource":
            skipped.append(f"{kind} '{element.get('name') or element.get('guid')}'")
            continue
        try:
            text, how = _text_of(element, inside)
        except _NoTextError as error:
            skipped.append(str(error))
            continue
        said += how
        source, found = _read_source(element, text, codings=codings, label=label)
        sources.append(source)
        segments += found
        whole = len(element.findall(f"{{{PROJECT}}}Coding"))
        skipped += [f"{whole} codings of the whole of '{source.name}'"] if whole else []
    skipped += [name for name in _UNREAD if root.find(f"{{{PROJECT}}}{name}") is not None]
    unnamed = dict.fromkeys(s.coder for s in segments if s.coder and s.coder not in {c.guid for c in coders})
    coders += tuple(Coder(found, "") for found in unnamed)
    parts = (coders, codes, tuple(sources), tuple(segments), tuple(skipped), tuple(said))
    project = Project(root.get("name") or "", *parts)
    return check(project, label=label) if codings else project


def write_codebook(codes: tuple[Code, ...], path: str | Path, *, origin: str = "healthsys") -> Path:
    """Write a codebook as ``.qdc``, in the namespace ``codebook:1.0``."""
    check(Project("codebook", codes=codes))
    space = CODEBOOKS[0]
    root = etree.Element(f"{{{space}}}CodeBook", nsmap={None: space}, origin=origin)
    _write_codes(root, codes, space)
    return _write(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True), Path(path))


def read_codebook(path: str | Path, *, label: str = "") -> tuple[Code, ...]:
    """Read a ``.qdc`` codebook of any tool, in either namespace; see :func:`read_project` for errors."""
    path, label = Path(path), label or Path(path).name
    if not path.is_file():
        raise DataError(f"there is no file '{path}'; give the path of a .qdc codebook")
    if path.stat().st_size > LARGEST_MEMBER:
        raise DataError(f"{label}: the file is larger than {LARGEST_MEMBER:,} bytes; split it")
    root = _parse(path.read_bytes(), label=label)
    name = etree.QName(root)
    if name.localname != "CodeBook" or name.namespace not in CODEBOOKS:
        raise DataError(f"{label}: the root is {root.tag}; a codebook begins with CodeBook in {' or '.join(CODEBOOKS)}")
    codes = _read_codes(root, name.namespace, label=label)
    check(Project("codebook", codes=codes), label=label)
    return codes


def validate(document: bytes, schema: str | Path) -> list[str]:
    """Return the faults of a ``.qde`` document by the REFI-QDA working group's ``Project.xsd`` (not supplied here)."""
    checker = etree.XMLSchema(etree.parse(str(schema), _parser()))
    checker.validate(_parse(document, label="document"))
    return [f"line {fault.line}: {fault.message}" for fault in checker.error_log]


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _parse(document: bytes, *, label: str) -> etree._Element:
    try:
        root = etree.fromstring(document, _parser())
    except etree.XMLSyntaxError as error:
        raise DataError(
            f"{label}: not readable XML ({error.msg}); export the project again from your software"
        ) from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise DataError(
            f"{label}: the document declares a document type, which can name outside files or grow without bound; "
            "REFI-QDA needs none. Remove the DOCTYPE, or export again"
        )
    return root


def _check_order(root: etree._Element, *, label: str) -> None:
    found = [etree.QName(child).localname for child in root.iterchildren("*")]
    for name in found:
        if name not in (*_ORDER, "NoteRef"):
            raise DataError(f"{label}: a project holds no element '{name}'; allowed: {', '.join(_ORDER)}")
    ranks = [_ORDER.index(name) for name in found if name in _ORDER]
    if ranks != sorted(ranks):
        raise DataError(f"{label}: the elements are in the order {', '.join(found)}; the order is {', '.join(_ORDER)}")


def _required(element: etree._Element, attribute: str, label: str) -> str:
    value = element.get(attribute)
    if value is None:
        kind = etree.QName(element).localname
        raise DataError(f"{label}: line {element.sourceline}: {kind} has no {attribute}; every {kind} needs one")
    return value


def _read_codes(holder: etree._Element | None, space: str, *, label: str) -> tuple[Code, ...]:
    if holder is None:
        return ()
    out: list[Code] = []
    for element in holder.iterfind(f"{{{space}}}Codes//{{{space}}}Code"):
        above, told = element.getparent(), element.findtext(f"{{{space}}}Description") or ""
        parent = above.get("guid") if above.tag == element.tag else None
        codable = (element.get("isCodable") or "true").lower() in ("true", "1")
        name, own = _required(element, "name", label), _required(element, "guid", label)
        out.append(Code(own, name, parent, told, element.get("color"), codable))
    return tuple(out)


def _text_of(element: etree._Element, members: dict[str, bytes]) -> tuple[str, list[str]]:
    """Return the text of a source with line ends of one character, and how it was read."""
    name = element.get("name") or element.get("guid") or ""
    inline, path = element.findtext(f"{{{PROJECT}}}PlainTextContent"), element.get("plainTextPath")
    if inline is None and path is None:
        raise _NoTextError(f"source '{name}' (neither PlainTextContent nor plainTextPath; it needs one)")
    text, said = (inline, []) if inline is not None else _internal(path, name, members)
    if inline is not None and path is not None:
        said = [f"source '{name}' has its text twice; that of the project document is read, not {path}"]
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), said


def _read_source(element: etree._Element, text: str, *, codings: bool, label: str) -> tuple[Source, list[Segment]]:
    """Return a source, and its segments where ``codings`` are read."""
    name = element.get("name") or element.get("guid") or ""
    if not codings:
        return Source(element.get("guid") or guid("source", name), name, text), []
    source = Source(_required(element, "guid", label), name, text)
    segments = []
    for piece in element.iterfind(f"{{{PROJECT}}}PlainTextSelection"):
        try:
            start, end = (int(_required(piece, key, label)) for key in ("startPosition", "endPosition"))
        except ValueError:
            raise DataError(
                f"{label}: source '{name}': a position is no whole number; export the project again"
            ) from None
        for coding in piece.iterfind(f"{{{PROJECT}}}Coding"):
            target = coding.find(f"{{{PROJECT}}}CodeRef")
            if target is None:
                raise DataError(f"{label}: source '{name}': a Coding has no CodeRef; every Coding needs one")
            coder = coding.get("creatingUser") or piece.get("creatingUser")
            segments.append(Segment(source.guid, start, end, _required(target, "targetGUID", label), coder))
    return source, segments


def _internal(path: str, name: str, members: dict[str, bytes]) -> tuple[str, list[str]]:
    """Return the text of the member that a path names, as it is written or as tools and systems write it otherwise:
    below Sources/ or not, with another slash, with %20 for a blank, in another case or form of accents."""
    scheme, _, rest = path.rpartition("://")
    inner = re.sub(r"^(\./|/)+", "", rest.replace("\\", "/"))
    outside = scheme not in ("", "internal", "relative") or re.match(r"[A-Za-z]:|\.\./", inner)
    outside = outside or (not scheme and rest.startswith(("/", "\\")))
    found = {_plain(member): member for member in members}
    spellings = [f"{top}{one}" for one in (inner, unquote(inner)) for top in ("sources/", "")]
    member = next((found[_plain(one)] for one in spellings if _plain(one) in found and not outside), None)
    if member is None and (outside or scheme == "relative"):
        raise _NoTextError(f"source '{name}' (outside the archive, {path.split(':', 1)[0]}:)")
    if member is None:
        raise _NoTextError(f"source '{name}' (the archive has no {path} in Sources/)")
    try:
        text, said = decode(members[member], label=member, save="UTF-8 text")
    except DataError as error:
        raise _NoTextError(f"source '{name}' ({error})") from None
    return text, [f"source '{name}': {one}" for one in said]


def _plain(member: str) -> str:
    """Return a name of a member without regard to case and to how its accents are composed."""
    return unicodedata.normalize("NFC", member).casefold()


def project_of(
    texts: Mapping[str, str] | pd.Series, hits: pd.DataFrame, *, name: str = "tensions", coder: str = "healthsys finder"
) -> Project:
    """Return found markers as a project that other software opens: one code per marker, one segment per finding.

    ``texts`` leads from name to text, ``hits`` is what :func:`healthsys.coding.find_markers` returns for them, and
    ``coder`` is the user to whom the coding is put down.

    >>> hits = pd.DataFrame({"document": ["note"], "start": [9], "end": [12], "marker": ["yet"]})
    >>> len(project_of({"note": "We wait, yet we act."}, hits).segments)
    1
    """
    described = "Language markers of tension"
    top = Code(guid("code", "tension marker"), "tension marker", description=described, codable=False)
    markers = list(dict.fromkeys(hits["marker"]))
    codes = (top, *(Code(guid("code", "marker", marker), marker, top.guid) for marker in markers))
    user = Coder(guid("coder", coder), coder)
    sources = tuple(Source(guid("source", title), title, text) for title, text in texts.items())
    segments = []
    for hit in hits.itertuples():
        source, code = guid("source", hit.document), guid("code", "marker", hit.marker)
        segments.append(Segment(source, int(hit.start), int(hit.end), code, user.guid))
    return Project(name, (user,), codes, sources, tuple(segments))


def _members(path: Path, label: str, read: tuple[str, ...] = _READ) -> dict[str, bytes]:
    """Return the members to read of an archive by name; refuse what is no ZIP, damaged, or means harm."""
    if not path.is_file():
        raise DataError(f"there is no file '{path}'; give the path of a .qdpx project")
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpacked(archive, label, read)
    except zipfile.BadZipFile:
        raise DataError(
            f"{label}: not a ZIP archive, or a damaged one; a {path.suffix.lower()} file is a ZIP. Export it again"
        ) from None
    except (zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(f"{label}: a member cannot be unpacked ({error}); export the project again") from None


def _unpacked(archive: zipfile.ZipFile, label: str, read: tuple[str, ...]) -> dict[str, bytes]:
    """Unpack the members to read in memory, none written to disk, each counted and measured while it unpacks."""
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise DataError(
            f"{label}: the archive has {len(infos):,} members; at most {MOST_MEMBERS:,} are read. Split the project"
        )
    found: dict[str, bytes] = {}
    total = 0
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
            raise DataError(
                f"{label}: the member '{info.filename[:80]}' would be written outside its folder; refuse it, and "
                "ask whoever sent it for a new export"
            )
        if info.is_dir() or not name.lower().endswith(read):
            continue
        if "__MACOSX" in name.split("/") or name.rpartition("/")[2].startswith("._"):
            continue  # what a Mac adds for itself
        if info.flag_bits & 1:
            raise DataError(f"{label}: the member '{name}' is encrypted; export the project without a password")
        if name.lower() in (known.lower() for known in found):
            raise DataError(f"{label}: the member '{name}' occurs twice; export the project again")
        content = bytearray()
        with archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                content += piece
                if len(content) > LARGEST_MEMBER or total + len(content) > LARGEST_TOTAL:
                    raise DataError(
                        f"{label}: unpacked, the member '{name}' or the archive is too large; at most "
                        f"{LARGEST_MEMBER:,} bytes a member and {LARGEST_TOTAL:,} in all are read. Split the project"
                    )
        total += len(content)
        found[name] = bytes(content)
    return found


def _write(content: bytes, path: Path) -> Path:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        return part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_texts(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read texts: a ``.txt`` or ``.md`` file, a Word document, a ``.qdpx`` project, or a folder of these.

    Text is UTF-8, UTF-16 or Windows-1252; of a Word document the body is read, with what was inserted and without what
    was deleted. Returns ``document`` (name, in order) and ``text`` (with line ends of one character); ``label`` is what
    messages call the file or folder. ``attrs["read_as"]`` lists what was taken how and what is not read. An ending that
    is not read, or a file that is no text, empty or too large, is an error.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in (*TEXT, ".qdpx"))
        if not files:
            raise DataError(f"the folder '{label or path.name}' holds no {_ENDINGS} file; put the texts there")
        parts = [_texts(file, file.name) for file in files]
        found = pd.concat(parts, ignore_index=True)
        found.attrs["read_as"] = [said for part in parts for said in part.attrs.get("read_as", ())]
        names = {one.name for one in path.iterdir() if not one.name.startswith(".")}
        left = sorted(names - {one.name for one in files})
        found.attrs["read_as"] += [f"not read: {', '.join(left[:10])}{' …' * (len(left) > 10)}"] if left else []
        return found
    if not path.is_file():
        raise DataError(f"'{path}' is neither a data set, a file nor a folder; give a {_ENDINGS} file")
    return _texts(path, label or path.name)


def _texts(path: Path, label: str) -> pd.DataFrame:
    ending = path.suffix.lower()
    if ending == ".qdpx":
        project = read_project(path, label=label, codings=False)
        sources, skipped = project.sources, ", ".join(project.skipped)
        if not sources:
            held = f" that can be read (not read: {skipped})" if skipped else ""
            raise DataError(f"{label}: the project holds no text source{held}; export it with its sources inside")
        names = [source.name for source in sources]
        same = [f" ({source.guid[:8]})" if names.count(source.name) > 1 else "" for source in sources]
        documents = [f"{label}: {name}{end}" for name, end in zip(names, same, strict=True)]
        found = pd.DataFrame({"document": documents, "text": [source.text for source in sources]})
        found.attrs["read_as"] = [f"{label}: {one}" for one in project.read_as]
        found.attrs["read_as"] += [f"not read in {label}: {skipped}"] if skipped else []
        return found
    if ending not in TEXT:
        raise DataError(f"{label}: the ending '{ending}' is not read; allowed: {', '.join(TEXT)}, .qdpx")
    if path.stat().st_size > LARGEST_TEXT:
        raise DataError(f"{label}: larger than {LARGEST_TEXT:,} bytes; split the text")
    if ending == ".docx":
        text, said = _word(path, label), [f"{label}: comments, notes and headers are not read"]
    else:
        text, said = decode(path.read_bytes(), label=label, save="plain text in UTF-8")
    if not text.strip():
        raise DataError(f"{label}: the file is empty; expected text")
    found = pd.DataFrame({"document": [label], "text": [text.replace("\r\n", "\n").replace("\r", "\n")]})
    found.attrs["read_as"] = [one if one.startswith(label) else f"{label}: {one}" for one in said]
    return found


def _word(path: Path, label: str) -> str:
    """Return the text of a Word document, a line for each paragraph."""
    body = _members(path, label, read=(_WORD,)).get(_WORD)
    if body is None:
        raise DataError(f"{label}: the file is no Word document; save it as .docx, or as plain text in UTF-8")
    root = _parse(body, label=label)
    for twice in list(root.iter("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")):
        twice.getparent().remove(twice)
    text = f"{_WORD_NAMES}t"
    parts = [node.text or "" if node.tag == text else _WORD_SIGNS.get(node.tag, "") for node in root.iter()]
    return "".join(parts).lstrip("\n")
