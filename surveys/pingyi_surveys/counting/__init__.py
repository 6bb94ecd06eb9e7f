"""Opens the boxes of a closed period, and ends the life of their keys."""
