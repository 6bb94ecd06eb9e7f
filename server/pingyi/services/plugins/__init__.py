"""What installed channel plugins show, and where they are used."""
