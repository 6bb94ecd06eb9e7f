"""The channels that come along: one small package each, named in pyproject.toml and nowhere else."""
