"""The AT dialogue without I/O, clock or asyncio: one grammar, our end (`dte`) and the modem's end (`dce`)."""
