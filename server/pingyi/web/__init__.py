"""What every page and every API operation share: who may call, sessions, languages, errors, headers."""
