"""What the pages of this chapter show: each module opens the data of one notebook and words its results."""
