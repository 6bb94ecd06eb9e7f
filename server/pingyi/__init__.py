"""Pingyi: public supervision of government units, from channel entries to a ranked board."""
