"""The numerics of coordinate-based meta-analysis: arrays in, arrays out."""
