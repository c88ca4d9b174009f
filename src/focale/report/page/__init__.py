"""The report as one page that works without a network."""
