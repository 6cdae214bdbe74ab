"""Readers of official layouts on hand-made files, and their words where a layout is not met."""

import pandas as pd
import pytest

from compendium import datasets
from compendium.errors import DatasetError
from compendium.notebook import open_data
from healthsys.errors import DataError
from healthsys.io import pick_series, read_official, read_series
from healthsys.io.series import SCHEMA

AE_HEADER = (
    "Period,Org Code,Parent Org,Org name,A&E attendances Type 1,A&E attendances Type 2,"
    "A&E attendances Other A&E Department,A&E attendances Booked Appointments Type 1,"
    "A&E attendances Booked Appointments Type 2,A&E attendances Booked Appointments Other Department,"
    "Attendances over 4hrs Type 1,Attendances over 4hrs Type 2,Attendances over 4hrs Other Department,"
    "Attendances over 4hrs Booked Appointments Type 1,Attendances over 4hrs Booked Appointments Type 2,"
    "Attendances over 4hrs Booked Appointments Other Department,"
    "Patients who have waited 4-12 hs from DTA to admission,Patients who have waited 12+ hrs from DTA to admission,"
    "Emergency admissions via A&E - Type 1,Emergency admissions via A&E - Type 2,"
    "Emergency admissions via A&E - Other A&E department,Other emergency admissions\n"
)
A = "MSitAE-{month}-2025,RA1,NORTH ,TRUST A,1000,0,200,50,0,10,300,0,20,5,0,0,7,1,250,0,10,40\n"
B = "MSitAE-{month}-2025,RB1,SOUTH ,TRUST B,800,100,0,0,0,0,100,10,0,0,0,0,3,0,150,5,0,20\n"
TOTAL = "{total},{total},{total},{total},1800,100,200,50,0,10,400,10,20,5,0,0,10,1,400,5,10,60\n"


def ae(tmp_path, name, month="APRIL", total="TOTAL", rows=(A, B, TOTAL), header=AE_HEADER):
    text = header + "".join(row.format(month=month, total=total) for row in rows)
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("total", ["TOTAL", "Total", "total"])
def test_ae_month_counts_booked_and_leaves_the_total_out(tmp_path, total):
    reading = read_official(ae(tmp_path, "Monthly-AE-April-2025.csv", total=total))
    england = pick_series(reading.table, indicator="within_4h_percent", unit="England").iloc[0]
    assert (england["numerator"], england["denominator"]) == (2160 - 435, 2160)
    assert england["period"] == pd.Timestamp("2025-04-01")
    assert set(reading.table["unit"]) == {"RA1", "RB1", "England"}
    checks = reading.report.set_index("check")
    assert checks["own"].to_list() == checks["file_says"].to_list() == [2160, 435, 415]
    assert any("booked appointments are 2.8% of attendances" in note for note in reading.notes)


def test_a_folder_of_months_is_one_series(tmp_path):
    for month in ("APRIL", "MAY", "JULY"):
        ae(tmp_path, f"{month}-9jfy4-v2.0.csv", month=month)
    table = read_series(tmp_path)
    series = pick_series(table, indicator="attendances", unit="England")
    assert [f"{period:%Y-%m}" for period in series["period"]] == ["2025-04", "2025-05", "2025-07"]


def test_two_revisions_of_a_month_are_refused(tmp_path):
    ae(tmp_path, "a.csv")
    ae(tmp_path, "b.csv")
    with pytest.raises(DataError, match="2025-04 of 'RA1' is in two files; keep the newer"):
        read_official(tmp_path)


def test_ae_faults_are_named(tmp_path):
    with pytest.raises(DataError, match="organisation 'RA1' occurs twice"):
        read_official(ae(tmp_path, "twice.csv", rows=(A, A)))
    with pytest.raises(DataError, match="row 2: 'MSitAE-SMARCH-2025' does not name a month"):
        read_official(ae(tmp_path, "month.csv", month="SMARCH"))
    with pytest.raises(DataError, match=r"column 'A&E attendances Type 1', row 3: 'n/a' is not a number"):
        read_official(ae(tmp_path, "text.csv", rows=(A, B.replace("800", "n/a"))))
    with pytest.raises(DataError, match="lacks 'Attendances over 4hrs Type 1"):
        read_official(ae(tmp_path, "layout.csv", header=AE_HEADER.replace("Attendances over 4hrs", "Late")))


KH03 = """org_code,period,org_name,kh03_avail_ga_avg_beds,\
kh03_occ_ga_avg_beds,kh03_occ_ga_rate,ae_type1_pct_4hr,ae_type1_attendances
NAN,2019-20 Q1,England,300.0,270.0,0.9,,
RA1,2019-20 Q1,A,100.0,90.0,0.9,0.8,5000
RB1,2019-20 Q1,B,200.0,180.0,0.9,0.85,9000
RC1,2019-20 Q1,C,0.0,0.0,,,
NAN,2019-20 Q2,England,300.0,240.0,0.8,,
RA1,2019-20 Q2,A,100.0,70.0,0.7,0,5000
RB1,2019-20 Q2,B,200.0,170.0,0.85,0.84,9000
RC1,2019-20 Q2,C,0.0,0.0,,,
RA1,2019-20 Q3,A,100.0,70.0,0.7,0.79,5000
NAN,2019-20 Q3,England,100.0,70.0,0.7,,
"""


def test_kh03_keeps_england_apart_and_takes_unreported_zeros_as_missing(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text(KH03, encoding="utf-8")
    reading = read_official(path)
    england = pick_series(reading.table, indicator="ga_occupancy_percent", unit="England")
    assert england["value"].to_list() == pytest.approx([90, 80, 70])
    assert england["period"].iloc[0] == pd.Timestamp("2019-04-01")
    four = pick_series(reading.table, indicator="type1_within_4h_percent", unit="RA1")
    assert four["value"].isna().to_list() == [False, True, False]
    assert pick_series(reading.table, indicator="ga_occupancy_percent", unit="RC1")["value"].isna().all()
    assert reading.report["own"].to_list() == reading.report["file_says"].to_list()
    path.write_text(KH03.replace("2019-20 Q3", "2019-21 Q3"), encoding="utf-8")
    with pytest.raises(DataError, match="'2019-21 Q3' is not a financial quarter"):
        read_official(path)


RTT = """\
,,,,,,
,"Title: Referral to Treatment (RTT) Waiting Times, England",,,,,
,Year,Month,Incomplete RTT pathways,,"Unique Patients
",Completed admitted (unadjusted) RTT pathways
,,,Median wait (weeks),% within 18 weeks,Estimated number of unique patients (mil),95th percentile (weeks)
,2007/08,Apr-07,-,-,-,52+
,,May-07,"1,014.3",57.2%,-,51.0
,,* Jun-07,13.4,59.1%,6.34,50.1
,,Jul-07,,,,-
,Notes:,,,,,
,"1. Median, 52+ and other words",,,,,
"""


def test_rtt_overview_with_its_two_row_header(tmp_path):
    path = tmp_path / "overview.csv"
    path.write_text(RTT, encoding="utf-8")
    reading = read_official(path)
    wait = pick_series(reading.table, indicator="incomplete_median_wait_weeks", unit="England")
    assert wait["value"].to_list() == [1014.3, 13.4]
    assert [f"{period:%Y-%m}" for period in wait["period"]] == ["2007-05", "2007-06"]
    share = pick_series(reading.table, indicator="incomplete_percent_within_18_weeks", unit="England")
    assert share["value"].to_list() == [57.2, 59.1]
    late = pick_series(reading.table, indicator="admitted_95th_percentile_weeks", unit="England")
    assert late["value"].to_list() == [51.0, 50.1]
    row = reading.report.iloc[0]
    assert (row["rows_in"], row["rows_used"]) == (4, 2)
    assert "1 censored cells" in reading.notes[0]
    assert "1 has a footnote mark" in reading.notes[1]
    path.write_text(RTT.replace("57.2%", "57 point 2"), encoding="utf-8")
    with pytest.raises(DataError, match=r"row 6: '57 point 2' is not a number.*52\+"):
        read_official(path)


def test_an_overview_saved_from_its_workbook_without_formats_means_the_same(tmp_path):
    path = tmp_path / "overview.csv"
    stored = RTT.replace("57.2%", "0.572").replace("59.1%", "0.591").replace("6.34", "6340000")
    path.write_text(stored, encoding="utf-8")
    table = read_official(path).table.set_index(["indicator", "period"])["value"]
    assert table["incomplete_percent_within_18_weeks"].round(9).to_list() == [57.2, 59.1]
    (millions,) = table[table.index.get_level_values(0).str.contains("millions")]
    assert millions == 6.34
    assert table["admitted_95th_percentile_weeks"].to_list() == [51.0, 50.1]


GP = """CCG_CODE,CCG_NAME,Appointment_Month,APPT_STATUS,HCP_TYPE,\
APPT_MODE,TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS
11X,NHS  Somerset CCG,MAR2019,Attended,GP,Face-to-Face,15  to 21 Days,60
11X,NHS  Somerset CCG,MAR2019,DNA,GP,Telephone,Same Day,30
11X,NHS  Somerset CCG,MAR2019,Unknown,GP,Unknown,Unknown / Data Issue,10
11X,NHS  Somerset CCG,APR2019,Attended,GP,Telephone,Same Day,50
"""


def test_gp_months_are_sums_and_unknown_is_no_answer(tmp_path):
    path = tmp_path / "Regional_CSV_Somerset.csv"
    path.write_text(GP, encoding="utf-8")
    table = read_official(path).table
    assert set(table["unit"]) == {"NHS Somerset CCG"}
    count = pick_series(table, indicator="appointments", unit="NHS Somerset CCG")
    assert count["value"].to_list() == [100, 50]
    share = pick_series(table, indicator="face_to_face_percent", unit="NHS Somerset CCG").sort_values("period")
    assert share["value"].to_list() == pytest.approx([100 * 60 / 90, 0])


WALES = """\
"","All ","","","","All "
"","Up to 26 weeks ",".","Up to 26 weeks ","Over 36 weeks ","."
"","Over 0 weeks and up to 1 week ","Over 25 weeks and up to 26 weeks ",".","Over 105 weeks ","."
"Dec-2011 (1)",30,20,50,".",50
"June-2012 ",30,25,55,5,60

"""


def test_wales_bands_are_added_and_compared_with_all(tmp_path):
    path = tmp_path / "wales.csv"
    path.write_text(WALES, encoding="utf-8")
    reading = read_official(path)
    assert pick_series(reading.table, indicator="total_waiting", unit="Wales")["value"].to_list() == [50, 60]
    assert pick_series(reading.table, indicator="within_26_weeks_percent", unit="Wales")["value"].iloc[
        1
    ] == pytest.approx(100 * 55 / 60)
    assert reading.report["own"][0] == reading.report["file_says"][0] == 110


def test_regions_compare_specialties_with_their_total(tmp_path):
    path = tmp_path / "regions.csv"
    path.write_text(
        "Year,Month,NHSER20NM,Treatment Function Name,Total waiting > 52 weeks,Total waiting > 18 weeks\n"
        "2019,Dec,London,Cardiology,1,40\n2019,Dec,London,Urology,2,60\n2019,Dec,London,Total,3,100\n",
        encoding="utf-8",
    )
    reading = read_official(path)
    assert pick_series(reading.table, indicator="waiting_over_18_weeks", unit="England")["value"].to_list() == [100]
    assert reading.report["own"].to_list() == reading.report["file_says"].to_list() == [100, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("EmployerName,Address\nA,B\n", "layout is not recognised; the first row holds EmployerName, Address"),
        ("CCG_NAME,Appointment_Month\nA,B\n", "Nearest is 'GP appointments, regional CSV', which also needs COUNT_OF"),
        (GP.splitlines()[0] + "\n", "a header but no rows"),
        (GP.splitlines()[0] + "\n11X,Somerset\n", "row 2 has 2 cells but the header 8"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_was_expected(tmp_path, text, message):
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_official(path)


def test_a_broken_workbook_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "book.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(DataError, match=r"no readable xlsx, xls or ods workbook .*; save the sheet as 'CSV UTF-8'"):
        read_official(path)


def test_layouts_are_not_mixed_in_a_folder(tmp_path):
    ae(tmp_path, "a.csv")
    (tmp_path / "b.csv").write_text(GP, encoding="utf-8")
    with pytest.raises(DataError, match="files are of 2 layouts"):
        read_official(tmp_path)


def test_a_tidy_file_of_ones_own_is_checked_cell_by_cell(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("indicator,unit,period,value\nseen,A,2020-01-01,5\nseen,A,2020-02-01,6\n", encoding="utf-8")
    table = open_data(path, read_series)
    assert table.attrs["provenance"]["kind"] == "yours"
    assert pick_series(table, indicator="seen", unit="A")["value"].to_list() == [5, 6]
    path.write_text("indicator,unit,period,value\nseen,A,2020-01-01,five\n", encoding="utf-8")
    with pytest.raises(DataError, match="column 'value', row 2: 'five' is not allowed"):
        read_series(path)


def test_an_unknown_series_names_the_nearest():
    table = open_data("area_south_series", read_series)
    with pytest.raises(DataError, match="Did you mean 'antenatal_coverage'"):
        pick_series(table, indicator="antenatal", unit="Area South")
    with pytest.raises(DatasetError, match="neither a bundled data set nor a file"):
        open_data("area_south_serie", read_series)


@pytest.mark.parametrize(
    "name", ["ae_england_monthly", "area_south_series", "gp_appointments_counties", "kh03_beds_england",
             "rtt_england_monthly"]
)  # fmt: skip
def test_a_bundled_series_is_the_same_by_its_schema_and_by_the_reader(name):
    table, typed = open_data(name, read_series), datasets.load(name)
    columns = ["indicator", "unit", "period", "value", "numerator", "denominator"]
    pd.testing.assert_frame_equal(table[columns], typed[columns])
    assert table.attrs["provenance"] == typed.attrs["provenance"]
    assert "reading" not in table.attrs


def test_what_a_reading_noted_stays_with_the_series(tmp_path):
    table = open_data(ae(tmp_path, "april.csv"), read_series)
    assert table.attrs["reading"]["layout"] == "ae_month"
    assert table.attrs["reading"]["report"][0]["file_says"] == 2160
    assert table.attrs["provenance"]["name"] == "april.csv"


def test_the_schema_of_a_tidy_file_is_that_of_its_template():
    described = datasets.describe("area_south_series")["schema"]
    fields = [{key: value for key, value in field.items() if key != "unit"} for field in described["fields"]]
    assert {**described, "fields": fields} == SCHEMA
