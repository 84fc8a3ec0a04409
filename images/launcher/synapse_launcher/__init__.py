"""Finds the app of a plugin, however its author wrote it, and serves it. The protocol is in ../README.md."""
