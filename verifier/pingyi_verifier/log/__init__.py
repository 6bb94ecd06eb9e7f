"""The log: its tree (RFC 9162), the heads of that tree and who signed them (Ed25519, signed notes)."""
