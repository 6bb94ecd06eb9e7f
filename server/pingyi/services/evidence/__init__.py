"""Files that prove entries."""
