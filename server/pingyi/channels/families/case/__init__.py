"""What single cases, case totals and shows share: settings, schema and measures."""
