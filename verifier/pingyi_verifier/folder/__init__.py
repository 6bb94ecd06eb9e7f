"""The folder: plain readers, and the manifest that lists every file with its SHA-256."""
