"""Narratives of change: codebooks, coded events, timelines, agreement of coders, tensions in text, REFI-QDA exchange.

:mod:`~healthsys.narratives.codebooks` and :mod:`~healthsys.narratives.events` check what is coded;
:mod:`~healthsys.narratives.timelines` and :mod:`~healthsys.narratives.cooccurrence` ask what runs together;
:mod:`~healthsys.narratives.agreement` asks whether coders agree; :mod:`~healthsys.narratives.tensions` finds language
markers of tension; :mod:`~healthsys.narratives.refi` exchanges codes with other software;
:mod:`~healthsys.narratives.checklists` scores self-audits and small rules;
:mod:`~healthsys.narratives.readers` reads a reader's own texts; :mod:`~healthsys.narratives.findings` writes the
sentence that opens a page; :mod:`~healthsys.narratives.figures` draws.
"""
