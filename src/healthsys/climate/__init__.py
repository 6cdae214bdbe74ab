"""Organisational climate."""
