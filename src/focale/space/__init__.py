"""Where things are: grids, masks, maps, standard spaces."""
