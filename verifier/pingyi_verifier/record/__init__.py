"""The record: its leaves, signed heads, epochs, pins and witnesses, and the acts that it tells of.

Line i of leaves/<epoch>.txt is log entry i: a leaf's own bytes where it belongs to this period, else
`scope digest`. The tree stands over "scope\\ndigest\\n", digest = SHA-256(0x00 leaf).
"""
