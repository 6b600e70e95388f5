"""Walking a latent space; and, called, the window on models of one's own.

``jnn_studio.explore({"mine": (encoder, decoder)}, images)`` opens that window: see
`jnn_studio.app.exploring.explore`, whose arguments it takes. `jnn_studio/__init__.py` makes it so.
"""
