"""Backups: one file of the whole house, its way back, and a drill that tries it."""
