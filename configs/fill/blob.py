"""Colour for continuous webs of lines.

    inkloop fill blob DRAWINGS --out colored --palette painting.png

Drawings of 1024 x 1024 px take about 12 ms each on one CPU core, and their PNG coding about 60 ms. Paper
above luminance 160 keeps thin antialiased lines closed: their outer, half-covered pixels still count as ink.
"""

from fill.config import BlobConfig

CONFIG = BlobConfig(threshold=160)
