"""Shell commands of the counting host, the card issuer and the auditors."""
