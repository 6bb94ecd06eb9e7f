"""The result: points, groups, totals, adjustments, ranks, grades and last places.

Points are whole numbers of 10**-decimals. Every rate is exact; each level is rounded once, half up.
"""
