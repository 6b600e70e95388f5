"""The paper's experiment: two autoencoders, their settings and words, and finding η."""
