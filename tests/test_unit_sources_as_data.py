"""What the sources hold as rows of data: interventions, poles, dates, frameworks, forms, gates of autonomy."""

import io

import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import integrate

from compendium import datasets
from healthsys import spc
from healthsys.errors import DataError
from healthsys.plots.series import event_lines
from healthsys.plots.spc import plot_chart
from in_process import executed, recorded

WORKBOOK = "real_data/staff_survey/NSS24 detailed spreadsheets national results.xlsx"


def shown(notebook, name):
    pages = [output.data.get("text/html", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    return next(pd.read_html(io.StringIO(page))[0] for page in pages if f'id="table-{name}"' in page)


# --- the staff survey -------------------------------------------------------------------------------------------------


def test_the_gates_are_what_the_national_workbook_says(shared):
    from everyday.official.staff_survey_national import national

    committed = datasets.load("staff_survey_national")
    computed = national(shared / WORKBOOK)
    pd.testing.assert_frame_equal(computed.astype(committed.dtypes.to_dict()), committed, check_like=False, rtol=1e-9)


def test_the_gates_by_hand_from_the_cells_of_the_workbook(shared):
    """Q3i and Q12b added up from the workbook's own columns, without the code of the book."""
    committed = datasets.load("staff_survey_national").set_index("question")
    for sheet, question, answers in (
        ("YOUR JOB Q1-3", "Q3i", ("% Strongly disagree", "% Disagree")),
        ("HEALTH WELLBEING SAFETY Q12", "Q12b", ("% Often", "% Always")),
    ):
        cells = pd.read_excel(shared / WORKBOOK, sheet_name=sheet, header=None, engine="calamine")
        first = next(place for place, text in enumerate(cells.iloc[0]) if str(text).startswith(f"{question} - "))
        block = dict(zip(cells.iloc[4, first : first + 6], cells.iloc[5, first : first + 6], strict=True))
        assert committed.loc[question, "closed"] == pytest.approx(sum(block[answer] for answer in answers), abs=5e-5)
        assert committed.loc[question, "base"] == block["Base (number of responses)"]


def test_every_gate_of_the_article_is_measured():
    gates = set(datasets.load("autonomy_gates")["gate"])
    answers = datasets.load("staff_survey_national").query("topic == 'gate'")
    assert set(answers["subject"]) == gates
    assert (answers["closed"] + answers["open"] < 100).all()


def test_a_workbook_of_another_layout_is_refused(monkeypatch):
    from everyday.official import staff_survey_national

    monkeypatch.setattr(staff_survey_national, "sheet_of", lambda *_: {"a sheet": pd.DataFrame([[None]] * 6)})
    with pytest.raises(ValueError, match="has no answer '% Never' to Q5b; is this the workbook of 2024"):
        staff_survey_national.national("x.xlsx")


# --- interventions ----------------------------------------------------------------------------------------------------


def test_evidence_is_counted_from_the_rows():
    rows = datasets.load("review_interventions")
    found = recorded(executed("review-interventions"))
    both = rows["outcome_reported"] & rows["figure"].notna() & rows["comparator"].notna()
    assert found["evidence_both"]["value"] == both.sum() == 8
    assert found["evidence_none"]["value"] == (~rows["outcome_reported"]).sum()
    assert sum(found[f"evidence_{level}"]["value"] for level in ("none", "words", "one", "both")) == len(rows)


def test_the_rows_of_the_book_name_its_own_sources_and_topics():
    rows = datasets.load("review_interventions")
    assert set(rows["source"]) <= {"bolden2021", "bolden2023", "gilson2020", "learningsites2020", "mannion2023"}
    assert set(rows["topic"]) <= {"equality", "culture", "improvement", "leadership", "talent", "resilience"}


def test_a_row_without_an_outcome_has_no_figure_and_no_comparator():
    none = datasets.load("review_interventions").query("not outcome_reported")
    assert none[["figure", "comparator"]].isna().all(axis=None)
    assert none["direction"].isin(["not said", "mixed"]).all()


def test_a_gain_of_25_percent_is_the_place_of_the_average_team():
    """d = 0.67 by integrating the normal density; the abstract says approximately 25%."""
    area, _ = integrate.quad(lambda x: 2.718281828459045 ** (-x * x / 2) / 6.283185307179586**0.5, 0, 0.67)
    found = recorded(executed("review-interventions"))
    assert found["debrief_points"]["value"] == pytest.approx(100 * area, abs=1e-6)
    assert round(found["debrief_points"]["value"]) == 25


def test_own_rows_are_counted(tmp_path):
    rows = datasets.load("review_interventions").head(3)
    rows = rows.assign(figure="half", comparator="before", outcome_reported=True)
    rows.to_csv(tmp_path / "own.csv", index=False)
    found = recorded(executed("review-interventions", file=str(tmp_path / "own.csv")))
    assert found["evidence_both"]["value"] == 3
    assert found["finding"]["text"].startswith("Some: of 3")


# --- team reviews -----------------------------------------------------------------------------------------------------


def own_log(folder, closed):
    log = pd.DataFrame({"meeting": "2025-01-06", "reviewed": "a", "action": list("abcd"), "owner_role": "lead",
                        "due": ["2025-01-10", "2025-01-10", "2025-01-20", "2025-03-01"], "closed": closed})  # fmt: skip
    log.to_csv(folder / "log.csv", index=False)
    return str(folder / "log.csv")


def test_close_out_counts_what_is_due_and_closed_by_the_day(tmp_path):
    log = own_log(tmp_path, ["2025-01-10", "2025-01-12", "2025-02-02", "2025-01-08"])
    found = recorded(executed("team-reviews", log_file=log, as_of="2025-01-31"))
    assert found["closed"]["value"] == pytest.approx(200 / 3)  # c is closed after the day, d is not due yet
    assert found["on_time"]["value"] == pytest.approx(100 / 3)
    interval = found["closed"]["lower"], found["closed"]["upper"]
    assert interval == pytest.approx((20.77, 93.85), abs=0.005)  # Wilson, 2 of 3
    assert found["finding"]["text"].startswith("In the log 67%")


def test_a_day_before_anything_is_due_is_refused(tmp_path):
    with pytest.raises(DataError, match="no action is due by 2024-01-01; name a later day"):
        executed("team-reviews", as_of="2024-01-01")


def test_checklists_have_the_number_of_items_that_the_sources_give():
    items = datasets.load("team_checklists").groupby("checklist")["item"].size()
    assert items["quality improvement, ten guidelines"] == 10
    assert items["Equality Delivery System 2022"] == 11
    assert items["inclusive leadership development"] == 8


# --- poles, lessons, frameworks ---------------------------------------------------------------------------------------


def test_each_paradox_has_both_poles_by_the_names_of_the_article():
    poles, paradoxes = datasets.load("paradox_poles"), datasets.load("paradoxes").set_index("paradox")
    for row in poles.itertuples():
        assert row.theme == paradoxes.loc[row.paradox, f"{row.pole}_pole"]
    assert len(poles) == 8


def test_turns_between_poles_are_counted_within_each_paradox(tmp_path):
    log = pd.DataFrame({"date": ["2025-01-01", "2025-02-01", "2025-03-01", "2025-01-15"],
                        "paradox": ["change", "change", "change", "place"],
                        "pole": ["first", "second", "first", "second"], "what": list("abcd")})  # fmt: skip
    log.to_csv(tmp_path / "log.csv", index=False)
    notebook = executed("tensions-in-text", log_file=str(tmp_path / "log.csv"))
    said = recorded(notebook)["attention"]["text"]
    assert said.startswith("In the log, 4 decisions changed pole 2 times; no decision serves 5 of 8 poles.")


def test_frameworks_are_numbered_and_as_long_as_their_names_say():
    frame = datasets.load("change_frameworks")
    names = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    words = dict(zip(names, range(2, 11), strict=True))
    for name, rows in frame.groupby("framework"):
        assert rows["order"].tolist() == list(range(1, len(rows) + 1)), name
        first = name.split()[0]
        assert len(rows) == words.get(first, len(rows)), name
    assert frame["framework"].nunique() == 60


def test_lessons_and_voices():
    kinds = datasets.load("site_lessons")["list"].value_counts()
    assert kinds.to_dict() == {"voice": 6, "lesson": 5}


def test_maladapted_events_are_those_of_the_register():
    events = datasets.load("area_south_events")
    of_register = events.loc[events["outcome"].fillna("").str.contains("maladapted"), "event_id"]
    assert set(datasets.load("maladapted_emergence")["event_id"].dropna()) == set(of_register)


# --- dates of policy --------------------------------------------------------------------------------------------------


def chart():
    return spc.xmr(range(30, 54), periods=pd.date_range("2018-01-01", periods=24, freq="MS"))


def test_dates_are_drawn_faintly_and_numbered():
    events = pd.DataFrame({"number": [1, 2], "date": pd.to_datetime(["2018-06-01", "2019-01-07"])})
    plain = plot_chart(chart(), title="x", ax=Figure().subplots())
    drawn = plot_chart(chart(), title="x", events=events, ax=Figure().subplots())
    assert len(drawn.lines) == len(plain.lines) + 2
    assert [text.get_text() for text in drawn.texts if text.get_text() in "12"] == ["1", "2"]
    assert drawn.get_xlim() == pytest.approx(plain.get_xlim())


@pytest.mark.parametrize("size", [(7.2, 3.4), (3.58, 3.6)])
def test_numbers_of_dates_are_above_everything_that_is_drawn(size):
    """A target or a point at the top would strike a number through."""
    events = pd.DataFrame({"number": [1, 2, 3], "date": pd.date_range("2018-06-01", periods=3, freq="MS")})
    figure = Figure(figsize=size, dpi=72)
    ax = plot_chart(chart(), title="x", events=events, target=62, target_label="target 62", ax=figure.subplots())
    figure.draw_without_rendering()
    highest = ax.transData.transform((0, 62))[1]
    numbers = [text for text in ax.texts if text.get_text() in "123"]
    assert len(numbers) == 3
    assert all(text.get_window_extent().y0 > highest for text in numbers)


def test_no_dates_draw_nothing():
    ax = Figure().subplots()
    event_lines(ax, None)
    assert not ax.lines
    assert not ax.texts


def test_only_dates_inside_the_series_and_known_to_the_month_are_listed():
    listed = shown(executed("trend-england-emergency"), "policy-dates")
    assert listed["when"].tolist() == ["June 2018", "7 January 2019", "March 2019"]


def test_dates_known_to_the_month_or_year_are_its_first_day():
    dates = datasets.load("policy_dates")
    month = dates["precision"].isin(["month", "year"])
    assert (dates.loc[month, "date"].dt.day == 1).all()
    assert (dates.loc[dates["precision"] == "year", "date"].dt.month == 1).all()


# --- disability and pay -----------------------------------------------------------------------------------------------


def test_barriers_are_counted_among_those_who_need_an_adjustment():
    rows = datasets.load("staff_survey_national").query("topic == 'disability'").set_index("asked")
    given, none_needed = rows.loc["the employer has made adjustments"], rows.loc["needs no adjustment"]
    found = recorded(executed("workforce-disability-equality"))
    assert found["barrier"]["value"] == pytest.approx(100 * given["closed"] / (100 - none_needed["closed"]), abs=1e-4)
    assert found["barrier"]["value"] == pytest.approx(25.03, abs=0.005)  # 15.6273 of 62.4433


def test_the_page_on_race_equality_says_nothing_of_it():
    assert not {"barrier", "condition", "declared"} & set(recorded(executed("workforce-race-equality")))
