"""A driver of a TETRA radio as a first evening brings it forth: it works, while the radio does."""

import serial


class NaiveSds:
    def __init__(self, path: str) -> None:
        self.port = serial.Serial(path, 38400, timeout=0.5)
        for command in ("ATZ\r", "AT+CTSP=1,3,130\r", "AT+CTSDS=12,0\r"):
            self.ask(command)

    def line(self) -> bytes:
        while not (line := self.port.read_until(b"\r\n")).strip():
            if not line:
                raise OSError("the radio is silent")
        return line.strip()

    def ask(self, command: str) -> None:
        self.port.write(command.encode())
        while (line := self.line()) != b"OK":
            if not line.startswith((b"AT", b"+CMGS: ")):
                raise OSError(line)

    def send(self, peer: str, octets: bytes) -> None:
        self.ask(f"AT+CMGS={peer},{8 * len(octets)}\r{octets.hex()}\x1a")
        while (line := self.line())[9:10] != b"4":
            if line[9:10] == b"5":
                raise OSError(line)
