"""The registry: one line a bearer, nothing imported before it is asked for."""

import subprocess
import sys

import pytest

from channels.registry import BEARERS, RegistryError, channel_class, new_channel


@pytest.mark.parametrize("bearer", sorted(BEARERS))
def test_every_bearer_has_a_class_whose_config_refuses_unknown_keys(bearer: str) -> None:
    model = channel_class(bearer).config_model
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["frozen"] is True


def test_an_unknown_bearer_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(RegistryError) as refused:
        channel_class("pigeon")
    assert all(bearer in refused.value.reason for bearer in BEARERS)


def test_a_channel_is_made_of_its_configuration() -> None:
    config = channel_class("loopback").config_model(bearer="loopback", domains=("here",))
    assert new_channel("loop-a", config).name == "loop-a"


def test_importing_the_registry_loads_no_client_library() -> None:
    check = (
        "import sys, channels.registry as r; print({'aiosmtplib', 'serial', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout.strip() == "set()"
