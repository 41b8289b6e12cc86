"""Runnable examples: sample pages, and the demo that takes them to films."""
