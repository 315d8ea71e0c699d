"""A driver as one writes it after the first page of a modem's manual: what the faults are there to break."""

import serial


class NaiveDriver:
    def __init__(self, path: str) -> None:
        self.port = serial.Serial(path, 115200, timeout=0.25)
        for command in ("ATE0", "AT+CMGF=0", "AT+CNMI=2,1,0,1,0"):
            self.ask(command)

    def ask(self, command: str, end: bytes = b"OK\r\n") -> bytes:
        self.port.write(command.encode() + b"\r")
        answer = self.port.read_until(end)
        if not answer.endswith(end):
            raise OSError(f"{command}: {answer!r}")
        return answer

    def send(self, tpdu: bytes) -> None:
        status = self.ask("AT+CREG?").split(b"+CREG: ")[1].split(b",")[1][:1]
        if int(status) not in (1, 5):
            raise OSError("no network")
        self.ask(f"AT+CMGS={len(tpdu)}", b"> ")
        self.ask("00" + tpdu.hex() + "\x1a")
