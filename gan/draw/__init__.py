"""DRAW: a recurrent network that draws doodles in glimpses. Pure functions on float32 arrays.

Source: Gregor et al. 2015, "DRAW: a recurrent neural network for image generation", arXiv 1502.04623.
"""
