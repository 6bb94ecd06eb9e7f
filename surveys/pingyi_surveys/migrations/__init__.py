"""The history of our tables from here on; they were first made by 0008 of the core's."""
