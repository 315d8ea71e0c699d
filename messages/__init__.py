"""Meaning: alerts, addresses, precedence, evidence, answers, texts. Pure: no I/O, no clock, no asyncio."""
