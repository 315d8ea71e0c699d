"""Modems that are not there: each behaves like its device and its network, on a pty."""
