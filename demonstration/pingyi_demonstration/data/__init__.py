"""Generated data: what every channel of the ready-made schemes is brought, and bundles of it."""
