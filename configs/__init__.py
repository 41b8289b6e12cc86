"""Checked-in values: per room one module per preset, CONFIGS by name, and tiny twins for tests."""
