"""Images that lack more than noise takes: what was done to them, priors, and ways back."""
