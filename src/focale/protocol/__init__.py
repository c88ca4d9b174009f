"""What is decided before a map is seen."""
