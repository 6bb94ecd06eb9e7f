"""Documents: everything an office configures, drafted, checked as a whole, issued and then never changed."""
