"""Pages on which a reader moves the parameters."""
