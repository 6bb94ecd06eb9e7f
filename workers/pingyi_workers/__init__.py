"""The jobs, the relay and the schedule that carry work from the outbox to its end."""
