"""Duplicates by a perceptual hash of 256 bits, as the door finds them unless told otherwise.

Command: inkloop data-prep dedupe PICTURES --out REPORT
Gives: pairs that differ in at most 50 bits. Pictures saved again as JPEG, halved or brightened differ in at
most 8 bits, those cut by 2% on each side in 20 to 60; different ones in 64 and more (line drawings of one
thing), mostly above 90 (photos, scans, webs).
"""

from data_prep.dedupe import DedupeConfig

CONFIG = DedupeConfig(distance=50)
