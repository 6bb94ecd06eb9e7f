"""One reader of tables that people bring: XLSX, XLS, ODS, CSV and what is sent under their names."""
