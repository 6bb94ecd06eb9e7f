"""Measures the product on this machine: every figure as a ratio beside something plain in the same run."""
