"""The harness's tests: `python3 -m unittest discover -t . -s harness/tests` from the repository."""
