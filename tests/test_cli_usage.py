"""What `bavn` says of itself: which commands there are, how each is used, and what was typed wrongly."""

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app

COMMANDS = [
    *(
        "init",
        "run",
        "preview",
        "send",
        "show",
        "list",
        "watch",
        "stop",
        "correct",
        "all-clear",
        "update",
        "answer",
    ),
    *("inbox", "channels", "channel", "doctor", "demo"),
    *("config check", "cap check", "audit verify"),
    *("emulate gsm", "emulate iridium", "emulate tetra"),
]


def told(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


WITHOUT_A_RESULT = {*COMMANDS[-3:], "init", "run", "watch", "demo", "config check", "cap check"}


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in WITHOUT_A_RESULT])
def test_every_command_with_a_result_for_scripts_says_what_stands_in_its_lines(command: str) -> None:
    shown = " ".join(told(*command.split(), "--help").output.split())
    assert "In a pipe or a file: " in shown
    assert "with tabs between. Example:" in shown


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("inbox", "[NUMBER] [take|done|is] [WHO]"),
        ("watch", "[ALERT]"),
        ("show", "{ALERT} [WHO]"),
        ("cap check", "{FILE}..."),
        ("channel", "{NAME} {disable|enable|test|log}"),
    ],
)
def test_the_usage_has_one_pair_of_brackets_an_argument(command: str, usage: str) -> None:
    shown = " ".join(told(*command.split(), "--help").output.split())
    assert f"{command} [OPTIONS] {usage} " in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("inbox x", "'NUMBER': 'x' is no whole number: write 1 or more"),
        ("inbox 0", "0 will not do: write 1 or more"),
        ("inbox --limit 1.5", "'1.5' is no whole number: write 1 or more"),
        ("list --limit -1", "-1 will not do: write 1 to 500"),
        ("list --limit 501", "501 will not do: write 1 to 500"),
        ("demo --seed x", "'x' is no whole number: write 0 or more"),
        ("emulate gsm --link m --speed fast", "'fast' is no number: write 10, or 0.5"),
        ("emulate foo", "There is no command 'foo' here: write gsm, iridium or tetra."),
        ("sned", "There is no command 'sned' here: write send."),
        ("reach", "There is no command 'reach' here: write send, preview, show,"),
        ("channel practice pause", "'pause' is not one of disable, enable, test, log: write one of these"),
        ("emulate --foo", "No such option: --foo"),
    ],
)
def test_what_was_typed_wrongly_is_told_with_what_to_type(arguments: str, said: str) -> None:
    result = told(*arguments.split())
    shown = " ".join(result.stderr.replace("│", " ").split())
    assert said in shown
    assert "Input should" not in shown
    assert result.exit_code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_itself_with_an_example(command: str) -> None:
    result = told(*command.split(), "--help")
    assert result.exit_code == 0
    assert f"Example: bavn {command}" in " ".join(result.output.split())


def test_there_are_no_other_commands() -> None:
    """What is not built is absent: every command of the program is in the list above."""
    groups = {name: set(group.commands) for name, group in _commands().items() if hasattr(group, "commands")}
    single = {name for name in _commands() if name not in groups}
    assert single | {f"{name} {each}" for name, those in groups.items() for each in those} == set(COMMANDS)


def _commands() -> dict[str, object]:
    import typer.main

    return dict(typer.main.get_group(app).commands)


@pytest.mark.parametrize(
    "arguments",
    [
        "sned",
        "send",
        "send --to a --headline h",
        "send --to a --headline h --precedence fast",
        "send --to a --headline h --precedence flash --answer kommer",
        "send --to a --headline h --precedence flash --wait seen",
        "send --to a --headline h --precedence flash --timeout soon",
        "send --to a --headline h --precedence flash --text - --long-text -",
        "inbox --by x",
        "inbox 1 --by x",
        "send --cap file.xml --headline h",
        "send --cap nowhere.xml",
        "correct K7",
        "answer K7 souschef 1",
        "answer K7 souschef 1 --via pigeon",
        "channel practice pause",
        "channel practice test --reason x",
        "demo --break some",
        "cap check",
        "emulate gsm",
    ],
)
def test_wrong_usage_is_status_2_with_a_line_that_says_what(arguments: str) -> None:
    result = told(*arguments.split())
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.output.strip()
