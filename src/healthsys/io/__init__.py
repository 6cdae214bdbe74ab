"""Readers of files: each takes a path and what its messages call the file, and returns a frame or a typed result."""
