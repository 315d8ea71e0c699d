"""`ca_file` of a channel's table: the authorities that are trusted when it is given, and then no others."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, FilePath


def _with_certificates(path: Path) -> Path:
    """Now, since a channel that finds it out is down for good."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise ValueError(
            f"{path} holds no certificate in PEM. Name the file of the authorities' certificates, which begin with "
            "-----BEGIN CERTIFICATE-----"
        ) from error
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}). Make it readable for the hub's user"
        ) from error
    return path


Authorities = Annotated[FilePath, AfterValidator(_with_certificates)]
