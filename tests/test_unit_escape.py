"""Text from a file is text: whatever it holds, Markdown, HTML, TeX, a figure and a spreadsheet show it as it is."""

import csv
import html
import io
import re

import matplotlib as mpl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.field_list import fieldlist_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.substitution import substitution_plugin

import hostile
from compendium import described, escape, formula, pages, plotting, policy, report, spreadsheet, store, tables, takeaway
from healthsys.plots import style
from miniature import PROJECT

#: Characters that attacks are made of, often beside each other.
EVIL = st.text(st.sampled_from(list("`*_{}[]<>#|$&~^\\!:%=+-1.() \n\ta\"'/x@")), max_size=40)
ANY = EVIL | st.text(max_size=40) | st.sampled_from(hostile.NAMES)


def everything() -> MarkdownIt:
    """The Markdown that the book reads: CommonMark, and all that MyST adds to it here (book/_config.yml)."""
    reads = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for plugin in (dollarmath_plugin, myst_role_plugin, myst_block_plugin, deflist_plugin, fieldlist_plugin,
                   substitution_plugin):  # fmt: skip
        reads.use(plugin)
    return reads


@given(ANY)
def test_markdown_shows_any_text_as_it_is(text):
    shown = everything().render(f"{escape.markdown(text)}\n")
    wanted = escape.plain(text).strip()
    assert shown == (f"<p>{html.escape(wanted, quote=True).replace('&#x27;', chr(39))}</p>\n" if wanted else "")


@given(ANY)
def test_sentences_hold_no_markup_but_lists(text):
    tokens = everything().parse(escape.prose(f"Before {text} after").data)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    lists = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak"} | lists


@given(ANY)
def test_html_shows_any_text_as_it_is(text):
    made = escape.html(text)
    assert not re.search("[<>\"'\n]", made)
    assert html.unescape(made) == escape.plain(text)


@pytest.mark.parametrize("text", ["a\u202eb", "a\u2066b", "a\x07b", "a\x1bb", "a\x9bb", "a\ud800b", "a\ufffeb"])
def test_what_cannot_be_seen_is_made_visible(text):
    assert escape.plain(text) == "a\ufffdb"


def test_a_name_in_arabic_keeps_its_marks():
    assert escape.plain("\u200fعيادة\u200f 3") == "\u200fعيادة\u200f 3"


@pytest.mark.parametrize("latex", [
    *hostile.NAMES, r"\text{<b>}", r"\href{javascript:1}{z}", r"\class{x}{z}", r"\style{color:red}{z}",
    r"\text{&lt;b&gt;}", r"\unicode{x3c}b", "{", r"\frac{1",
])  # fmt: skip
def test_a_formula_holds_nothing_but_mathml(latex):
    tree = parser.fragment_fromstring(formula.mathml(latex))
    for element in tree.iter():
        assert element.tag == "code" or re.fullmatch("m[a-z]+", element.tag)
        assert not {name for name in element.attrib if name.startswith("on") or name in ("href", "style", "class")}


def test_a_formula_is_what_the_converter_makes_of_it():
    assert formula.mathml(r"a \le \frac{b}{2}").endswith(
        "<mrow><mi>a</mi><mo>≤</mo><mfrac><mrow><mi>b</mi></mrow><mrow><mn>2</mn></mrow></mfrac></mrow></math>"
    )


def draw(names, *, width):
    figure, axes = plotting.canvas(width, 300)
    for place, name in enumerate(names):
        axes.plot([0, 1], [place, place], label=plotting.label(name))
    axes.set_yticks(range(len(names)), names)
    axes.set_title(names[0])
    axes.legend()
    return figure


@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_figure_letters_a_name_as_it_is(name, recwarn):
    drawing = plotting.drawing(draw, [name, "Ward 3"], name="test", width=720, alt=name)
    tree = parser.fragment_fromstring(drawing)
    lettered = ["".join(text.itertext()) for text in tree.iter("text")]
    first = escape.plain(name.strip("\n").split("\n")[0])[:20]
    assert sum(line.strip("\u2060").startswith(first) for line in lettered) >= 3, "title, axis and legend"
    assert {element.tag for element in tree.iter()} <= {"svg", "defs", "g", "path", "text", "use", "clippath", "rect"}
    assert not list(recwarn), [str(warning.message) for warning in recwarn]


def test_dollar_signs_in_a_title_are_no_formula():
    drawing = plotting.drawing(draw, ["Spend from $2m to $1m net (5%)"], name="test", width=720, alt="x")
    assert drawing.count("Spend from $2m to $1m net (5%)") == 3


def test_numbers_and_colours_in_a_name_stay_as_they_are():
    drawing = plotting.drawing(draw, ["'Inter' 1.23456 #1B2A33"], name="test", width=720, alt="x")
    assert drawing.count("'Inter' 1.23456 #1B2A33") == 3


def test_a_very_long_name_leaves_room_for_the_drawing():
    with mpl.rc_context(style.theme()):
        figure = draw(["W" * 400, "b"], width=358)
        plotting._letter(figure, 358)
        figure.canvas.draw()
        assert figure.axes[0].get_position().width * 358 > 40


@given(ANY)
def test_a_table_shows_any_text_as_it_is(text):
    made = tables.table(
        pd.DataFrame({text or "x": [text], "n": [1]}), caption=text or "x", note=text or "x", name="t"
    ).html
    tree = parser.fragment_fromstring(f"<section>{made}</section>")
    wanted = escape.plain(text)
    assert tree.find(".//td").getparent()[0].text_content() == wanted
    assert {element.tag for element in tree.iter()} <= {
        "section", "div", "table", "caption", "span", "thead", "tbody", "tr", "th", "td", "p"
    }  # fmt: skip
    assert "\n\n" not in made, "an empty line would end the HTML in Markdown"


@given(ANY)
def test_what_goes_into_markdown_as_html_has_no_line_of_its_own(text):
    entry = {"text": text, "meaning": text, "interval": text, "reason": text, "value": None}
    for made in (pages.results_table({"x": entry}), described.description(
        {"name": "x", "columns": ["a", "b"], "rows": [[text, at] for at in range(13)]}
    )):  # fmt: skip
        inside = made.partition("<details")[2]
        assert "\n" not in inside
        assert not re.search("<(img|script|svg|a|style)", inside)


@pytest.mark.parametrize("name", hostile.NAMES)
def test_the_sentences_of_a_report_lead_nowhere(name):
    """Even where a notebook forgot to escape: no formula, no role, no image, no link, no HTML."""
    tree = parser.fragment_fromstring(f"<section>{report._sentences().render(name)}</section>")
    assert not {"img", "a", "script", "svg", "math"} & {element.tag for element in tree.iter()}


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1 a", "-1 a", "@sum", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1", "\u00a0=1", "\u200b=1",
     "\ufeff=1", "-2+3+cmd|' /C calc'!A0", '=HYPERLINK("x")'],
)  # fmt: skip
def test_text_like_a_formula_gets_an_apostrophe(cell):
    assert spreadsheet.harmless(cell) == f"'{cell}" or spreadsheet.harmless(cell).startswith("'")


@pytest.mark.parametrize("cell", ["-5", "+5", "-5.25", "1e-5", "-1E+3", "Ward 3", "a; +1.4 to −2", "a; -5", "", "a=b"])
def test_numbers_and_plain_text_stay_as_they_are(cell):
    assert spreadsheet.harmless(cell) == cell


@pytest.mark.parametrize("value", [-5, -5.25, None, True])
def test_values_stay_values(value):
    assert spreadsheet.harmless(value) is value


@pytest.mark.parametrize("cell", ["Ward;=1+1", "Ward\t@sum", "Ward;+cmd", "Ward\n=1+1", 'Ward;"=1+1"'])
def test_a_formula_behind_another_separator_is_guarded_too(cell):
    assert re.search("[;\t\n]\"?'[=+@]", spreadsheet.harmless(cell))


@given(st.lists(ANY, min_size=1, max_size=4))
def test_no_cell_of_any_table_begins_a_formula(row):
    written = [
        store.as_csv([row]),
        spreadsheet.to_csv(pd.DataFrame([row], columns=[f"{name}{at}" for at, name in enumerate(row)])),
    ]
    for text in written:
        for line in csv.reader(io.StringIO(text)):
            for cell in line:
                assert not cell.lstrip(" ").startswith(("=", "+", "@")) or spreadsheet._NUMBER.fullmatch(cell)


def test_numbers_of_a_frame_stay_numbers():
    frame = pd.DataFrame({"gap": [-3.2, -1.0], "text": ["-3.2", "−1"], "n": [-1, 2]})
    assert spreadsheet.to_csv(frame) == "gap,text,n\n-3.2,-3.2,-1\n-1.0,−1,2\n"


def test_a_table_of_a_page_is_guarded_as_a_file():
    offer = takeaway.Offer("a")
    offer.tables(tables.table(pd.DataFrame({"name": ["=1+1"], "gap": [-5.5]}), caption="c", name="t").html)
    assert offer.files["table-t.csv"] == "name,gap\n'=1+1,-5.5\n"


def files_with(pattern):
    """Return the source files that a pattern is found in, from their package on."""
    source = PROJECT / "src"
    return {path.relative_to(source).as_posix() for path in source.rglob("*.py") if pattern.search(path.read_text())}


def test_every_csv_is_written_by_a_guarded_writer():
    """Data sets that the project writes itself, byte for byte, are the exception: no reader's text is in them."""
    writes = re.compile(r"\.to_csv\(|csv\.writer\(|DictWriter\(")
    own = {"everyday/synthetic/__init__.py", "compendium/corrections.py", "compendium/dependencies.py"}
    assert files_with(writes) == {"compendium/spreadsheet.py", "compendium/store.py"} | own


def test_text_is_escaped_in_one_place():
    """Whoever escapes by hand forgets a line break, a dollar sign or a sign of direction."""
    by_hand = re.compile(r"\bhtml\.escape\(|import escape$|markupsafe\.escape|\bMarkdown\(|Environment\(loader")
    # The figures of a student's notebook are made of the project's own text; its package comes without the machine.
    assert files_with(by_hand) == {"compendium/escape.py", "compendium/policy.py", "everyday/teaching/plain.py"}


def test_notebooks_show_sentences_through_prose():
    notebooks = [p for p in (PROJECT / "notebooks").glob("*.ipynb")]
    assert notebooks
    assert [path.name for path in notebooks if re.search(r"\b(Markdown|HTML|Latex)\(", path.read_text())] == []


def test_a_policy_names_the_scripts_of_the_theme_and_none_of_the_article():
    page = (
        '<head><meta charset="utf-8"><script>theme()</script><style>a{}</style></head>'
        '<article><script>data()</script></article><script type="application/json">{}</script>'
    )
    said = policy.of_page(page)
    assert all(policy.hashed(known) in said for known in ("theme()", "a{}"))
    assert not any(policy.hashed(unknown) in said for unknown in ("data()", "{}"))
    scripts = re.search("script-src ([^;]*)", said)[1]
    assert not re.search(r"unsafe|http|\*", scripts + said.replace("'unsafe-inline'", ""))
    assert policy.carry(page, said).index("http-equiv") < policy.carry(page, said).index("<script")


def test_what_is_put_into_a_template_is_one_plain_line():
    made = policy.templates().from_string("<p>{{ name }}</p>").render(name="<b>\n\nx\u202e")
    assert made == "<p>&lt;b&gt; x\ufffd</p>"
