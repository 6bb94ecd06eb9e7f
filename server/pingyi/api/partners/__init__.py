"""What operators do from their own systems: entries, files, evidence."""
