"""How sphinx-revealjs makes the slides: reveal.js with speaker view, the book's look, no network."""

extensions = ["myst_parser", "sphinx_revealjs"]
language = "en_GB"
html_copy_source = False
revealjs_static_path = ["_static"]
revealjs_style_theme = "healthsys.css"
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]
revealjs_script_conf = {
    "hash": True, "slideNumber": "c/t", "transition": "none", "width": 1120, "height": 740, "margin": 0.06,
    "center": False, "navigationMode": "linear",
}  # fmt: skip
