"""Colour for continuous webs of lines.

    inkloop fill blob DRAWINGS --out colored --palette painting.png

Drawings of 1024 x 1024 px take about 11 ms each on one CPU core, 6 on two; PNG coding takes longer. Paper
above luminance 160 keeps thin antialiased lines closed: their outer, half-covered pixels still count as ink.
"""

from fill.config import BlobConfig

CONFIG = BlobConfig(threshold=160)
