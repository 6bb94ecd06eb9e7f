"""The verifiable record: one leaf for every consequential act."""
