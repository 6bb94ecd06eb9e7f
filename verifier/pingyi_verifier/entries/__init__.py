"""The entries: those that stand in the record are the rows of the files and the sums of the snapshot."""
