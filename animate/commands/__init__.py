"""The commands of the animate room."""
