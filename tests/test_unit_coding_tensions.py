"""The tension finder: rules one by one, offsets, the passages it is checked on, readers of texts."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compendium import datasets
from healthsys.coding import tensions
from healthsys.errors import DataError
from healthsys.io.refi_qda import read_texts
from healthsys.statistics import proportion_interval

HANDS = "on the one hand … on the other hand"


def markers(text, rules="narrow"):
    return tensions.find_markers(text, rules=rules)["marker"].tolist()


@pytest.mark.parametrize(
    ("text", "narrow", "broad"),
    [
        ("We wait, yet we act.", ["yet"], ["yet"]),
        ("It has not come yet.", [], ["yet"]),
        ("They have yet to reply.", [], ["yet"]),
        ("We agree, but not on this.", ["but"], ["but"]),
        ("It is all but done.", [], ["but"]),
        ("Tired but glad.", [], ["but"]),
        ("On the one hand we keep it. On the other hand we change it.", [HANDS], [HANDS]),
        ("There is a fine line between help and control.", ["fine line"], ["fine line"]),
        ("She drew a fine line on the map.", [], ["fine line"]),
        ("We strike a balance every week.", ["balance"], ["balance"]),
        ("The balance sheet is late.", [], ["balance"]),
        ("How can you let go and still answer for it?", ["how can you … and still"], ["how can you … and still"]),
    ],
)  # fmt: skip
def test_each_rule_finds_and_leaves_out_what_it_says(text, narrow, broad):
    assert markers(text) == narrow
    assert markers(text, "broad") == broad


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab yetbu,.!?\n😀é"), max_size=80))
def test_offsets_give_back_the_words_and_lie_inside_the_passage(text):
    found = tensions.find_markers(text, rules="broad")
    for row in found.itertuples():
        assert text[row.start : row.end] == row.matched
        assert row.passage_start <= row.start < row.end <= row.passage_end
        assert text[row.passage_start : row.passage_end] == row.passage


def test_offsets_count_code_points():
    assert tensions.find_markers("😀 We wait, yet we act.")[["start", "end"]].iloc[0].tolist() == [11, 14]


def test_the_passages_are_as_they_say():
    passages = datasets.load("tension_passages")
    assert len(passages) >= 120
    assert (~passages["tension"]).mean() == pytest.approx(0.40)
    rng = np.random.default_rng(20181231)
    half = np.empty(len(passages), dtype=object)
    for tension in (False, True):
        rows = np.flatnonzero(passages["tension"].to_numpy(dtype=bool) == tension)
        rng.shuffle(rows)
        half[rows[: len(rows) // 2]], half[rows[len(rows) // 2 :]] = "development", "held_back"
    assert half.tolist() == passages["half"].tolist()
    both = passages["first_pole"] & passages["second_pole"]
    assert (both == (passages["tension"] & passages["paradox"].notna())).all()


def test_score_of_a_finder_that_finds_nothing_has_no_precision():
    passages = datasets.load("tension_passages").head(4).assign(text="Nothing here.")
    first = tensions.marker_accuracy(passages).iloc[0]
    assert np.isnan(first["precision"])
    assert first["recall"] == 0


def test_unknown_rules_are_named():
    with pytest.raises(DataError, match="allowed: narrow, broad"):
        tensions.find_markers("x", rules="wide")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le"])
def test_texts_of_other_encodings_are_read_and_it_is_said(tmp_path, encoding):
    file = tmp_path / "notes.txt"
    file.write_bytes("one\ncaf\u00e9, but late".encode(encoding))
    found = read_texts(file)
    assert found["text"].tolist() == ["one\ncaf\u00e9, but late"]
    (said,) = found.attrs["read_as"]
    assert said.startswith("notes.txt: the text is ")


def test_bytes_that_are_no_text_name_the_file_and_the_remedy(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_bytes(b"one\x81two")
    with pytest.raises(DataError, match=r"notes\.txt: the file is neither UTF-8 nor .* save it as plain text in UTF-8"):
        read_texts(file)


def test_a_word_document_is_read_as_it_stands_on_the_page(tmp_path):
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    other = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = (
        "<w:p><w:r><w:t>We wait,</w:t><w:tab/><w:t>but we act.</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>Second</w:t><w:br/><w:t>line</w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t> inserted</w:t></w:r></w:ins></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>In a table</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<mc:AlternateContent><mc:Choice><w:p><w:t>a box</w:t></w:p></mc:Choice>"
        "<mc:Fallback><w:p><w:t>a box</w:t></w:p></mc:Fallback></mc:AlternateContent>"
    )
    file = tmp_path / "interview.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document {names} {other}><w:body>{body}</w:body></w:document>")
        archive.writestr("word/comments.xml", "<a>but not this</a>")
    found = read_texts(file)
    assert found["text"].tolist() == ["We wait,\tbut we act.\nSecond\nline inserted\nIn a table\na box"]
    assert found.attrs["read_as"] == ["interview.docx: comments, notes and headers are not read"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"other.xml": "<a/>"}, r"the file is no Word document; save it as \.docx"),
        ({"word/document.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, "declares a document type"),
        ({"word/document.xml": "<a>"}, "not readable XML"),
        ({"word/document.xml": "<a/>"}, "the file is empty; expected text"),
        ({"../word/document.xml": "<a/>"}, "would be written outside its folder"),
    ],
)
def test_a_word_document_that_is_none_or_means_harm_is_refused(tmp_path, members, said):
    file = tmp_path / "interview.docx"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match=rf"interview\.docx: .*{said}"):
        read_texts(file)


def test_a_file_that_only_has_the_ending_of_a_word_document_is_refused(tmp_path):
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0 old")
    with pytest.raises(DataError, match=r"old\.docx: not a ZIP archive, or a damaged one; a \.docx file is a ZIP"):
        read_texts(tmp_path / "old.docx")


def test_readers_take_folders_and_windows_line_ends(tmp_path):
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfone\r\ntwo, but three")
    (tmp_path / "b.txt").write_text("x")
    (tmp_path / "c.csv").write_text("x")
    assert read_texts(tmp_path).to_dict("split")["data"] == [["a.md", "one\ntwo, but three"], ["b.txt", "x"]]
    with pytest.raises(DataError, match=r"the ending '\.csv' is not read"):
        read_texts(tmp_path / "c.csv")
    (tmp_path / "d.txt").write_text(" ")
    with pytest.raises(DataError, match="the file is empty"):
        read_texts(tmp_path / "d.txt")
    with pytest.raises(DataError, match="neither a data set, a file nor a folder"):
        read_texts(tmp_path / "none")


PASSAGES = pd.DataFrame(
    {"passage_id": ["a", "b"], "text": ["It is late, but we stay.", "No."], "tension": [True, False]}
)


@pytest.mark.parametrize(
    ("passages", "message"),
    [
        (PASSAGES.assign(tension=[True, None]), "row 3, column 'tension': the cell is empty"),
        (PASSAGES.assign(text=[None, "x"]), "row 2, column 'text': the cell is empty"),
        (PASSAGES.assign(passage_id="a"), "row 3, column 'passage_id': 'a' occurs twice"),
        (PASSAGES.rename(columns={"tension": "tensions"}), r"no column 'tension'\. Did you mean 'tensions'"),
        (PASSAGES.head(0), "there is no text to search"),
    ],
)
def test_passages_that_cannot_be_compared_are_refused(passages, message):
    with pytest.raises(DataError, match=message):
        tensions.marker_accuracy(passages)


def limits(part, whole, **options):
    found = proportion_interval(part, whole, **options)
    return found.lower, found.upper


def test_the_accuracy_follows_the_level():
    wide, narrow = (tensions.marker_accuracy(PASSAGES, level=level).iloc[0] for level in (0.95, 0.8))
    assert (wide["precision_lower"], wide["precision_upper"]) == limits(1, 1)
    assert wide["precision_lower"] < narrow["precision_lower"]
    with pytest.raises(DataError, match="level is 95"):
        tensions.marker_accuracy(PASSAGES, level=95)


def test_wilson_matches_r_at_two_levels():
    """R 4.2.2: prop.test(6, 16, correct = FALSE, conf.level = 0.95 and 0.90)$conf.int."""
    assert limits(6, 16) == pytest.approx((0.184812326, 0.613589595), abs=5e-10)
    assert limits(6, 16, level=0.9) == pytest.approx((0.208075635, 0.578084013), abs=5e-7)


def test_a_paradox_outside_the_list_is_refused():
    names = pd.DataFrame({"paradox": ["identity"], "first_pole": ["a"], "second_pole": ["b"]})
    passages = pd.DataFrame({"paradox": ["identity", "identty"], "first_pole": True, "second_pole": False})
    with pytest.raises(DataError, match=r"row 3, column 'paradox': 'identty'.*Did you mean 'identity'"):
        tensions.count_poles(passages, names)


@pytest.mark.parametrize(("apart", "start"), [(290, 0), (310, None)])
def test_the_two_halves_of_a_pair_may_be_300_characters_apart(apart, start):
    text = f"on the one hand {'x' * apart} on the other hand"
    found = tensions.find_markers(text, rules="broad")
    assert found["start"].tolist() == [0 if start == 0 else text.index("on the other")]


def test_sixty_characters_of_context_are_shown_on_each_side():
    """CONTEXT is ours: about ten words."""
    text = f"{'a' * 99}. We wait, yet we act. {'b' * 99}."
    row = tensions.find_markers(text).iloc[0]
    assert (len(row["before"]), len(row["after"])) == (60, 60)
