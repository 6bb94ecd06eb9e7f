"""Words: everything is said in Chinese and English, and what is wrong is counted."""
