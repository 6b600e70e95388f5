"""One module for each kind of run that needs no lab; see `jnn_studio.training.kind`."""
