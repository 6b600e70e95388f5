"""A whole collection of images seen by models: latents, order, filters, a map, how familiar it is."""
