"""Figures of speed, printed beside a floor measured in the same run; never timed tests."""
