"""How far generated images are from real ones, as pure functions of features; no downloaded weights."""
