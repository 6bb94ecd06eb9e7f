"""From a closed period to stored revisions of its result."""
