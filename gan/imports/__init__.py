"""Read weights and networks of other trainers without executing their pickles."""
