"""Whole evaluations as folders of plain files: imported, exported, offered."""
