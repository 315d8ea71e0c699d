"""What the name of a host says about the way to it."""

from ipaddress import IPv6Address, ip_address


def is_here(host: str) -> bool:
    """Whether what is said to it never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_and_port(text: str) -> tuple[str, int]:
    """The parts of `listen`. ValueError with the remedy."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit():
        raise ValueError(f'{text!r} is not host:port. Write for example listen = "127.0.0.1:8470"')
    if int(port) > 65535:
        raise ValueError(f'{port} is not a port (0 to 65535). Write for example listen = "127.0.0.1:8470"')
    if not host.startswith("["):
        if ":" in host:
            raise ValueError(
                f"{text!r} does not say where the address ends and the port begins. "
                'Write for example listen = "[::1]:8470"'
            )
        return host, int(port)
    try:
        return str(IPv6Address(host.removeprefix("[").removesuffix("]"))), int(port)
    except ValueError:
        raise ValueError(f'{host!r} is no IPv6 address. Write for example listen = "[::1]:8470"') from None
