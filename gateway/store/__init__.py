"""The store: what Bavn knows, on disk. `database.Store` runs the operations; the other modules are operations."""
