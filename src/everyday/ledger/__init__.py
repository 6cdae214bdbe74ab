"""The claims of the sources, checked again."""
