"""What ballots and monitoring points share: settings, plan and score."""
