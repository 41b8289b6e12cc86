"""Checked-in values, one preset per file. Only doors, tests and benchmarks import this package."""
