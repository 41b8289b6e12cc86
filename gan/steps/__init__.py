"""Training steps of any recipe: the state, one step, its compiled programs, and their traces in files."""
