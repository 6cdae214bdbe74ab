"""REFI-QDA: round trip, structure, the published schema where it is at hand, and archives that mean harm."""

import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compendium import datasets, paths
from healthsys.coding.codebooks import codebook
from healthsys.errors import DataError
from healthsys.io import refi_qda as refi

REFERENCE = paths.root().parent / "shared" / "refi_qda"
SCHEMA = REFERENCE / "Project-mrt2019.xsd"
needs_schema = pytest.mark.skipif(
    not SCHEMA.is_file(), reason="the published schema is not at hand (../shared/refi_qda)"
)


def example(text="Wir warten, but 😀 we act.\nYet."):
    codes = refi.codes_of(codebook(datasets.load("narrative_codebook")))
    coder = refi.Coder(refi.guid("coder", "a"), "Coder A")
    source = refi.Source(refi.guid("source", "x"), "note", text)
    whole = refi.Segment(source.guid, 0, len(text), codes[0].guid, coder.guid)
    return refi.Project("example", (coder,), codes, (source,), (whole, refi.Segment(source.guid, 0, 1, codes[5].guid)))


def test_a_project_survives_the_round_trip(tmp_path):
    project = example()
    path = refi.write_project(project, tmp_path / "p.qdpx")
    back = refi.read_project(path)
    assert sorted(back.codes, key=str) == sorted(project.codes, key=str)
    assert (back.coders, back.sources, back.segments, back.name) == (
        project.coders,
        project.sources,
        project.segments,
        project.name,
    )
    assert refi.write_project(back, tmp_path / "again.qdpx").read_bytes() == path.read_bytes()


@settings(max_examples=25, deadline=None)
@given(
    text=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=3, max_size=60),
    at=st.integers(0, 1),
)
def test_positions_survive_whatever_the_characters(tmp_path_factory, text, at):
    if text.startswith("\ufeff"):
        return
    project = example(text)
    project = refi.Project(
        "p",
        project.coders,
        project.codes,
        project.sources,
        (refi.Segment(project.sources[0].guid, at, at + 2, project.codes[0].guid),),
    )
    back = refi.read_project(refi.write_project(project, tmp_path_factory.mktemp("q") / "p.qdpx"))
    segment = back.segments[0]
    assert back.sources[0].text[segment.start : segment.end] == text[at : at + 2]


@needs_schema
def test_what_is_written_is_valid_against_the_published_schema():
    assert refi.validate(refi.project_xml(example()), SCHEMA) == []
    assert refi.validate(refi.project_xml(refi.Project("empty")), SCHEMA) == []
    broken = refi.project_xml(example()).replace(b'isCodable="true"', b"", 1)
    assert any("isCodable" in fault for fault in refi.validate(broken, SCHEMA))


@needs_schema
@pytest.mark.parametrize(("name", "codes"), [("blank-atlas-project.qdpx", 0), ("target-atlas-project.qdpx", 3)])
def test_projects_of_another_tool_are_read_and_valid(name, codes):
    project = refi.read_project(REFERENCE / name)
    assert len(project.codes) == codes
    assert len(project.coders) == 2
    with zipfile.ZipFile(REFERENCE / name) as packed:
        assert refi.validate(packed.read("project.qde"), SCHEMA) == []


def test_the_order_of_elements_is_that_of_the_schema():
    text = refi.project_xml(example()).decode()
    places = [text.index(f"<{tag}") for tag in ("Users", "CodeBook", "Sources")]
    assert places == sorted(places)
    assert 'plainTextPath="internal://' in text
    assert "PlainTextContent" not in text


@pytest.mark.parametrize("space", refi.CODEBOOKS)
def test_codebooks_are_read_in_both_namespaces(tmp_path, space):
    codes = example().codes
    path = refi.write_codebook(codes, tmp_path / "c.qdc")
    path.write_bytes(path.read_bytes().replace(refi.CODEBOOKS[0].encode(), space.encode()))
    assert sorted(refi.read_codebook(path), key=str) == sorted(codes, key=str)


def repacked(tmp_path, change, name="project.qde", folder="Sources"):
    """Write the example with its parts renamed or changed; ``change`` maps member name to bytes."""
    original = refi.write_project(example(), tmp_path / "original.qdpx")
    with zipfile.ZipFile(original) as packed:
        members = {member: packed.read(member) for member in packed.namelist()}
    members = {m.replace("project.qde", name).replace("Sources/", f"{folder}/"): b for m, b in members.items()}
    members = change(members)
    path = tmp_path / "changed.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, content in members.items():
            packed.writestr(member, content)
    return path


@pytest.mark.parametrize(("name", "folder"), [("Project.qde", "Sources"), ("project.qde", "sources")])
def test_both_folder_cases_are_read(tmp_path, name, folder):
    path = repacked(tmp_path, lambda members: members, name, folder)
    assert refi.read_project(path).sources == example().sources
    assert refi.read_texts(path)["text"].tolist() == [example().sources[0].text]


def edit(old, new):
    return lambda members: {m: b.replace(old, new) if m.endswith(".qde") else b for m, b in members.items()}


XXE = b'<!DOCTYPE Project [<!ENTITY x SYSTEM "file:///etc/hostname">]><Project'
LAUGHS = b'<!DOCTYPE Project [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Project'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m | {"../evil.txt": b"x"}, "would be written outside its folder"),
        (lambda m: m | {"..\\evil.txt": b"x"}, "would be written outside its folder"),
        (lambda m: m | {"/etc/evil.txt": b"x"}, "would be written outside its folder"),
        (lambda m: m | {"C:\\evil.txt": b"x"}, "would be written outside its folder"),
        (edit(b"<Project", XXE), "declares a document type"),
        (edit(b"<Project", LAUGHS), "declares a document type"),
        (
            lambda m: {k: b"short" if k.endswith(".txt") else v for k, v in m.items()},
            r"the text has 5 characters",
        ),
        (edit(b"</Project>", b""), "not readable XML"),
        (edit(b"urn:QDA-XML:project:1.0", b"urn:other"), "a project begins with Project"),
        (lambda m: {k: v for k, v in m.items() if k.endswith(".txt")}, "holds 0 .qde documents"),
        (lambda m: m | {"second.qde": b"<x/>"}, "holds 2 .qde documents"),
        (edit(b'startPosition="0"', b'startPosition="x"'), "a position is no whole number"),
        (edit(b'startPosition="0"', b'startPosition="-4"'), "allowed: 0 <= start < end"),
    ],
)
def test_archives_that_mean_harm_or_are_broken_are_refused(tmp_path, change, message):
    path = repacked(tmp_path, change)
    with pytest.raises(DataError, match=message):
        refi.read_project(path)
    assert not (tmp_path.parent / "evil.txt").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: {k: v for k, v in m.items() if not k.endswith(".txt")}, "the archive has no internal://"),
        (lambda m: {k: b"\xff\xfe\x00" if k.endswith(".txt") else v for k, v in m.items()}, "cannot be read as such"),
        (edit(b"internal://", b"file:///etc/"), "outside the archive, file:"),
    ],
)
def test_a_source_that_cannot_be_read_is_listed(tmp_path, change, message):
    path = repacked(tmp_path, change)
    project = refi.read_project(path)
    assert project.sources == ()
    assert project.segments == ()
    assert [message in said for said in project.skipped] == [True]
    with pytest.raises(DataError, match=f"no text source that can be read .not read: source .*{message}"):
        refi.read_texts(path)


def test_what_can_be_read_is_read_and_the_rest_is_said(tmp_path):
    texts = (refi.Source(refi.guid("a"), "first", "We wait."), refi.Source(refi.guid("b"), "second", "x"))
    two = refi.Project("two", sources=texts)
    path = refi.write_project(two, tmp_path / "two.qdpx")
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist() if refi.guid("b") not in name}
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    found = refi.read_texts(path)
    assert found["document"].tolist() == ["two.qdpx: first"]
    lost = f"not read in two.qdpx: source 'second' (the archive has no internal://{refi.guid('b')}.txt in Sources/)"
    assert found.attrs["read_as"] == [lost]


def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr(refi, "LARGEST_MEMBER", 3_000_000)
    path = repacked(tmp_path, lambda m: m | {"Sources/bomb.txt": b"0" * 50_000_000})
    assert path.stat().st_size < 200_000
    with pytest.raises(DataError, match="too large; at most 3,000,000 bytes a member"):
        refi.read_project(path)


def test_too_many_members_and_a_false_zip_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(refi, "MOST_MEMBERS", 10)
    path = repacked(tmp_path, lambda m: m | {f"Sources/{i}.txt": b"" for i in range(11)})
    with pytest.raises(DataError, match="at most 10 are read"):
        refi.read_project(path)
    (tmp_path / "no.qdpx").write_text("no zip")
    with pytest.raises(DataError, match="not a ZIP archive"):
        refi.read_project(tmp_path / "no.qdpx")
    with pytest.raises(DataError, match="there is no file"):
        refi.read_project(tmp_path / "gone.qdpx")


def test_codebooks_with_a_cycle_or_a_foreign_root_are_refused(tmp_path):
    one, two = refi.guid("1"), refi.guid("2")
    cycle = refi.Project("p", codes=(refi.Code(one, "a", two), refi.Code(two, "b", one)))
    with pytest.raises(DataError, match="the codebook has a cycle"):
        refi.check(cycle)
    (tmp_path / "x.qdc").write_text("<CodeBook/>")
    with pytest.raises(DataError, match="a codebook begins with CodeBook"):
        refi.read_codebook(tmp_path / "x.qdc")


def test_sources_that_are_not_text_are_listed(tmp_path):
    picture = f'<PictureSource guid="{refi.guid("pic")}" name="board"/></Sources>'.encode()
    project = refi.read_project(repacked(tmp_path, edit(b"</Sources>", picture)))
    assert project.skipped == ("PictureSource 'board'",)


def test_what_is_not_read_is_listed_and_unknown_coders_are_kept(tmp_path):
    project = example()
    whole = f'<Coding guid="{refi.guid("w")}"><CodeRef targetGUID="{project.codes[0].guid}"/></Coding></TextSource>'
    path = repacked(tmp_path, edit(b"</TextSource>", whole.encode()))
    assert refi.read_project(path).skipped == ("1 codings of the whole of 'note'",)
    path = repacked(tmp_path, edit(b"</Project>", b"<Notes/></Project>"))
    assert refi.read_project(path).skipped == ("Notes",)
    nobody = lambda m: {k: re.sub(rb"<Users>.*</Users>", b"", v, flags=re.S) for k, v in m.items()}  # noqa: E731
    assert refi.read_project(repacked(tmp_path, nobody)).coders == (refi.Coder(project.coders[0].guid, ""),)


def test_a_codebook_of_taguette_is_read(tmp_path):
    """What the exporter of Taguette 1.5.2 wrote for two tags (run outside this project), restated by hand."""
    codes = '<Code guid="69CF15B1-F954-5BFD-A015-655CDB062ECD" name="strategy" isCodable="true"/>'
    codes += (
        '<Code guid="6C1CEDD6-8BFD-5564-B144-1F88F29B93A4" name="capacit\u00e9 &amp; &lt;sens&gt;" isCodable="true"/>'
    )
    text = (
        f'<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Taguette 1.5.2"><Codes>{codes}</Codes><Sets/></CodeBook>'
    )
    (tmp_path / "t.qdc").write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{text}', encoding="utf-8")
    assert [code.name for code in refi.read_codebook(tmp_path / "t.qdc")] == ["strategy", "capacit\u00e9 & <sens>"]


def test_nothing_is_left_when_a_project_cannot_be_written(tmp_path):
    broken = refi.Project("p", sources=(refi.Source("no guid", "n", "t"),))
    with pytest.raises(DataError, match="8-4-4-4-12"):
        refi.write_project(broken, tmp_path / "p.qdpx")
    assert list(tmp_path.iterdir()) == []


def test_a_bare_file_name_is_looked_for_in_the_sources(shared):
    """../shared/cases/wild d23: plainTextPath="a.txt", and sources/a.txt is there."""
    found = refi.read_project(shared / "cases" / "wild" / "d23_bare_path.qdpx")
    assert [source.name for source in found.sources] == ["interview 1"]
    assert len(found.segments) == 1
    found = refi.read_project(shared / "cases" / "wild" / "d24_one_source_missing.qdpx")
    assert [source.name for source in found.sources] == ["interview 1"]
    assert found.skipped == ("source 'interview 2' (the archive has no internal://b.txt in Sources/)",)


def test_a_segment_beyond_its_text_is_refused():
    source = refi.Source(refi.guid("s"), "note", "Too short")
    beyond = refi.Segment(source.guid, 4, 40, refi.guid("c"))
    with pytest.raises(DataError) as caught:
        refi.check(refi.Project("p", codes=(refi.Code(refi.guid("c"), "a"),), sources=(source,), segments=(beyond,)))
    assert str(caught.value) == (
        "project: source 'note': a segment runs from 4 to 40, but the text has 9 characters; allowed: 0 <= start < end "
        "<= 9. Was the text changed after it was coded, or were bytes counted?"
    )
