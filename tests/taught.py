"""The modules of the book, read once for all test files: reading them takes a quarter of a second."""

from everyday.teaching.modules import load_modules

MODULES = load_modules()
