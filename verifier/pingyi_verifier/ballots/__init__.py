"""Ballots: none is left out or added, boxes were made ready before and opened after, and the sums add up.

Each sealed ballot is a leaf while the period is open; after its closing a box is opened once, and only sums
come out. Nobody can look into a ballot from here.
"""
