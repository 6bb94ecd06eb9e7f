"""Letters by SMTP: where they are handed over, what the server says of each, and whether it could."""
