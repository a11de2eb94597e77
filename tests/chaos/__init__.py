"""Proofs that take long: each module is a program that breaks things many times, and counts what was lost.

`make chaos` runs them all; small versions of each are in the test suite.
"""
