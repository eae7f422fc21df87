"""Everything of manabench that needs no screen. Start at ``store.workbench``."""
