"""An SBD driver as one writes it after the first page of the manual: what the faults are there to break."""

import serial


class NaiveSbd:
    def __init__(self, path: str) -> None:
        self.port = serial.Serial(path, 19200, timeout=0.6)
        self.ask("ATE0")

    def ask(self, command: str, end: bytes = b"OK\r\n") -> bytes:
        self.port.write(command.encode() + b"\r")
        answer = self.port.read_until(end)
        if not answer.endswith(end):
            raise OSError(f"{command}: {answer!r}")
        return answer

    def send(self, payload: bytes) -> None:
        self.ask(f"AT+SBDWB={len(payload)}", b"READY\r\n")
        self.port.write(payload + sum(payload).to_bytes(2, "big"))
        self.port.read_until(b"OK\r\n")
        if int(self.ask("AT+SBDIX").split(b"+SBDIX: ")[1].split(b",")[0]) > 4:
            raise OSError("not sent")
        self.ask("AT+SBDD0")

    def receive(self) -> bytes:
        self.ask("AT+SBDIX")
        return self.ask("AT+SBDRB")[2:-8]
