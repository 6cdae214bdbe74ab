"""What an exercise notebook of the teaching modules calls: data, self-checks, one figure each."""
