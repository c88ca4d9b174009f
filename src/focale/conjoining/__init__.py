"""Conjoining: where each of several evidence bases has a corrected p small enough."""
