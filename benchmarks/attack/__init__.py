"""What comes upon the program that nobody means well with: ``python -m benchmarks.attack`` prints JSON.

- ``kills``: training processes of every kind of run are killed, at the n-th thing they do to a file or at a
  random time, and gone on with; the run must come out as the one that nobody killed.
- ``inputs``: files and folders of every kind that the program reads are damaged and opened.
- ``quits``: the program is asked to end, in every way there is, at random moments.
- ``leaving``: it is asked to end while something is open, hidden, broken or stuck.
- ``monkey``: clicks, keys, wheels, drags and drops on whatever is in the window.
- ``soak``: hours of training, walking and turning pages, and what they cost in memory.

All is drawn from ``--seed``; a case is repeated with ``--seed S --first N --count 1``, as a finding says. The
exit status is 1 where an aim is missed: nothing lost, no traceback, no hang, no other program started,
nothing silently wrong, nothing said on standard error, and at most 10 MB more of private memory an hour.
"""
