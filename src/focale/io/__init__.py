"""Files in and out, as records: what a file says, before any conversion."""
