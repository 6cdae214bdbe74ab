"""Characteristics in a staff file: words for "not known", NHS ethnic category codes, pay bands, codes and names."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.io.csv_files import refuse_cells

#: What a level is called where a person's group is not known; it is left out of every split in two, and counted.
NOT_STATED = "Not stated"

#: Cells that say that nothing is known (case, blanks and punctuation at the ends do not matter).
UNKNOWN_WORDS = frozenset(
    """|not stated|not known|unknown|unknown/not stated|not stated/unknown|undisclosed|not disclosed|undeclared|
not declared|prefer not to say|prefers not to say|prefer not to answer|prefer not to disclose|prefer not to state|
rather not say|i prefer not to say|i'd prefer not to say|do not wish to say|do not wish to disclose|
i do not wish to disclose|i do not wish to disclose this|did not wish to disclose|does not wish to disclose|
declined|declined to say|declined to answer|declined to state|refused|withheld|not provided|not given|not recorded|
not collected|not available|not applicable|not specified|unspecified|undefined|not answered|no answer|no response|
no reply|no data|not asked|missing|blank|empty|null|none|none given|nan|na|n/a|n.a|n.a.|#n/a|nk|n/k|ns|n/s|pnts|pns|
tbc|don't know|do not know|dk|not entered|not completed|not obtained|not yet known|not yet stated|information refused|
-|--|---|–|—|.|..|…|?|??|*""".replace("\n", "").split("|")
)

#: Phrases that say so, however the cell is punctuated, and words that may be around them ("I do not wish to disclose my
#: ethnicity"). With any other word, such as a group, the cell says two things: "unspecified" is then part of a name of
#: the Electronic Staff Record ("Asian Unspecified"), everything else is refused.
_UNSPECIFIED = r"unspecified|(?:not|non) specified"
_UNKNOWN = (
    r"not (?:yet )?(?:been )?(?:stated|known|given|recorded|disclosed|declared|provided|answered|collected|"
    r"completed|entered|obtained|asked|requested|reported|supplied|shared|held)|"
    r"un(?:known|disclosed|declared|recorded|stated|reported|defined|answered)|"
    r"(?:prefers?|preferred|rather|chose|choose|chooses) not|(?:do|does|did) not "
    r"(?:wish|want|know|answer|respond|say|state|disclose|consent)|not (?:wish|want|wishing|willing) to|unwilling|"
    r"no (?:answer|response|reply|data|information|disclosure|ethnicity|ethnic|details)|"
    r"non (?:disclosed|disclosure|response|declared)"
)
#: Words and phrases that say so where nothing else is in the cell, in English and in other languages, without accents.
_ALONE = (
    r"not (?:captured|classified|assigned|determined|defined|identified|coded|confirmed|selected|established|sure)|"
    r"un(?:classified|assigned|sure|certain|coded|available|confirmed)|"
    r"unable to (?:choose|say|answer|tell|obtain)|"
    r"missing|awaiting|awaited|pending|confidential|refused|refusal|declined|withheld|redacted|suppressed|opted out|"
    r"opt out|no (?:record|entry|value|consent|selection)|none of (?:the above|these)|"
    r"to be (?:confirmed|advised|completed)|"
    r"(?:cannot|can not|could not|would not|will not) (?:say|tell|answer)|"
    r"keine (?:angaben?|antwort|auskunft)|ohne angaben?|nicht (?:angegeben|bekannt|erfasst)|k a|unbekannt|weiss nicht|"
    r"verweigert|(?:non|pas) (?:renseigne|precise|communique|connu|declare|specifie|repondu)e?s?|inconnue?s?|"
    r"ne sait pas|(?:sans|pas de) reponse|ne souhaite pas repondre|prefere ne pas (?:repondre|dire)|"
    r"desconocid[oa]|no (?:consta|contesta|sabe|(?:declar|especific|inform)ad[oa])|ns nc|"
    r"sin (?:datos|respuesta|especificar|informacion)|prefiero no (?:decir(?:lo)?|contestar|responder)|"
    r"non (?:(?:dichiar|specific|indic)at[oa]|not[oa]|disponibile|risponde)|sconosciut[oa]|nessuna risposta|"
    r"desconhecid[oa]|nao (?:(?:inform|declar|especific)ad[oa]|sabe|respondeu)|sem (?:informacao|resposta)|"
    r"prefiro nao (?:dizer|responder|informar)|onbekend|niet (?:bekend|ingevuld|opgegeven|vermeld)|geen antwoord|"
    r"anhysbys|ddim yn gwybod|heb ei (?:nodi|ddatgan)|gwell gen i beidio a dweud|nieznan[eya]|brak danych|nie podano|"
    r"okand|ukjent|ukendt|ikke oppgitt|ikke oplyst|uppgift saknas"
)
_SURE_PHRASE, _PHRASE = (
    re.compile(rf"\b(?:{words})\b") for words in (_UNKNOWN, f"{_UNKNOWN}|{_UNSPECIFIED}|{_ALONE}")
)
_AROUND = frozenset(
    """z|99|i|id|they|he|she|you|my|their|his|her|your|our|this|that|it|the|a|an|any|at|all|yet|or|
and|but|of|on|in|for|about|by|to|is|was|be|been|has|have|would|say|answer|disclose|state|
respond|share|give|provide|declare|specify|reveal|know|asked|declined|refused|unwilling|stated|known|
recorded|disclosed|given|declared|information|data|details|detail|value|question|response|reply|person|
people|employee|employees|staff|individual|respondent|member|patient|client|applicant|candidate|choose|select|
esr|eg|e|g|ethnic|ethnicity|race|origin|
group|background|category|code|religion|religious|belief|faith|sexual|sexuality|orientation|disability|
disabled|sex|gender|age|marital|status|nationality""".replace("\n", "").split("|")
)

#: Columns of a characteristic of people, in which a cell that names a group and says "not known" too is refused.
_PERSONAL = re.compile(r"ethnic|race|religi|belief|faith|orientation|sexual|gender|disab|nationality|marital", re.I)

#: Numbers that survey software writes for "not known"; among names they are no group.
_NUMBER_CODE = re.compile(r"-\d+(?:\.0+)?|([6-9])\1+|9[78]|9+[6-9]")

#: Columns in which "None" is an answer: somebody has no religion, or cares for nobody.
_NONE_IS_A_LEVEL = re.compile(r"religi|belief|faith|\bcar(?:er|ing)|depend[ae]nt|qualification|impairment", re.I)

#: NHS ethnic category codes (NHS Data Dictionary, "ethnic category", 2001 census categories): code and name.
NHS_ETHNIC_CODES = {
    "A": "White British", "B": "White Irish", "C": "Any other White background", "D": "Mixed White and Black Caribbean",
    "E": "Mixed White and Black African", "F": "Mixed White and Asian", "G": "Any other mixed background",
    "H": "Indian", "J": "Pakistani", "K": "Bangladeshi", "L": "Any other Asian background", "M": "Black Caribbean",
    "N": "Black African", "P": "Any other Black background", "R": "Chinese", "S": "Any other ethnic group",
}  # fmt: skip

#: A code with its name, as the NHS Electronic Staff Record writes it ("A White - British", "C3 White Unspecified"): a
#: second letter or digit divides a category further.
_CODE_AND_NAME = re.compile(r"\(?([A-HJ-NPRSZ])[A-Z0-9]?\)?\s*[-–:.=]?\s+(.{3,})", re.I)
_FAMILIES = {
    **dict.fromkeys("ABC", r"white"), **dict.fromkeys("DEFG", r"mixed|white|multiple"), "Z": r"not",
    **dict.fromkeys("HJKL", r"asian|indian|pakistani|bangladeshi|british"), "R": r"chinese", "S": r".",
    **dict.fromkeys("MNP", r"black|african|caribbean|british"),
}  # fmt: skip

#: NHS codes of people whose category is not known: not stated (asked) and not known (not asked).
NHS_UNKNOWN_CODES = ("Z", "99")

#: The codes of ``ethnic_group`` in the layout of ``workforce_staff``.
OWN_ETHNIC_CODES = {"W": "white", "A": "Asian", "B": "Black", "M": "mixed", "O": "other", "N": "not stated"}

#: A column of more different numbers than this holds no groups of people.
MOST_NUMBERS = 12

#: What the people of a code are called.
PEOPLE = {
    "sex": {"F": "women", "M": "men", "U": "people of another or unknown sex"},
    "ethnic_group": {
        "W": "white staff", "A": "Asian staff", "B": "Black staff", "M": "staff of mixed ethnicity",
        "O": "staff of other ethnic groups", "N": "staff whose ethnicity is not stated",
    },
    "disabled": {
        "Y": "disabled staff", "N": "staff who are not disabled", "U": "staff whose disability status is not stated",
    },
}  # fmt: skip

#: Short labels of the same codes for tables and figures.
SHORT = {
    "sex": {"F": "Women", "M": "Men", "U": "Another or not known"},
    "ethnic_group": {"W": "White", "A": "Asian", "B": "Black", "M": "Mixed", "O": "Other", "N": "Not stated"},
    "disabled": {"Y": "Disabled", "N": "Not disabled", "U": "Not stated"},
    "grade": {"FD": "Foundation doctor", "ST": "Trainee doctor", "SAS": "Specialty doctor", "CON": "Consultant"},
}

#: Bands of Agenda for Change from the lowest, then medical grades.
LEVEL_ORDER = ("1", "2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "VSM", "FD", "ST", "SAS", "CON")

#: A band of Agenda for Change as people write it: "8A", "Band 8a", "AfC Band 05", "B6", "5.0" (of a spreadsheet).
_BAND = re.compile(
    r"(?:a(?:fc|genda for change)\s*)?(?:nhs\s*)?(?:band|b)?\s*0?([1-7]|8\s*-?\s*[abcd]|9)(?:\.0+)?(?!\d)", re.I
)
#: Whole names of those above the bands; an executive assistant is none of them.
_SENIOR = re.compile(
    r"(?:band )?vsm|very senior manager.*|esm|(?:non-? ?)?executives?(?: (?:and )?(?:senior managers?|directors?|board"
    r"(?: members?)?|members?|team|officers?|grades?|pay|vsm))*\W*(?:\(?(?:vsm|esm)\)?)?", re.I
)  # fmt: skip
#: Doctors and dentists have no band. Words that may follow the first one; with any other, such as that of a nurse or a
#: secretary, it is another profession: "Trainee Nursing Associate", "Consultant Midwife", "Medical Secretary".
_OF_DOCTORS = (
    r"medical|dental|doctors?|dentists?|consultants?|trainees?|training|registrars?|foundation|specialty|specialist|"
    r"associate specialists?|junior|senior|resident|locum|house officers?|core|career|non|(?:clinical )?fellows?|"
    r"grades?|staff|scales?|pay|contract|posts?|nhs|trust|academic|hospital|general practitioners?|year|level|stage|"
    r"and|or|the|all|other|fy|st|ct|spr|sho|sas|gp|con|acute|emergency|general|internal|intensive care|public|"
    r"health|surgeons?|physicians?|psychiatrists?|obstetricians?|geriatricians?|orthodontists?|ana?esthet(?:ists?|ics)|"
    r"pa?ediatricians?|[a-z]*(?:medicine|surgery|iatry|iatrics)|"
    r"[a-z]+(?<!psych)(?<!audi)(?<!techn)(?<!physi)(?<!\bbi)olog(?:ists?|y)"
)
_MEDICAL = re.compile(
    rf"|[-–]|m ?(?:&|and) ?d|(?:(?:medical|dental)(?: (?:officers?|directors?|practitioners?))?|doctors?|dentists?|"
    rf"consultants?|foundation(?! trust)|trainees?|specialty)(?:[^a-z]+(?:{_OF_DOCTORS}))*[^a-z]*"
    r"|(?:doctors?|consultants?) in (?!.*(?:nurs|midwi)).*", re.I
)  # fmt: skip
#: Grades of doctors that have a code and a name.
_GRADES = {
    **dict.fromkeys(("fd", "foundation doctor"), "FD"), **dict.fromkeys(("st", "trainee doctor"), "ST"),
    **dict.fromkeys(("sas", "sas doctor", "specialty doctor"), "SAS"),
    **dict.fromkeys(("con", "consultant", "consultants"), "CON"),
}  # fmt: skip


def people_of(column: str, code: str) -> str:
    """Return what the people of a code or level are called.

    >>> people_of("sex", "F"), people_of("ethnic_group", "Indian"), people_of("team", "North")
    ('women', 'Indian staff', 'North')
    """
    known = PEOPLE.get(column, {}).get(code)
    return known or (f"{code} staff" if column == "ethnic_group" else str(code))


def others_of(column: str, comparator: str) -> str:
    """Return what all known levels but the comparator are called together.

    >>> others_of("sex", "M"), others_of("disabled", "Y"), others_of("team", "North")
    ('women', 'staff who are not disabled', 'all others')
    """
    if column == "ethnic_group":
        return "staff from all other ethnic groups"
    pair = {"sex": ("F", "M"), "disabled": ("Y", "N")}.get(column, ())
    return people_of(column, pair[pair[0] == comparator]) if comparator in pair else "all others"


def short(column: str, code: str) -> str:
    """Return the short label of a code; of ``level``, which holds bands and medical grades, too.

    >>> short("ethnic_group", "B"), short("level", "CON"), short("level", "8a")
    ('Black', 'Consultant', 'Band 8a')
    """
    if column in ("band", "level"):
        return SHORT["grade"].get(code) or (f"Band {code}" if str(code)[:1].isdigit() else str(code))
    return SHORT.get(column, {}).get(code, str(code))


def unknown(column: str) -> tuple[str, ...]:
    """Return the levels of a column that say that nothing is known.

    >>> unknown("ethnic_group"), unknown("religion")
    (('N', 'Not stated'), ('Not stated',))
    """
    codes = {"sex": "U", "ethnic_group": "N", "disabled": "U"}
    return (*([codes[column]] if column in codes else []), NOT_STATED)


def band_of(text: str) -> str | None:
    """Return the band that a cell names, empty for doctors, or None where it names none.

    >>> [band_of(text) for text in ("8A", "Band 5", "AfC band 06", "8 - b", "VSM", "Consultant", "Band 12")]
    ['8a', '5', '6', '8b', 'VSM', '', None]
    """
    plain = str(text).strip()
    found = _BAND.fullmatch(plain)
    if found:
        return re.sub(r"[\s-]", "", found[1]).lower()
    return "VSM" if _SENIOR.fullmatch(plain) else "" if _MEDICAL.fullmatch(plain) else None


def _plain(text: str) -> str:
    """Return a cell without case, double blanks and what is around it."""
    plain = re.sub(r"\s+", " ", str(text).replace("’", "'").replace("\u00a0", " "))
    return plain.strip().strip("()[]").strip().casefold()


def of_each(cells: pd.Series, function: Callable[[object], object]) -> pd.Series:
    """Return a function of each cell; it is asked once for each value, of which a column of codes has few."""
    places, values = pd.factorize(cells, use_na_sentinel=False)
    return pd.Series([function(value) for value in values]).take(places).set_axis(cells.index)


def without_accents(text: str) -> str:
    """Return a text without its accents, for comparison: "renseigne" for "renseigné"."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _words(text: str) -> str:
    """Return the words of a cell without accents, one blank apart, with "do not" for "don't"."""
    plain = re.sub(r"\b(do|does|did|would)n'?t\b", r"\1 not", _plain(text)).replace("'", "")
    return " ".join(re.findall(r"[^\W_]+", without_accents(plain)))


def is_half_unknown(text: object) -> bool:
    """Say whether a cell names something and says that it is not known: it could be either.

    >>> [is_half_unknown(text) for text in ("Other/not known", "Ethnicity not stated", "Asian Unspecified")]
    [True, False, False]
    """
    return not is_unknown(text) and bool(_SURE_PHRASE.search(_words(str(text))))


def is_unknown(text: object) -> bool:
    """Say whether a cell of a personal characteristic says that nothing is known.

    >>> [is_unknown(text) for text in ("(Z) Not Stated", "I don't wish to disclose my ethnicity", "Other/not known")]
    [True, True, False]
    """
    if pd.isna(text):
        return True
    plain, words = _plain(str(text)), _words(str(text))
    if _PHRASE.search(words) and set(_PHRASE.sub(" ", words).split()) <= _AROUND:
        return True
    behind = re.sub(r"^(z|99)\s*[-–—:.]?\s*(?=\S)", "", plain)
    return plain in UNKNOWN_WORDS or plain.rstrip(".") in UNKNOWN_WORDS or (behind != plain and behind in UNKNOWN_WORDS)


def code_named(text: str) -> str:
    """Return the NHS category of a cell that holds code and name; any other cell as it is.

    >>> code_named("A White - British"), code_named("SC Filipino"), code_named("Black African"), code_named("C")
    ('A', 'S', 'Black African', 'C')
    """
    found = _CODE_AND_NAME.fullmatch(str(text).strip())
    code = found[1].upper() if found else ""
    return code if found and re.search(_FAMILIES[code], found[2], re.I) else str(text)


def levels_of(raw: pd.DataFrame, column: str, *, label: str) -> tuple[pd.Series, dict[str, str], list[str]]:
    """Return the levels of a personal characteristic of a reader's file, what its codes mean, and notes.

    Cells that say that nothing is known become :data:`NOT_STATED`; spellings that differ in case, blanks or dashes
    only are joined. In a column of ethnic groups, NHS category codes become their names and codes of our own layout
    stay; codes that could be either, that mix both, or that are in neither list are refused (DataError).

    >>> raw = pd.DataFrame({"ethnic_group": ["A", "H", "Z", "99", "C"]})
    >>> levels_of(raw, "ethnic_group", label="staff.csv")[0].tolist()
    ['White British', 'Indian', 'Not stated', 'Not stated', 'Any other White background']
    """
    text = raw[column].astype("object").where(raw[column].notna(), "").astype(str)
    unknown = of_each(text, is_unknown).to_numpy(dtype=bool)
    if _NONE_IS_A_LEVEL.search(column.replace("_", " ")):
        none = of_each(text, lambda cell: _plain(cell) in ("none", "none of the above", "none of these"))
        unknown = unknown & ~none.to_numpy(dtype=bool)
    if "ethnic" in column.casefold() or column.casefold() == "race":
        code = of_each(text, code_named).str.strip().str.upper()
        z = code.isin(NHS_UNKNOWN_CODES).to_numpy()
        named = (code != text.str.strip().str.upper()).to_numpy()
        found = _ethnic(raw, code, unknown | z, bool(z.any() or named.any()), column, label)
        if found is not None:
            return found
        unknown = unknown | z
    _refuse_doubtful(raw, column, text, unknown, label=label)
    numbers = pd.to_numeric(text[~unknown], errors="coerce")
    if numbers.notna().all() and numbers.nunique() > MOST_NUMBERS:
        raise DataError(
            f"{label}: column '{column}' holds {numbers.nunique()} different numbers, which are no groups of people; "
            f"put them in bands, such as 16 to 24, in a column of its own"
        )
    levels, notes = usual_spelling(text, ~unknown, column)
    return levels.where(~unknown, NOT_STATED).astype("str"), {}, notes


def _refuse_doubtful(raw: pd.DataFrame, column: str, text: pd.Series, unknown: np.ndarray, *, label: str) -> None:
    """Raise for a cell that names a group and says that it is not known, and for a code such as 999 among groups."""
    remedy = f"allowed: the name of a group, or '{NOT_STATED}' or an empty cell where it is not known"
    if _PERSONAL.search(column):
        half = of_each(text, is_half_unknown) & ~unknown
        refuse_cells(raw, column, half, f"names something and says that it is not known; {remedy}", label=label)
    numbers = pd.to_numeric(text.where(~unknown), errors="coerce")
    code = numbers.notna() & of_each(text, lambda cell: bool(_NUMBER_CODE.fullmatch(str(cell).strip()))).astype(bool)
    names = (numbers.isna() & ~unknown).any()
    most = numbers[~code].max()
    wrong = code if names else code & ((numbers < 0) | (numbers > 3 * most))
    says = f"is probably a code for not known, and no group; {remedy}"
    refuse_cells(raw, column, wrong, says, label=label)


def usual_spelling(text: pd.Series, known: np.ndarray, column: str) -> tuple[pd.Series, list[str]]:
    """Join spellings that differ only in case, blanks or dashes with the most frequent one; say which were joined.

    In a column of bands or grades, the code of a medical grade and its name are one.
    """
    grades = _GRADES if column in ("band", "grade") else {}
    plain = of_each(text, lambda cell: re.sub(r"[\s\-–—_]+", " ", _plain(cell))).map(lambda one: grades.get(one, one))
    counts = pd.DataFrame({"plain": plain, "text": text.str.strip()})[known].value_counts(sort=True)
    spelling: dict[str, str] = {}
    for one, spelt in sorted(counts.index, key=lambda pair: (-int(counts[pair]), pair[1])):
        spelling.setdefault(one, spelt)
    joined = sorted({spelt for one, spelt in counts.index if spelling[one] != spelt})
    notes = [f"column '{column}': {', '.join(joined[:5])} joined with the usual spelling"] if joined else []
    return plain.map(spelling), notes


def _ethnic(
    raw: pd.DataFrame, code: pd.Series, missing: np.ndarray, z: bool, column: str, label: str
) -> tuple[pd.Series, dict[str, str], list[str]] | None:
    """Read a column of codes; None where it holds names of groups."""
    given = sorted(set(code[~missing]))
    short = [one for one in given if len(one) == 1 or re.fullmatch(r"[A-Z][A-Z0-9]", one)]
    if not short:
        return None
    if len(short) < len(given):
        odd = next(one for one in given if one not in short)
        _refuse(raw, code, column, label, short[0], f"the column holds names too, such as '{odd}'")
    nhs = [one for one in given if one in NHS_ETHNIC_CODES]
    ours = [one for one in given if one in OWN_ETHNIC_CODES]
    if len(ours) == len(given) and ("W" in given or "O" in given):
        return code.where(~missing, "N").astype("str"), {}, []
    if len(nhs) == len(given) and (z or len(ours) < len(given)):
        levels = code.map(NHS_ETHNIC_CODES).where(~missing, NOT_STATED).astype("str")
        note = f"column '{column}': read as NHS ethnic category codes (A White British to S any other; Z, 99 not known)"
        return levels, dict(NHS_ETHNIC_CODES), [note]
    if len(nhs) == len(given):
        _refuse(raw, code, column, label, given[0], "these codes can be read as NHS categories and as our own")
    odd = next((one for one in given if one not in NHS_ETHNIC_CODES and one not in OWN_ETHNIC_CODES), None)
    if odd is not None:
        _refuse(raw, code, column, label, odd, "it is in neither list of codes")
    odd = next(one for one in given if one not in OWN_ETHNIC_CODES)
    return _refuse(raw, code, column, label, odd, "the column mixes NHS categories with W or O of our own list")


def _refuse(raw: pd.DataFrame, code: pd.Series, column: str, label: str, odd: str, why: str) -> None:
    ours = ", ".join(f"{key} {name}" for key, name in OWN_ETHNIC_CODES.items())
    says = (
        f"is not a code that can be read for certain: {why}. Allowed: NHS ethnic category codes (A to S, Z, 99); "
        f"{ours}; or, safest, the names of the groups written out, such as White British"
    )
    refuse_cells(raw, column, code == odd, says, label=label)


def level_named(levels: Sequence[str], given: str, codes: Mapping[str, str]) -> str:
    """Return the level that a reader names by code or in another spelling; what was given where there is none."""
    if given in levels:
        return given
    named = codes.get(str(given).strip().upper())
    if named is not None:
        return named
    return next((level for level in levels if _plain(level) == _plain(given)), given)


def coded(raw: pd.DataFrame, column: str, words: Mapping[str, str], unknown: str | None, label: str) -> pd.Series:
    """Return a column of few known codes as those codes; what says that nothing is known becomes ``unknown``.

    Where ``unknown`` is None, such a cell is refused (DataError) like any other code that is not known.

    >>> coded(pd.DataFrame({"sex": ["Female", "m", "-"]}), "sex", {"female": "F", "m": "M"}, "U", "staff.csv").tolist()
    ['F', 'M', 'U']
    """
    found = of_each(raw[column], lambda cell: words.get(_plain(cell)))
    if unknown is not None:
        found = found.where(found.notna() | ~of_each(raw[column], is_unknown), unknown)
    bad, shown = found.isna(), ", ".join(sorted({*words.values(), *([unknown] if unknown else [])}))
    says = (
        f"is not a code that is known ({int(bad.sum())} such cells); allowed: {shown}, or in words "
        f"{', '.join(word for word in words if word)}{'; an empty cell where it is not known' if unknown else ''}"
    )
    refuse_cells(raw, column, bad, says, label=label)
    return found.astype("str")
