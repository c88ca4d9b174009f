"""Differences between two evidence bases, tested by their labels."""
