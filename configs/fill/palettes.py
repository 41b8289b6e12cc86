"""Named palettes: hex colours; one that is given twice is drawn twice as often."""

PALETTES: dict[str, tuple[str, ...]] = {
    "harbor": (  # deep water, sails and rust: the default
        *("#0f2a3d", "#1d4e63", "#2f7f86", "#7fb7a8"),
        *("#f3ead3", "#f0c987", "#e08e45", "#c2452d", "#7a1f2b"),
    ),
    "meadow": ("#1f3b2c", "#3f6b3a", "#86a84b", "#d4c95a", "#f6efd0", "#e7a4b0", "#b8517a", "#5a3567"),
    "stained-glass": ("#101828", "#1f3fa8", "#1b8fb3", "#1e8a4c", "#f2c230", "#ef7d22", "#c81d3c", "#6b1f7c"),
    "ink": ("#000000", "#2b2b2b", "#5c5c5c", "#8f8f8f", "#c4c4c4", "#ffffff"),
}
DEFAULT_PALETTE = "harbor"
