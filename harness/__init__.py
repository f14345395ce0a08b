"""Plan, run, record, judge and show the measurements of the contenders."""
