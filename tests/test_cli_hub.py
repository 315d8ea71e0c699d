"""`bavn` against a running hub: the real command, the real socket, practice channels that nobody answers.

One hub for the whole file. Answers come as staff would type them: `bavn answer`.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import HubProcess, command, environment, hub_in

CAP = Path(__file__).parent / "data" / "cap" / "oasiscap" / "v1dot2_appendix_adot1.xml"
SEND = ("send", "--to", "krisestab", "--precedence", "priority", "--want", "submitted", "--headline", "Prøve")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


def sent(hub: HubProcess, *more: str) -> str:
    """The code of a new alert."""
    code: str = hub.json(*SEND, *more)["code"]
    return code


def test_run_says_where_it_listens(hub: HubProcess) -> None:
    assert f"{hub.folder / 'var' / 'bavn.sock'} (ØVELSE)" in hub.line
    assert hub.port > 0


def test_a_second_hub_in_the_same_place_is_refused(hub: HubProcess) -> None:
    result = hub.real("run")
    assert result.returncode == 1
    assert "running already" in result.stderr


def test_an_old_key_under_another_text_is_refused_in_danish(hub: HubProcess) -> None:
    once = (*SEND, "--key", "samme")
    assert hub.json(*once)["id"] == hub.json(*once)["id"]
    refused = hub.bavn(*once, "--text", "Lokale 2").stderr
    assert refused.startswith("Afvist: nøglen (--key) er brugt til et andet varsel: brug en ny")


def test_send_gives_scripts_a_line_and_people_the_rest(hub: HubProcess) -> None:
    result = hub.real(*SEND, "--to", "fjernlager")
    identifier, code, no_route = result.stdout.rstrip("\n").split("\t")
    assert result.returncode == 0
    assert re.fullmatch(r"[0-9]{8}T[0-9]{6}Z-[0-9A-F]{10}", identifier)
    assert no_route == "fjernlager"
    assert f"#{code}, 3 modtagere ({identifier})" in result.stderr
    assert "INGEN VEJ TIL: fjernlager: ingen vej tager tel-adresser" in result.stderr
    shown = hub.bavn("show", code, "--lang", "en").stderr
    assert "no channel takes tel" in shown


def test_send_with_json_prints_one_object_and_nothing_else(hub: HubProcess) -> None:
    result = hub.real(*SEND, "--json", "--wait", "submitted")
    found = json.loads(result.stdout)
    assert found["recipients"] == 2
    assert (found["met"], found["have"], found["missing"]) == (True, ["vagthavende", "souschef"], [])
    assert "souschef: Sendt, intet bevis endnu" in result.stderr


@pytest.mark.parametrize("command", [("preview",), ("send", "--dry-run")])
def test_a_preview_shows_each_text_and_keeps_nothing(hub: HubProcess, command: tuple[str, ...]) -> None:
    before = hub.json("list")
    result = hub.bavn(*command, *SEND[1:], "--text", "Lokale 2", "--to", "fjernlager")
    assert [line.split("\t")[:4] for line in result.stdout.splitlines()] == [
        [name, "2", "1", "0"] for name in ("practice", "second")
    ]
    assert "INTET ER SENDT" in result.stderr
    assert "INGEN VEJ TIL: fjernlager" in result.stderr
    assert hub.json("list") == before


def test_a_preview_of_nothing_or_of_a_cap_file_is_wrong_usage(hub: HubProcess) -> None:
    assert hub.bavn("preview").returncode == hub.bavn("send", "--dry-run", "--cap", str(CAP)).returncode == 2


def test_the_same_key_and_text_is_the_same_alert_and_another_text_is_refused(hub: HubProcess) -> None:
    first, again = (hub.json(*SEND, "--key", "samme")["id"] for _ in range(2))
    other = hub.bavn(*SEND, "--key", "samme", "--text", "noget andet")
    assert first == again
    assert other.returncode == 1
    assert other.stdout == ""


def test_a_wait_that_is_not_fulfilled_in_time_is_status_3(hub: HubProcess) -> None:
    result = hub.bavn(*SEND, "--wait", "acknowledged", "--timeout", "1s")
    assert result.returncode == 3
    assert "Ikke i tide: vagthavende, souschef" in result.stderr
    assert "ingen bliver bedt om at svare" in result.stderr


def test_a_wait_for_one_without_a_route_ends_at_once_with_status_3(hub: HubProcess) -> None:
    result = hub.bavn(*SEND, "--to", "fjernlager", "--wait", "delivered", "--timeout", "25s")
    assert result.returncode == 3
    assert "Endte uden bevis: fjernlager" in result.stderr


def test_a_wait_ends_when_the_last_answer_is_in(hub: HubProcess) -> None:
    waiting = subprocess.Popen(
        command(*SEND, "--answer", "1=kommer", "--wait", "acknowledged", "--timeout", "20s"),
        cwd=hub.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout is not None
    code = waiting.stdout.readline().split("\t")[1]
    for who in ("vagthavende", "souschef"):
        assert hub.bavn("answer", code, who, "1", "--via", "voice").returncode == 0
    _, said = waiting.communicate(timeout=10)
    assert waiting.returncode == 0
    assert "souschef: Kvitteret: kommer" in said


@pytest.mark.parametrize(
    ("option", "value", "element"),
    [
        ("--to", "krisestap", "krisestab"),
        ("--expires", "10s", "expires forstås ikke: skriv"),
        ("--repeat", "5m", "repeat: 5m er ikke fra 10m til 7d"),
        ("--radio-text", "x" * 66, "radio_text"),
        ("--answer", "abc=kommer", "answers"),
        ("--status", "Actual", "status"),
    ],
)
def test_a_refusal_is_one_line_with_the_element_and_the_remedy(
    hub: HubProcess, option: str, value: str, element: str
) -> None:
    result = hub.real(*SEND, option, value)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Afvist: ")
    assert element in result.stderr
    assert result.stderr.count("\n") == 1


def test_texts_can_come_from_stdin(hub: HubProcess) -> None:
    code = hub.json(*SEND, "--text", "-", stdin="Mød i lokale 2\n")["code"]
    assert hub.json("show", code)["text"] == "Mød i lokale 2"


def test_a_cap_file_is_sent_once_however_often(hub: HubProcess, tmp_path: Path) -> None:
    file = tmp_path / "varsel.xml"
    text = CAP.read_text(encoding="utf-8").replace(">Actual<", ">Exercise<")
    text = re.sub(r"<expires>[^<]*</expires>", "", text)
    file.write_text(text, encoding="utf-8")
    first, again = (
        hub.json("send", "--cap", str(file), "--to", "krisestab", "--precedence", "routine") for _ in range(2)
    )
    assert first["id"] == again["id"]
    assert first["recipients"] == 2
    assert hub.json("show", first["code"])["precedence"] == "routine"


def test_show_is_a_table_for_people_and_a_line_for_scripts(hub: HubProcess) -> None:
    code = sent(hub, "--wait", "submitted")
    result = hub.bavn("show", f"#{code}", "--attempts")
    assert result.returncode == 0
    assert result.stdout.split("\t")[1:] == [code, "0", "0", "\n"]
    assert "INGEN MANGLER: 2 AF 2" in result.stderr
    assert "Sendt, intet bevis endnu" in result.stderr
    assert max(map(len, result.stderr.splitlines())) <= 80


def test_show_in_english(hub: HubProcess) -> None:
    assert "NOBODY MISSING" in hub.bavn("show", sent(hub, "--wait", "submitted"), "--lang", "en").stderr


def test_an_alert_that_is_not_there_is_status_1(hub: HubProcess) -> None:
    result = hub.bavn("show", "nowhere/../#%")
    assert result.returncode == 1
    assert "bavn list" in result.stderr


def test_list_has_the_newest_first(hub: HubProcess) -> None:
    codes = [sent(hub), sent(hub)]
    result = hub.bavn("list", "--limit", "2")
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == codes[::-1]
    assert "Prøve" in result.stderr


def test_stop_tells_nobody_and_says_how_to(hub: HubProcess) -> None:
    code = sent(hub, "--wait", "submitted")
    result = hub.bavn("stop", code)
    assert result.stdout.split("\t")[1:] == ["0", "2\n"]
    assert f"#{code}, »Prøve«" in result.stderr
    assert f"bavn correct {code}" in result.stderr
    assert "STOPPET" in hub.bavn("show", code).stderr


def test_a_stop_of_what_was_replaced_names_what_stands_in_its_place(hub: HubProcess) -> None:
    first = sent(hub, "--wait", "submitted")
    second = hub.json("correct", first, "--headline", "Kl. 04.45")["code"]
    third = hub.json("update", second, "--headline", "Lokale 2")["code"]
    result = hub.bavn("stop", first)
    assert f"#{first}, »Prøve«, var allerede RETTET" in result.stderr
    assert f"bavn correct {third} " in result.stderr
    assert hub.bavn("correct", first, "--headline", "Endnu en").returncode == 1
    assert hub.bavn("correct", third, "--headline", "Kl. 05.45").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "word", "status"),
    [
        (("correct", "--headline", "Kl. 04.45"), "RETTELSE", "RETTET"),
        (("update", "--headline", "Lokale 2"), "Opdatering", "OPDATERET"),
        (("all-clear",), "Afvarsling", "AFVARSLET"),
    ],
)
def test_what_follows_goes_to_those_who_may_have_it(
    hub: HubProcess, arguments: tuple[str, ...], word: str, status: str
) -> None:
    code = sent(hub, "--wait", "submitted")
    result = hub.bavn(arguments[0], code, *arguments[1:])
    identifier, new, _ = result.stdout.split("\t")
    assert word in result.stderr
    assert f"sendt som #{new} til 2 modtagere, der kan have fået #{code} ({identifier})" in result.stderr
    assert "2 modtagere" in result.stderr
    assert f"#{code}, »Prøve«" in result.stderr
    assert status in hub.bavn("show", code).stderr
    assert hub.json("show", code)["replaced_by"] == identifier


@pytest.mark.parametrize(
    ("arguments", "warned"),
    [(("correct", "--headline", "y"), True), (("update", "--headline", "y"), True), (("all-clear",), False)],
)
def test_who_never_had_what_is_replaced_and_gets_nothing_now_is_named(
    hub: HubProcess, arguments: tuple[str, ...], warned: bool
) -> None:
    both = ("--to", "souschef,fjernlager", "--precedence", "flash", "--headline", "x", "--want", "submitted")
    code: str = hub.json("send", *both, "--wait", "submitted")["code"]
    result = hub.bavn(arguments[0], code, *arguments[1:])
    assert "til 1 modtager" in result.stderr
    assert ("OBS fjernlager: fik aldrig det, som dette afløser." in " ".join(result.stderr.split())) is warned


def test_a_follower_of_what_nobody_got_sends_nothing(hub: HubProcess) -> None:
    code: str = hub.json("send", "--to", "fjernlager", "--precedence", "flash", "--headline", "x")["code"]
    corrected = hub.bavn("correct", code, "--headline", "y")
    identifier, new, _ = corrected.stdout.split("\t")
    assert f"Ingen har fået #{code}" in corrected.stderr
    assert "der er intet sendt" in corrected.stderr
    assert f"({identifier}) er gemt i dens sted, uden modtagere" in " ".join(corrected.stderr.split())
    refused = hub.bavn("all-clear", code)
    assert refused.returncode == 1
    assert refused.stderr == f"Afvist: #{code} er allerede rettet. Det, der gælder nu, er #{new}: skriv den\n"


def test_what_follows_a_correction_that_never_left_names_what_is_on_the_phone(hub: HubProcess) -> None:
    first = sent(hub, "--wait", "submitted")
    for channel in ("practice", "second"):
        hub.bavn("channel", channel, "disable")
    second = hub.json("correct", first, "--headline", "Kl. 04.45")["code"]
    result = hub.bavn("update", second, "--headline", "Lokale 2")
    third = result.stdout.split("\t")[1]
    assert f"Opdatering af #{second}, »Kl. 04.45«, sendt som #{third} til 2 modtagere" in result.stderr
    assert f"der kan have fået #{first} (" in result.stderr
    assert f"OBS 2 modtager(e) har #{first}, og rettelsen af den nåede dem aldrig." in result.stderr
    for channel in ("practice", "second"):
        hub.bavn("channel", channel, "enable")


def test_an_answer_by_voice_is_kept_for_its_recipient_only(hub: HubProcess) -> None:
    code = sent(hub, "--answer", "1=kommer")
    kept = hub.bavn("answer", code, "souschef", "1", "--via", "runner").stderr
    assert f"#{code}, »Prøve«: kvitteret" in kept
    assert hub.bavn("answer", code, "nobody", "1", "--via", "voice").returncode == 1


def test_a_deputy_s_answer_counts_for_the_one_they_stand_in_for(hub: HubProcess) -> None:
    """The one who cannot be reached is not missing any more, in the list and in the picture alike."""
    found = hub.json("send", "--to", "lagerchef", "--precedence", "flash", "--headline", "Åbn lageret")
    assert hub.bavn("list", "--limit", "1").stdout.split("\t")[2:] == ["1", "0", "1\n"]
    hub.bavn("answer", found["code"], "souschef", "1", "--via", "voice")
    assert hub.bavn("list", "--limit", "1").stdout.split("\t")[2:] == ["1", "0", "0\n"]
    shown = hub.bavn("show", found["code"])
    assert "INGEN MANGLER: 1 AF 1" in shown.stderr
    assert "souschef svarede i stedet" in " ".join(shown.stderr.split())


def test_a_channel_is_disabled_tested_and_enabled(hub: HubProcess) -> None:
    off = hub.bavn("channel", "second", "disable", "--reason", "SIM byttes")
    assert "bavn channel second enable" in off.stderr
    listed = {c["name"]: c for c in hub.json("channels")["channels"]}
    assert listed["second"]["disabled"]
    assert "SIM byttes" in hub.bavn("channels").stderr
    closed = hub.bavn("channel", "second", "test")
    assert (closed.stdout, "second er lukket" in closed.stderr) == ("second\tdisabled\n", True), closed
    assert hub.json("channel", "second", "enable")["disabled"] is False
    assert hub.bavn("channel", "second", "test").stdout == "second\tup\n"
    assert "practice, second" in hub.bavn("channel", "third", "test").stderr
    assert hub.json("channel", "second", "log") == {"name": "second", "lines": []}
    assert "second" in hub.bavn("channel", "second", "log").stderr


def test_the_audit_is_verified_beside_the_running_hub(hub: HubProcess) -> None:
    sent(hub)
    found = hub.json("audit", "verify")
    assert found["records"] > 0
    assert found["flaws"] == []
    assert "hænger sammen" in hub.bavn("audit", "verify").stderr


def test_doctor_asks_the_running_hub_about_its_channels(hub: HubProcess) -> None:
    found = {(f["check"], f["level"]) for f in hub.json("doctor")["findings"]}
    assert ("channel_good", "good") in found
    assert ("contact_no_route", "wrong") in found
    assert hub.bavn("doctor").returncode == 1


def test_watch_with_json_prints_the_events_of_the_alert_as_objects(hub: HubProcess) -> None:
    alert = hub.json(*SEND, "--answer", "1=kommer", "--want", "acknowledged")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    words = command("watch", alert["code"], "--json")
    with subprocess.Popen(words, cwd=hub.folder, env=environment(), text=True, **pipes) as watching:
        assert watching.stderr is not None
        assert "Ctrl-C" in watching.stderr.readline()
        sent(hub)  # another alert, which is not told
        for who in ("vagthavende", "souschef"):
            hub.bavn("answer", alert["code"], who, "1", "--via", "voice")
        said, _ = watching.communicate(timeout=10)
    assert watching.returncode == 0
    assert set(said.splitlines()) == {json.dumps({"event": "alert", "id": alert["id"]})}


def test_a_socket_that_was_removed_is_not_a_hub_that_is_down(tmp_path: Path) -> None:
    with hub_in(tmp_path) as own:
        (tmp_path / "var" / "bavn.sock").unlink()
        listed, examined = own.bavn("list", "--lang", "en"), own.json("doctor")
        own.stop()
        after = own.bavn("list", "--lang", "en")
    assert (listed.returncode, after.returncode) == (4, 4)
    assert "A hub is running and goes on sending, but" in listed.stderr
    assert "systemctl restart bavn" in listed.stderr
    assert "No hub is running" in after.stderr
    (found,) = [each for each in examined["findings"] if each["check"] == "socket_gone"]
    assert found["level"] == "wrong"


def test_watch_prints_a_line_a_change_and_ends_with_the_alert(hub: HubProcess) -> None:
    code = sent(hub, "--answer", "1=kommer", "--want", "acknowledged")
    watching = subprocess.Popen(
        command("watch", code), cwd=hub.folder, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    assert "Prøve" in watching.stdout.readline()
    for who in ("vagthavende", "souschef"):
        hub.bavn("answer", code, who, "1", "--via", "voice")
    said, _ = watching.communicate(timeout=10)
    assert watching.returncode == 0
    assert re.search(rf"[0-9.]{{8}} #{code} souschef: Kvitteret: kommer", said)
