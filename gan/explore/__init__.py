"""Explore a trained network: directions in w, style mixing, activation maximisation, seeds."""
