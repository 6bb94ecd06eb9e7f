"""Files of operators: read as spreadsheets, previewed row by row, confirmed."""
