"""What every room of the services leans on: callers, roles, errors, channels ready to work, progress."""
