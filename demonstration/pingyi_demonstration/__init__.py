"""The demonstration: a whole evaluation with generated data, posted by its operators over HTTP."""
