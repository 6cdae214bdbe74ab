"""From notebooks to pages: runs, execution, the published record, the book. Imports no analysis room."""
