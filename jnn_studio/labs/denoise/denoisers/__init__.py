"""The denoisers there are: what each learnt from, which ships, what is told to it, and BM3D."""
