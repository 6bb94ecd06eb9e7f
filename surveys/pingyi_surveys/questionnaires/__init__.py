"""Questionnaires: documents checked as a whole, edited as drafts, stored in versions."""
