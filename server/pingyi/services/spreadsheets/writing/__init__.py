"""Tables that people take along: text that stays text, CSV that Excel opens, workbooks that can be printed."""
