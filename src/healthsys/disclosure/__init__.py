"""Disclosure control: small-number rules, secondary suppression and the proof that it suffices.

Every chapter that prints counts of people uses it. :func:`rule` gives a rule by name, :func:`protect` applies
it to all tables of a page, :func:`prove` is the attack on what is printed.
"""

from healthsys.disclosure.page import Page, Printed, protect
from healthsys.disclosure.proof import Proof, Statement, prove
from healthsys.disclosure.rules import HES, LOCAL_1_4, LOCAL_1_9, MARK, OFF, RULES, Rule, rule, shown_text

__all__ = [
    "HES",
    "LOCAL_1_4",
    "LOCAL_1_9",
    "MARK",
    "OFF",
    "RULES",
    "Page",
    "Printed",
    "Proof",
    "Rule",
    "Statement",
    "protect",
    "prove",
    "rule",
    "shown_text",
]
