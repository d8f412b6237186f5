"""The version of Trueline: one place, read by the build and by `trueline version`."""

__version__ = "0.1.0"
