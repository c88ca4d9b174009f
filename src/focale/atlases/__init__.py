"""Where in the brain: atlases, the labels they give to places, and where they are found."""
