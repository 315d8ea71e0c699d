"""What an emulated TETRA radio remembers, and what its maker has made of the interface."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Make:
    """How makers and codeplugs differ. All of it outlives a restart."""

    atz: str = "ok"  # "ok", or "reboot": a Sepura STP9040 can be set up so (tetra-cli #2)
    odd_digits: bool = False  # a Sepura sends 84 bits as 21 digits, a Motorola pads them to 22
    prompt: bool = False  # whether `> ` asks for the user data: no host relies on it
    service_fields: int = 2  # how many parameters CTSDS has to have at least
    tells_on_air: bool = True  # +CMGS with status 4 or 5 follows
    own_references: bool = False  # the number in that line is the radio's own
    most_bits: int = 1232


@dataclass(slots=True)
class Settings:
    """What a host has set. A restart forgets all of it."""

    cmee: int = 1
    creg: int = 0
    character_set: str = "8859-1"
    service: int | None = None  # CTSDS: none chosen yet
    identity: int = 0
    call: tuple[int, ...] = ()  # CTSDC: what calls are like
    registrations: dict[tuple[int, ...], int] = field(default_factory=dict)  # CTSP: layers -> profile


@dataclass(slots=True)
class Device:
    """One radio."""

    make: Make = field(default_factory=Make)
    settings: Settings = field(default_factory=Settings)
    mode: int = 0  # CTOM: 0 trunked, 1 direct
    inhibited: bool = False  # TXI: it must not transmit
    group: str = "3990100"
    volume: int = 50  # CLVL, of 100: a knob, which outlives a restart
    next_instance: int = 0
    restarts: int = 0

    def restart(self) -> None:
        self.settings = Settings()
        self.next_instance = 0
        self.restarts += 1

    def instance(self) -> int:
        """The number of the next message that is accepted: 0 to 9, round and round."""
        instance = self.next_instance
        self.next_instance = (instance + 1) % 10
        return instance

    def is_registered(self, *layers: int) -> bool:
        """Whether the host gets this kind: profile 1 (host alone) or 2 (both). 24 and 25 stand for all identifiers."""
        profiles = self.settings.registrations
        if layers[0] == 3 and profiles.get((3, 25 if layers[1] >= 128 else 24), 0):
            return True
        return profiles.get(layers, 0) > 0
