"""People's own photographs: one that is looked at, and files and folders that are denoised."""
