"""Runnable examples: sample pages, and the demo that makes videos of them."""
