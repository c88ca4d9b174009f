"""Two readings side by side: what differs, and which difference changes what."""
