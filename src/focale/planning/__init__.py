"""Planning: what a test would find if more experiments like those at hand came in."""
