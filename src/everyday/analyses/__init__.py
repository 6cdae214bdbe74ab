"""Page content of analyses whose notebooks do not show their steps yet."""
