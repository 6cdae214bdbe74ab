"""A reader's own texts: txt, md, a REFI-QDA project, a folder of these, or the bundled passages."""

from __future__ import annotations

from pathlib import Path

from compendium import datasets
from healthsys.errors import DataError
from healthsys.narratives import refi

#: Endings that are read as text.
TEXT = (".txt", ".md")

#: Largest text read (bytes).
LARGEST_TEXT = 20_000_000


def texts(source: str | Path) -> dict[str, str]:
    r"""Read texts by name, with ``\n`` line ends.

    Parameters
    ----------
    source
        A data set with columns ``passage_id`` and ``text``, a ``.txt`` or ``.md`` file (UTF-8), a ``.qdpx`` project, or
        a folder of these.

    Returns
    -------
    dict
        Name to text, in order of name.

    Raises
    ------
    DataError
        If nothing is there, the ending is another, a file is not UTF-8, empty or too large.

    Examples
    --------
    >>> len(texts("tension_passages"))
    130
    """
    if str(source) in datasets.names():
        frame = datasets.load(str(source))
        if not {"passage_id", "text"} <= set(frame.columns):
            raise DataError(f"the data set '{source}' holds no passages; give 'tension_passages' or a file of your own")
        return dict(zip(frame["passage_id"], frame["text"], strict=True))
    path = Path(source)
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in (*TEXT, ".qdpx"))
        if not files:
            raise DataError(f"the folder '{path.name}' holds no .txt, .md or .qdpx file; put the texts there")
        return {name: text for file in files for name, text in _file(file).items()}
    if not path.is_file():
        raise DataError(f"'{source}' is neither a data set, a file nor a folder; give a .txt, .md or .qdpx file")
    return _file(path)


def _file(path: Path) -> dict[str, str]:
    ending = path.suffix.lower()
    if ending == ".qdpx":
        project = refi.read_project(path)
        if not project.sources:
            raise DataError(f"{path.name}: the project holds no text source; export it with its sources inside")
        names = [source.name for source in project.sources]
        return {
            f"{path.name}: {source.name}"
            + (f" ({source.guid[:8]})" if names.count(source.name) > 1 else ""): source.text
            for source in project.sources
        }
    if ending not in TEXT:
        raise DataError(f"{path.name}: the ending '{ending}' is not read; allowed: {', '.join(TEXT)}, .qdpx")
    if path.stat().st_size > LARGEST_TEXT:
        raise DataError(f"{path.name}: larger than {LARGEST_TEXT:,} bytes; split the text")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}: line {line}: not UTF-8 text (byte {error.start}); save the file as UTF-8 and try again"
        ) from None
    if not text.strip():
        raise DataError(f"{path.name}: the file is empty; expected text")
    return {path.name: text.replace("\r\n", "\n").replace("\r", "\n")}
