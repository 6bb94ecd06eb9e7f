"""What checklists and findings share: settings and score."""
