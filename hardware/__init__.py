"""Bytes: serial ports, the AT dialogue, modem drivers, the modems' own codecs, and emulators of the modems.

Knows nothing of alerts or people; what goes in and comes out are octets and plain values.
"""
