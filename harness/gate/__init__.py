"""The gate: whether a change made a cell slower, and how often its answer is wrong."""
