"""RECORDS → PAGES: tables that fit a terminal, figures with units and bands, one self-contained page.

Reads records and frames, runs nothing. matplotlib is imported here and nowhere else.
"""
