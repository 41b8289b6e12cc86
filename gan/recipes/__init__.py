"""Training recipes: which networks there are and how one iteration updates them."""
