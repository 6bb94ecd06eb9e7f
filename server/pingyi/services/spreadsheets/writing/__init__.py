"""Tables that people take along: text stays text, Excel opens the CSV, workbooks can be printed."""
