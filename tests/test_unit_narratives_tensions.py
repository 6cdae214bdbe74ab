"""The tension finder: rules one by one, offsets, the passages it is scored on, readers of texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys import datasets
from healthsys.errors import DataError
from healthsys.narratives import readers, tensions

HANDS = "on the one hand … on the other hand"


def markers(text, rules="narrow"):
    return tensions.find(text, rules=rules)["marker"].tolist()


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
    found = tensions.find(text, rules="broad")
    for row in found.itertuples():
        assert text[row.start : row.end] == row.matched
        assert row.passage_start <= row.start < row.end <= row.passage_end
        assert text[row.passage_start : row.passage_end] == row.passage


def test_offsets_count_code_points():
    assert tensions.find("😀 We wait, yet we act.")[["start", "end"]].iloc[0].tolist() == [11, 14]


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
    first = tensions.score(passages).iloc[0]
    assert np.isnan(first["precision"])
    assert first["recall"] == 0


def test_unknown_rules_are_named():
    with pytest.raises(DataError, match="allowed: narrow, broad"):
        tensions.find("x", rules="wide")


def test_wrong_encoding_names_file_and_line(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_bytes("one\ncaf\u00e9".encode("latin-1"))
    with pytest.raises(DataError, match=r"notes\.txt: line 2: not UTF-8 text \(byte 7\); save the file as UTF-8"):
        readers.texts(file)


def test_readers_take_folders_and_windows_line_ends(tmp_path):
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfone\r\ntwo, but three")
    (tmp_path / "b.txt").write_text("x")
    (tmp_path / "c.csv").write_text("x")
    assert readers.texts(tmp_path) == {"a.md": "one\ntwo, but three", "b.txt": "x"}
    with pytest.raises(DataError, match=r"the ending '\.csv' is not read"):
        readers.texts(tmp_path / "c.csv")
    (tmp_path / "d.txt").write_text(" ")
    with pytest.raises(DataError, match="the file is empty"):
        readers.texts(tmp_path / "d.txt")
    with pytest.raises(DataError, match="neither a data set, a file nor a folder"):
        readers.texts(tmp_path / "none")
