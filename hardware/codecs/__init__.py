"""The modems' own encodings: GSM alphabet and SMS transfer protocol units. Pure functions over octets."""
