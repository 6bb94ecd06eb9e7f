"""What a period's ballots need before they open: boxes, keys, cards, windows, invitations."""
