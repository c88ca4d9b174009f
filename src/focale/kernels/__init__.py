"""Compiled loops over arrays, and nothing else."""
