"""Which directions a model offers at a place, and the basis that stands for each group of them."""
