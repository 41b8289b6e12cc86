"""Scans to pages, nothing but numbered, as the door makes them unless told otherwise.

Command: inkloop data-prep scans SCANS --out PAGES
Gives: 01.png, 02.png, ... with the pixels and the resolution of the scans. --paper --white auto --black auto
makes clean pages of sheets that lay on a scanner bed.
"""

from data_prep.scans import ScansConfig

CONFIG = ScansConfig()
