"""SMPP over TLS: with a certificate that is vouched for, and only with one."""

import ssl
from pathlib import Path

import pytest
import trustme

from channels.base import ChannelDown, ChannelError, State
from tests.outgoing import outgoing
from tests.smsc import turns
from tests.smsc_script import ScriptedSmsc

TO = "sms:+4500000001"
Authority = tuple[Path, ssl.SSLContext]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of our own in a file, and a server context for 127.0.0.1 that it signed."""
    path, made = tmp_path_factory.mktemp("tls") / "ca.pem", trustme.CA()
    made.cert_pem.write_to_path(str(path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.issue_cert("127.0.0.1").configure_cert(context)
    return path, context


async def test_a_message_leaves_over_tls(authority: Authority) -> None:
    path, context = authority
    async with ScriptedSmsc(tls=context) as smsc, smsc.channel(tls="implicit", ca_file=path) as channel:
        await turns(channel, State.UP)
        await channel.submit(outgoing(TO))
    assert len(smsc.submitted) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(authority: Authority) -> None:
    async with ScriptedSmsc(tls=authority[1]) as smsc, smsc.channel(tls="implicit") as channel:
        assert "certificate verify failed" in await turns(channel, State.DOWN)
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(TO))
    assert smsc.heard == []


async def test_a_certificate_of_another_name_is_refused(authority: Authority) -> None:
    path, context = authority
    table = {"tls": "implicit", "ca_file": path, "host": "localhost"}
    async with ScriptedSmsc(tls=context) as smsc, smsc.channel(**table) as channel:
        assert "certificate" in await turns(channel, State.DOWN)
    assert smsc.heard == []


async def test_a_message_centre_without_tls_hears_no_password(authority: Authority) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel(tls="implicit", connect_s=0.5) as channel:
        await turns(channel, State.DOWN)
    assert not any(b"hemmelig" in body for *_, body in smsc.heard)


async def test_a_file_of_authorities_that_is_none_is_named(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    async with ScriptedSmsc() as smsc:
        channel = smsc.channel(tls="implicit", ca_file=tmp_path / "ca.pem")
        (tmp_path / "ca.pem").write_text("not a certificate")
        with pytest.raises(ChannelError, match=r"ca\.pem is no PEM"):
            await channel.__aenter__()
