"""What anyone may ask of the verifiable record."""
