"""What people do with ballots: each use case owns its transaction or takes part in its caller's."""
