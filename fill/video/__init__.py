"""Coloured videos: regions tracked from frame to frame keep their colours."""
