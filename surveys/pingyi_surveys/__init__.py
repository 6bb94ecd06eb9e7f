"""Survey intake: questionnaires, rosters, sealed ballots and the opening of the box."""
