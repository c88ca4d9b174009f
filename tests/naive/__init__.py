"""Slow, obvious twins of fast code, written from the formulas and from nothing else."""
