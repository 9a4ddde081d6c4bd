"""The benchmark (`make bench`): every figure is a ratio to a bare Flask route measured in the same run."""
