"""The explorers in a real browser: their numbers are the package's, by keyboard too, from a file, for everyone.

Numbers are read from the page (`data-value`, unrounded) and compared with the package's functions at a relative
tolerance of 1e-9; the rounded text beside them, the sentence and the table must be those that Python writes.
"""

import gzip
import itertools
import json
import random
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest

import miniature
from compendium import datasets
from compendium.notebook import open_data
from everyday.explorers import association as explore_association
from everyday.explorers import beds as explore_beds
from everyday.explorers import chart as explore_chart
from everyday.explorers import intervals as explore_intervals
from everyday.explorers import pay as explore_pay
from healthsys import io, panel, pay, queueing
from healthsys.io import prepare
from healthsys.spc.charts import xmr
from test_functional_book import HTML, PROJECT, book  # noqa: F401  (the fixture builds the book)
from test_functional_browser import axe, browser, examined  # noqa: F401

EXPLORERS = ("control-chart", "bed-slack", "pay-gap", "intervals", "association")

CLOSE = {"rel": 1e-9, "abs": 1e-9}

#: Most that an explorer's page may weigh, gzipped, in bytes.
HEAVIEST = 500_000


#: The sentence follows at once, not when a slider has rested for 150 milliseconds: at 300 positions that is a minute.
HURRIED = """const later = window.setTimeout;
window.setTimeout = (what, wait, ...more) => later(what, wait === 150 ? 0 : wait, ...more);"""


def opened(browser, kind, *, width=1280, scheme="light", hurried=False, **options):  # noqa: F811
    """Open an explorer from its file, with what it asked for and complained about."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
    if hurried:
        context.add_init_script(HURRIED)
    page = context.new_page()
    page.seen = {"requests": [], "errors": []}
    page.on("request", lambda sent: page.seen["requests"].append(sent.url))
    page.on("pageerror", lambda error: page.seen["errors"].append(str(error)))
    page.on("console", lambda said: said.type in ("error", "warning") and page.seen["errors"].append(said.text))
    page.goto(f"file://{HTML}/analyses/explore-{kind}.html", wait_until="load")
    if options.get("java_script_enabled", True):
        page.wait_for_selector(".hs-explorer[data-ready]")
    return page


@pytest.fixture(scope="module")
def pages(browser):  # noqa: F811
    """Each explorer open once, at its start, its sentence in a hurry."""
    found = {kind: opened(browser, kind, hurried=True) for kind in EXPLORERS}
    yield found
    for page in found.values():
        page.context.close()


def settled(page):
    """Wait until the sentence has followed the controls and the charts are drawn."""
    page.wait_for_selector(".hs-said[aria-busy=false]", state="attached")


def put(page, **controls):
    """Set controls as a reader's hand would leave them, and return what the page then shows."""
    page.evaluate(
        """(controls) => {
          const form = document.querySelector(".hs-controls");
          for (const [name, value] of Object.entries(controls)) {
            const element = form.elements[name];
            if (typeof value === "boolean") element.checked = value; else element.value = value;
            element.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }""",
        controls,
    )
    settled(page)
    return page.evaluate(
        """() => ({
          sentence: document.querySelector(".hs-said").textContent,
          numbers: Object.fromEntries([...document.querySelectorAll(".hs-numbers dd")].map((cell) =>
            [cell.dataset.name, [cell.dataset.value, cell.textContent, cell.previousSibling.textContent]])),
          rows: [...document.querySelectorAll(".hs-alternative tbody tr")].map((row) =>
            [...row.cells].map((cell) => cell.textContent)),
          heads: [...document.querySelectorAll(".hs-alternative thead th")].map((cell) => cell.textContent),
        })"""
    )


def same_words(shown, state, explorer):
    """Compare sentence, numbers and table of the page with the state that Python gives."""
    assert shown["sentence"] == state.sentence
    assert list(shown["numbers"]) == [one.name for one in state.numbers]
    for one in state.numbers:
        value, text, label = shown["numbers"][one.name]
        assert (text, label) == (one.text, one.label)
        assert (float(value) if value else None) == (None if one.value is None else pytest.approx(one.value, **CLOSE))
    written = re.findall(
        r"<tr>(<th scope=\"row\">.*?)</tr>", type(explorer)(**{**vars(explorer), "start": state}).table.html
    )
    assert shown["rows"] == [re.findall(r">([^<]+)</t[hd]>", row) for row in written]


def positions(kind):
    """Return positions of the controls: the corners, and many in between by a fixed draw."""
    draw = random.Random(20160101)
    if kind == "control-chart":
        corners = list(itertools.product((5, 6, 24, 30), (5, 12), (5, 12), (True, False)))
        more = [(draw.randint(5, 30), draw.randint(5, 12), draw.randint(5, 12), draw.random() < 0.5) for _ in range(30)]
        return [dict(zip(("rebase", "shift", "trend", "screen"), one, strict=True)) for one in corners + more]
    if kind == "bed-slack":
        corners = list(itertools.product((1, 28, 80), (0.1, 5.2, 20), (0.5, 14), (1, 20)))
        more = [
            (draw.randint(1, 80), draw.randint(1, 200) / 10, draw.randint(5, 140) / 10, draw.randint(1, 20))
            for _ in range(30)
        ]
        return [dict(zip(("beds", "arrivals", "stay", "accepted"), one, strict=True)) for one in corners + more]
    if kind == "intervals":
        names = ("months", "rho", "method", "step", "one")
        every = itertools.product(("24", "48", "120"), ("0", "0.3", "0.6"), explore_intervals.METHODS)
        return [dict(zip(names, (*one, draw.randint(0, 6), draw.randint(1, 10)), strict=True)) for one in every]
    if kind == "association":
        return [{"comparison": one, "more": more} for one in explore_association.COMPARISONS for more in (1, 10, 20)]
    bands = explore_pay.BANDS
    corners = [(who, "5", "7", people) for who in ("women", "men") for people in (0, 10, 20, 40)]
    corners += [("women", "6", "6", 10), ("men", "9", "2", 10), ("women", "8b", "2", 10), ("women", "2", "VSM", 10)]
    more = [
        (draw.choice(("women", "men")), *draw.sample(bands, 2), 10 * draw.randint(0, 5))
        for _ in range(40)
    ]  # fmt: skip
    return [dict(zip(("who", "origin", "to", "people"), one, strict=True)) for one in corners + more]


@pytest.fixture(scope="module")
def ready():
    source = open_data("area_south_series", io.read_series)
    return prepare.prepare_series(source, indicator="antenatal_coverage", unit="Area South")


@pytest.fixture(scope="module")
def bands():
    return explore_pay.by_band(datasets.load("workforce_staff"), organisation="ICB")


def test_the_control_chart_is_the_packages_at_every_position(pages, ready):
    explorer = explore_chart.chart_explorer(ready, subject="antenatal coverage in Area South", kind="synthetic")
    for position in positions("control-chart"):
        shown = put(pages["control-chart"], **position)
        chart = xmr(
            ready.frame["value"],
            rebase=[position["rebase"]] if position["rebase"] >= 6 else [],
            shift_length=position["shift"],
            trend_length=position["trend"],
            screen=position["screen"],
        )
        assert [row[-1] for row in shown["rows"]] == [signal or "none" for signal in chart.points["signal"]], position
        for part in chart.segments.itertuples():
            for name in ("mean", "lpl", "upl"):
                assert float(shown["numbers"][f"{name}_{part.segment}"][0]) == pytest.approx(
                    getattr(part, name), **CLOSE
                )
        same_words(shown, explore_chart.chart_state(ready, explore_chart.chart_at(ready, **position)), explorer)


@pytest.mark.parametrize(
    ("tenths", "signals"),
    [
        ([933] * 13, 0),
        ([1000] * 10 + [992] + [1000] * 13, 1),
        ([1000] * 5 + [992] + [1000] * 9 + [999] + [1000] * 8, 1),
    ],
)
@pytest.mark.parametrize("screen", [True, False])
def test_the_browser_takes_no_rounding_for_a_signal(pages, tenths, signals, screen):
    """The page's own script on constant months and single exceptions; unit tests compare it with fractions."""
    values = [one / 10 for one in tenths]
    shown = pages["control-chart"].evaluate(
        """([values, screen]) => globalThis.hsExplorers["control-chart"](
          { values, labels: values.map(String), period: "month", digits: 1, kind: "yours", title: "",
            sign: "%", fewestInPart: 6, fewest: 12 }, { rebase: 5, shift: 7, trend: 7, screen }).numbers.signals[0]""",
        [values, screen],
    )
    assert shown == signals
    assert (xmr(values, screen=screen).points["signal"] != "").sum() == signals


def test_the_ward_is_the_packages_at_every_position(pages):
    explorer = explore_beds.beds_explorer(beds=28, arrivals=5.2, stay=5.0, accepted=5)
    for position in positions("bed-slack"):
        shown = put(pages["bed-slack"], **position)
        load, beds = position["arrivals"] * position["stay"], position["beds"]
        numbers = {name: float(value) if value else None for name, (value, _, _) in shown["numbers"].items()}
        assert numbers["full"] == pytest.approx(100 * queueing.erlang_b(load, beds), **CLOSE)
        assert numbers["used"] == pytest.approx(100 * queueing.occupancy(load, beds), **CLOSE)
        assert numbers["needed"] == queueing.smallest_ward(load, target=position["accepted"] / 100)
        assert numbers["spared"] == pytest.approx(queueing.one_more_bed(load, beds, more=1)["spared"].iloc[1], **CLOSE)
        if load < beds:
            assert numbers["must_wait"] == pytest.approx(100 * queueing.erlang_c(load, beds), **CLOSE)
        else:
            assert numbers["must_wait"] is numbers["mean_wait"] is None
        same_words(shown, explore_beds.beds_state(**position), explorer)


def test_the_pay_gap_is_the_packages_at_every_position(pages, bands):
    explorer = explore_pay.pay_explorer(bands, who="women", origin="5", to="7")
    page = pages["pay-gap"]
    for position in positions("pay-gap"):
        put(page, people=0)
        shown = put(page, **position)
        people = int(page.locator("input[name=people]").input_value())
        most = int(bands.loc[bands["band"] == position["origin"], position["who"]].iloc[0])
        expected = 0 if position["origin"] == position["to"] else min(position["people"], most // 10 * 10)
        assert people == expected
        after = explore_pay.moved(bands, **{**position, "people": people})
        found = pay.statutory(explore_pay.staff_of(after))
        numbers = {name: float(value) for name, (value, _, _) in shown["numbers"].items()}
        for measure in ("mean", "median"):
            assert numbers[f"{measure}_gap"] == pytest.approx(found.gap(f"{measure}_hourly").percent, **CLOSE)
        shares = [numbers[name] for name in ("lower", "lower_middle", "upper_middle", "upper")]
        assert shares == pytest.approx(found.quarters["group_percent"].tolist(), **CLOSE)
        same_words(shown, explore_pay.pay_state(bands, **{**position, "people": people}), explorer)


@pytest.fixture(scope="module")
def fits():
    """The four models, from the sums by unnamed trust."""
    sums, specs = (datasets.load(f"occupancy_{name}") for name in ("moments", "specifications"))
    found = {}
    for name in explore_association.COMPARISONS:
        kept = sums[(sums["sample"] == "all") & (sums["effects"] == name)]
        recipe = specs.query("sample == 'all' and weights == 'none' and regressor == 'occupancy' and effects == @name")
        fit = panel.fit_from_moments(kept, "four_hour", ["occupancy"], absorbed=int(recipe["absorbed"].iloc[0]))
        spread = (kept["occupancy:occupancy"].sum() / fit.rows) ** 0.5
        found[name] = {**fit.estimates.loc["occupancy", ["estimate", "low", "high"]], "spread": spread}
    return pd.DataFrame(found).T


def test_the_slopes_are_those_of_the_page_on_occupancy(pages, fits):
    """Every position; the slopes are those that the page on occupancy has recorded."""
    recorded = json.loads((PROJECT / "results/occupancy-four-hour.json").read_text())["results"]
    bins = datasets.load("occupancy_bins")
    explorer = explore_association.association_explorer(fits, bins, comparison="none", more=10)
    for position in positions("association"):
        shown = put(pages["association"], **position)
        slope = recorded["slope_" + position["comparison"].replace(" and ", "_")]["value"]
        assert float(shown["numbers"]["slope"][0]) == pytest.approx(slope, abs=1e-5)
        assert float(shown["numbers"]["difference"][0]) == pytest.approx(position["more"] * slope, abs=1e-4)
        same_words(shown, explore_association.association_state(fits, **position), explorer)


def test_the_intervals_are_the_packages_at_every_position(pages):
    carried = pages["intervals"].locator(".hs-explorer script").text_content()
    cells = json.loads(carried)["inputs"]["cells"]  # as the run has drawn them; a unit test compares them
    options = {"months": "24", "rho": "0.6", "method": "ols", "step": 3, "series": 4000}
    explorer = explore_intervals.intervals_explorer(cells, **options)
    for position in positions("intervals"):
        shown = put(pages["intervals"], **position)
        same_words(shown, explore_intervals.intervals_state(cells, **position, series=4000), explorer)


@pytest.mark.parametrize("kind", EXPLORERS)
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_charts_and_controls_are_on_the_screen_together(pages, kind, width, height):
    page = pages[kind]
    page.set_viewport_size({"width": width, "height": height})
    miniature.until(page, "(wide) => document.querySelector('.hs-live svg')?.clientWidth <= wide", width)
    page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll(".hs-control, .hs-live")];
          const ends = shown.map((one) => one.getBoundingClientRect().bottom);
          scrollBy({ top: Math.max(...ends) + 8 - innerHeight, behavior: "instant" });
        }"""
    )
    page.wait_for_timeout(100)
    ends = "all => all.map((one) => one.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom])"
    charts, controls = (page.locator(query).evaluate_all(ends) for query in (".hs-live", ".hs-control"))
    assert min(top for top, _ in charts + controls) >= 50, "under the header"
    assert max(bottom for _, bottom in charts + controls) <= height
    if width < 768:
        assert max(bottom for _, bottom in charts) <= min(top for top, _ in controls), "a control is under the chart"
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("kind", EXPLORERS[:3])
def test_axes_stay_where_they_are(pages, kind):
    page, seen = pages[kind], set()
    for position in positions(kind)[-6:]:
        put(page, **position)
        seen.add(str(page.locator(".hs-axis").evaluate_all("all => all.map((axis) => axis.textContent)")))
    assert len(seen) == 1


@pytest.mark.parametrize("kind", EXPLORERS)
def test_values_are_read_by_pointer_and_by_keyboard(pages, kind):
    page = pages[kind]
    slider, words = page.locator(".hs-reading input").first, page.locator(".hs-reading span").first
    slider.focus()
    page.keyboard.press("End")
    last = words.text_content()
    assert last == slider.get_attribute("aria-valuetext")
    assert re.search(r"\d", last)
    page.keyboard.press("ArrowLeft")
    assert words.text_content() not in (last, "")
    assert page.locator(".hs-live").first.locator(".hs-cursor path").count() >= 1
    page.keyboard.press("Escape")
    assert "Point at the chart" in words.text_content()
    box = page.locator(".hs-live svg").first.bounding_box()
    page.locator(".hs-live svg").first.hover(position={"x": box["width"] - 11, "y": box["height"] / 2})
    assert words.text_content() == last


def test_the_address_holds_the_settings_and_nothing_else(browser):  # noqa: F811
    page = opened(browser, "control-chart")
    put(page, rebase=24, screen=False)
    page.evaluate("document.querySelector('[name=screen]').dispatchEvent(new Event('change', { bubbles: true }))")
    assert page.evaluate("location.hash") == "#rebase=24&screen=no"
    said = page.locator(".hs-said").text_content()
    page.reload()
    page.wait_for_selector(".hs-explorer[data-ready]")
    settled(page)
    assert page.locator(".hs-said").text_content() == said
    page.locator("button[type=reset]").click()
    settled(page)
    assert page.evaluate("location.hash") == ""
    start = page.locator(".hs-explorer").inner_text()
    hostile = (
        "rebase=999&shift=1e9&trend=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&screen=javascript:1&__proto__=1&x=%3Cb%3E"
    )
    page.evaluate("(hash) => { location.hash = hash; }", hostile)
    page.wait_for_timeout(50)
    settled(page)
    assert page.locator(".hs-explorer").inner_text() == start
    assert page.locator(".hs-explorer :is(img, b)").count() == 0
    assert page.seen["errors"] == []
    page.context.close()


def test_the_address_of_a_choice_and_of_a_limited_slider(browser):  # noqa: F811
    page = opened(browser, "pay-gap")
    page.evaluate("location.hash = 'people=20&origin=6&who=women&to=nowhere'")
    page.wait_for_timeout(50)
    settled(page)
    assert page.locator(".hs-said").text_content().startswith("With 20 women moved from band 6 to band 7")
    page.context.close()


def test_numbers_of_ones_own_stay_in_the_browser(browser):  # noqa: F811
    page = opened(browser, "control-chart")
    sent = len(page.seen["requests"])
    values = [93.5, 92.8, None, 94.1, 91.0, 95.2, 93.3, 60.4, 94.4, 93.9, 92.2, 94.0, 93.1, 92.7]
    rows = [f"{2010 + at} <b>;{'NA' if one is None else str(one).replace('.', ',')}" for at, one in enumerate(values)]
    page.locator(".hs-own-data summary").click()
    page.locator(".hs-own-data textarea").fill("year;seen <i>in time</i>\n\n" + "\n".join(rows))
    page.get_by_role("button", name="Draw my chart").click()
    shown = put(page, rebase=5)
    chart = xmr(values)
    part = next(chart.segments.itertuples())
    for name in ("mean", "lpl", "upl"):
        assert float(shown["numbers"][f"{name}_1"][0]) == pytest.approx(getattr(part, name), **CLOSE)
    assert [row[-1] for row in shown["rows"]] == [signal or "none" for signal in chart.points["signal"]]
    assert shown["rows"][0][:2] == ["2010 <b>", "93.50"]
    assert shown["rows"][2][1] == "–"
    assert shown["heads"][:2] == ["point", "seen <i>in time</i>"]
    assert "of 13 points show special-cause variation" in shown["sentence"]
    assert not page.locator("figure.hs-own figcaption").is_visible(), "the caption is about other numbers"
    page.locator(".hs-own-data textarea").fill("1\n2\nthree\n4")
    page.get_by_role("button", name="Draw my chart").click()
    assert page.locator(".hs-error").text_content().startswith('Line 3: "three" is not a number. Allowed: digits')
    assert page.locator(".hs-own-data textarea").get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Back to the example").click()
    settled(page)
    assert "of 36 months show" in page.locator(".hs-said").text_content()
    assert len(page.seen["requests"]) == sent
    assert page.seen["errors"] == []
    assert page.locator(".hs-explorer :is(i, b)").count() == 0
    page.context.close()


@pytest.mark.parametrize("kind", EXPLORERS[:3])
def test_the_chart_draws_what_the_table_says(pages, kind):
    page = pages[kind]
    seen = {}
    for position in positions(kind)[-6:]:
        rows = str(put(page, **position)["rows"])
        drawn = page.locator(".hs-live svg").first.inner_html()
        assert len(re.findall("<path", drawn)) > 5
        assert all((rows == other) == (drawn == picture) for other, picture in seen.items()), position
        seen[rows] = drawn
    assert len(seen) > 2
    assert page.locator(".hs-live").first.get_attribute("aria-label") == page.locator(".hs-said").text_content()


@pytest.mark.parametrize("kind", EXPLORERS)
def test_only_the_keyboard_is_needed(browser, kind):  # noqa: F811
    page = opened(browser, kind)
    names = page.evaluate(
        """[...document.querySelector('.hs-controls').elements].filter((e) => e.tagName !== 'OUTPUT')
          .map((e) => e.name || e.textContent)"""
    )
    page.locator(".hs-controls select, .hs-controls input").first.focus()
    reached = []
    for _ in names:
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.textContent"))
        page.keyboard.press("Tab")
    assert reached == names
    assert page.evaluate("!document.querySelector('.hs-controls').contains(document.activeElement)"), "the focus leaves"
    slider = page.locator(".hs-controls input[type=range]").first
    slider.focus()
    before = page.locator(".hs-said").text_content()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    settled(page)
    assert page.locator(".hs-said").text_content() != before
    assert slider.get_attribute("aria-valuetext") == page.locator(".hs-control output").first.text_content()
    page.locator(".hs-controls button[type=reset]").focus()
    page.keyboard.press("Enter")
    settled(page)
    assert page.locator(".hs-said").text_content() == before
    page.context.close()


#: A setting of each explorer that is not the one it starts with, and how its file says it.
CHANGED = {
    "control-chart": ({"rebase": 24, "screen": False}, ": no"),
    "bed-slack": ({"beds": 35}, "Beds: 35 beds"),
    "pay-gap": ({"people": 20}, "How many move: 20 people"),
    "intervals": ({"months": "120", "one": 3}, "Months in each series: 120"),
    "association": ({"comparison": "trust", "more": 4}, "Difference in occupancy: 4 points"),
}


def saved(page):
    """Press the button, and return the name and the text of the file that the reader gets."""
    with page.expect_download() as found:
        page.get_by_role("button", name="Download the chart as it is now (SVG)").click()
    return found.value.suggested_filename, Path(found.value.path()).read_text(encoding="utf-8")


def lines_of(svg):
    """Return the words of a downloaded chart, with the line breaks taken out, and fail where it is no XML."""
    tree = ElementTree.fromstring(svg)
    return " ".join(" ".join(line.text or "" for line in tree.findall("{http://www.w3.org/2000/svg}text")).split())


@pytest.mark.parametrize("kind", EXPLORERS)
def test_the_chart_as_it_is_now_is_a_file(browser, kind):  # noqa: F811
    page = opened(browser, kind, scheme="dark", accept_downloads=True)
    theme = "document.documentElement.dataset.theme"
    before = page.evaluate(theme)
    _, start = saved(page)
    settings, said = CHANGED[kind]
    sentence = put(page, **settings)["sentence"]
    name, now = saved(page)
    words = lines_of(now)
    assert name == f"explore-{kind}-as-set.svg"
    assert sentence in words
    assert sentence not in lines_of(start)
    told = re.search(r"Settings: (.*?)\.(?: |$)(?=[A-Z])", words)[1]
    assert said in told
    labels = page.locator(".hs-control > label").all_text_contents()
    assert all(f"{label}: " in told for label in labels)
    other = (HTML / "files" / "analyses" / f"explore-{kind}")
    still = lines_of(next(iter(sorted(other.glob("figure-*.svg")))).read_text(encoding="utf-8"))
    title = ElementTree.fromstring(now).find("{http://www.w3.org/2000/svg}title").text
    assert title in still
    carried = still[still.index("Data: ") :]
    assert carried.endswith("Text and figures: CC BY 4.0.")
    assert carried in words, "kind of data, source and licence as in the other downloads"
    for caption in page.locator("figure.hs-alive figcaption").all_text_contents():
        assert caption in words
    assert now.count("hs-axis") == page.locator(".hs-live .hs-axis").count()
    assert "#ffffff" in now.lower(), "paper of the light theme"
    assert "var(" not in now
    colours = set(re.findall(r'(?:fill|stroke)="([^"]*)"', now))
    assert "rgb(79, 179, 185)" not in colours, "no colour of the dark theme"
    assert page.evaluate(theme) == before
    assert page.seen["errors"] == []
    page.context.close()


def test_the_file_of_ones_own_numbers_does_not_claim_to_be_of_the_books(browser):  # noqa: F811
    page = opened(browser, "control-chart", accept_downloads=True)
    caption = page.locator("figure.hs-alive figcaption").text_content()
    page.locator(".hs-own-data summary").click()
    page.locator(".hs-own-data textarea").fill("month;visits <b>\n" + "\n".join(f"{n};{n % 5}" for n in range(20)))
    page.get_by_role("button", name="Draw my chart").click()
    settled(page)
    words = lines_of(saved(page)[1])
    assert "Data: the reader's own numbers." in words
    assert "visits <b>" in words
    assert caption not in words
    page.context.close()


def test_buttons_move_ten_people(browser):  # noqa: F811
    page = opened(browser, "pay-gap")
    page.get_by_role("button", name="Ten more").press("Enter")
    page.get_by_role("button", name="Ten more").press("Space")
    assert page.locator("input[name=people]").input_value() == "20"
    page.get_by_role("button", name="Ten fewer").press("Enter")
    settled(page)
    assert page.locator(".hs-said").text_content().startswith("With 10 women moved from band 5 to band 7")
    page.context.close()


@pytest.mark.parametrize("kind", EXPLORERS)
def test_without_javascript_the_page_is_whole(browser, kind):  # noqa: F811
    page = opened(browser, kind, java_script_enabled=False)
    assert not page.locator(".hs-controls").is_visible()
    assert page.locator(".hs-still").is_visible()
    assert page.locator(".hs-said").text_content()
    assert page.locator("figure.hs-figure .hs-wide svg").first.is_visible()
    page.locator(".hs-alternative summary").click()
    assert page.locator(".hs-alternative tbody tr").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("kind", EXPLORERS)
def test_the_start_in_the_browser_is_the_start_of_the_page(browser, kind):  # noqa: F811
    still = opened(browser, kind, java_script_enabled=False)
    alive = opened(browser, kind)
    settled(alive)
    for query in (".hs-said", ".hs-numbers dd", ".hs-alternative tbody td", ".hs-control output"):
        both = [page.locator(query).all_text_contents() for page in (still, alive)]
        assert both[0] == both[1], query
    for page in (still, alive):
        page.context.close()


#: Each width and each set of colours, the page loaded once; one change of size or of colours at a time.
SEEN_AT = [(1280, "light"), (390, "light"), (390, "dark"), (320, "dark"), (1280, "dark")]


@pytest.mark.parametrize("kind", EXPLORERS)
def test_everyone_can_use_it(browser, axe, kind):  # noqa: F811
    page = opened(browser, kind, reduced_motion="reduce")
    page.evaluate(axe)
    page.evaluate("document.querySelectorAll('.hs-alternative, .hs-own-data').forEach((one) => (one.open = true))")
    for width, scheme in SEEN_AT:
        where = f"{kind} at {width} px, {scheme}"
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        miniature.until(page, "(wide) => document.querySelector('.hs-live svg')?.clientWidth <= wide", width)
        page.wait_for_timeout(400)  # the chart follows the window
        settled(page)
        overflow = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{where}: {overflow} px wider than the window"
        found = examined(page)["violations"]
        faults = [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:3]]
        assert not faults, f"{where}: {faults}"
        drawn = page.locator(".hs-live svg").first.bounding_box()
        assert 0.8 * min(720, width) <= drawn["width"] <= width or width == 1280, where
        heights = page.locator(".hs-explorer :is(input, select, button)").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect().height)"
        )
        assert min(heights) >= 20, where
    outside = [url for url in page.seen["requests"] if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert page.seen["errors"] == []
    page.context.close()


def test_charts_follow_the_theme(browser):  # noqa: F811
    page = opened(browser, "bed-slack")
    line = page.locator(".hs-live .hs-line path").last
    colour = "(path) => getComputedStyle(path).stroke"
    light = line.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert (light, line.evaluate(colour)) == ("rgb(11, 110, 117)", "rgb(79, 179, 185)")
    page.context.close()


@pytest.mark.parametrize("kind", EXPLORERS)
def test_an_explorer_weighs_at_most_its_share(browser, kind):  # noqa: F811
    page = opened(browser, kind)
    files = {url.removeprefix("file://").partition("?")[0] for url in page.seen["requests"] if url.startswith("file:")}
    weight = 0
    for path in files:
        content = Path(unquote(path)).read_bytes()
        weight += len(content) if path.endswith("woff2") else len(gzip.compress(content, 6))
    assert weight <= HEAVIEST, f"{kind}: {weight:,} bytes"
    page.context.close()


def test_other_pages_do_not_load_the_scripts():
    for name in ("index", "analyses/bed-slack", "findings"):
        text = (HTML / f"{name}.html").read_text()
        assert not re.findall(r"explore\.css|explore(?:-models|-draw)?\.js", text), name


@pytest.mark.parametrize("kind", EXPLORERS)
def test_an_explorer_loads_each_script_once_after_the_page(kind):
    text = (HTML / f"analyses/explore-{kind}.html").read_text()
    loaded = re.findall(r"<script (defer=\"defer\" )?src=\"\.\./_static/(explore[a-z-]*)\.js", text)
    assert [name for _, name in loaded] == ["explore-draw", "explore-models", "explore"]
    assert all(deferred for deferred, _ in loaded)
    assert len(re.findall(r"explore\.css", text)) == 1


def test_what_the_page_carries_is_json_without_an_end_of_script():
    text = (HTML / "analyses/explore-pay-gap.html").read_text()
    carried = re.search(r'<script type="application/json">(.*?)</script>', text, re.S)[1]
    assert set(json.loads(carried)) == {"inputs", "charts"}
