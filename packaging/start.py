"""What a bundle starts: the program as `jnn-studio` starts it."""

from jnn_studio.__main__ import main

main()
