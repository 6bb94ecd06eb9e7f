"""What belongs to no period: schemes, operators, keys, plugins, draws."""
