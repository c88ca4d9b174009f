"""Words, tables and folders for people."""
