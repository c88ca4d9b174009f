"""Figures, returned and never shown."""
