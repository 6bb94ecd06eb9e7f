"""The families that real notices use; a channel is a family with its own schema, presets and words."""
