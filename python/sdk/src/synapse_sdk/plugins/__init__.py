"""Plugins, as the clients name them."""
