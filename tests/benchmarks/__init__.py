"""Benchmarks: timings live here and nowhere else, as ratios against a peer in the same run. `make bench`."""
