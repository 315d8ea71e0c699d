"""CAP files are judged as the standard, the schema and our own sheet of verdicts say."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from messages.cap import MOST_OCTETS, CapError, Verdict, judge, parse, serialise

HERE = Path(__file__).parent
DATA = HERE / "data" / "cap"
ATTACKS = HERE / "data" / "xml-attacks"
LARGER = HERE.parents[1] / "shared" / "data" / "cap"  # the complete sets, where they lie beside the checkout

# Where a verdict of VERDICTS.tsv is a refusal, the element that must be named.
WRONG = {
    "sem-ceiling-no-altitude.xml": "info/area/ceiling",
    "sem-digest-mismatch.xml": "info/resource/digest",
    "sem-expires-before-effective.xml": "info/expires",
    "sem-identifier-space.xml": "identifier",
    "sem-polygon-lat-range.xml": "info/area/polygon",
    "sem-polygon-three-points.xml": "info/area/polygon",
    "sem-reference-later-than-sent.xml": "references",
    "sem-relative-uri-no-deref.xml": "info/resource/uri",
    "sem-restriction-on-public.xml": "restriction",
    "sem-update-without-references.xml": "references",
    "wf-doctype.xml": "DOCTYPE",
    "xsd-missing-scope.xml": "info",  # stands where scope should; the reason names scope
    "xsd-sent-z.xml": "sent",
    "xsd-two-status.xml": "status",
    "xsd-wrong-namespace.xml": "alert",
}
# Schema-valid files of others that break a rule of the standard.
BREAKS_A_RULE = {
    "google/canada_errors.cap": "references",
    "google/xee.cap": "DOCTYPE",
    "oasiscap/ipaws-5e6ddbad023f1930ef6c1a5a.xml": "info/resource/digest",
}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def foreign() -> list[tuple[Path, dict[str, str]]]:
    return [(root, row) for root in (DATA, LARGER) if root.is_dir() for row in table(root / "EXPECTED.tsv")]


def alert(inside: str = "", *, info: str = "", msg_type: str = "Alert", scope: str = "Public") -> bytes:
    """A small valid message, with elements after scope and elements at the end of its info."""
    return f"""<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>DK-1</identifier><sender>krisestab@eksempel.invalid</sender>
<sent>2026-11-23T09:30:00+01:00</sent><status>Actual</status><msgType>{msg_type}</msgType><scope>{scope}</scope>{inside}
<info><category>Infra</category><event>Strømsvigt</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Observed</certainty>{info}</info></alert>""".encode()


def area(shape: str) -> bytes:
    return alert(info=f"<area><areaDesc>Østbyen</areaDesc>{shape}</area>")


@pytest.mark.parametrize("row", table(DATA / "own" / "VERDICTS.tsv"), ids=lambda row: row["file"])
def test_own_files_are_judged_as_the_sheet_of_verdicts_says(row: dict[str, str]) -> None:
    verdict = judge((DATA / "own" / row["file"]).read_bytes())

    assert verdict.accepted is (row["our_verdict"] in {"accept", "sanitise", "reject-action"})
    assert verdict.element == WRONG.get(row["file"], "")
    assert bool(verdict.reason) is not verdict.accepted
    if row["our_verdict"] == "sanitise":
        assert "neutralised when shown" in verdict.notes[0]
    if row["our_verdict"] == "reject-action":
        assert not verdict.actionable


def test_every_refused_own_file_has_the_element_it_must_name() -> None:
    refused = {
        r["file"] for r in table(DATA / "own" / "VERDICTS.tsv") if r["our_verdict"].startswith("reject")
    }

    assert refused - {"ok-status-draft.xml"} == WRONG.keys()


@pytest.mark.parametrize(
    ("root", "row"), foreign(), ids=lambda value: value["file"] if isinstance(value, dict) else ""
)
def test_files_of_others_are_judged_as_the_schema_and_the_rules_say(root: Path, row: dict[str, str]) -> None:
    verdict = judge((root / row["file"]).read_bytes())

    if row["file"] in BREAKS_A_RULE:
        assert verdict.element == BREAKS_A_RULE[row["file"]]
    elif row["cap"] != "1.2":
        assert verdict.element == "alert"
        assert f"is CAP {row['cap']}, and only CAP 1.2 is read" in verdict.reason
    else:
        assert verdict.accepted is (row["xsd_result"] == "xsd-valid"), verdict


@pytest.mark.parametrize("path", sorted(ATTACKS.glob("*.xml")), ids=lambda path: path.name)
def test_attacks_by_xml_are_refused(path: Path) -> None:
    verdict = judge(path.read_bytes())

    assert verdict.element == ("root" if path.name.startswith("simple") else "DOCTYPE")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_a_doctype_is_found_in_every_encoding_that_is_read(encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?><!-- ø --><?pi x?>\n<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    if encoding == "utf-16":
        text = text.replace(' encoding="utf-16"', "")

    with pytest.raises(CapError) as caught:
        parse(text.encode(encoding))

    assert (caught.value.element, caught.value.line) == ("DOCTYPE", 2)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "iso-8859-15"]
)
def test_danish_letters_are_read_in_every_allowed_encoding(encoding: str) -> None:
    declaration = (
        "" if encoding in {"utf-16", "utf-8-sig"} else f'<?xml version="1.0" encoding="{encoding}"?>'
    )

    cap = parse((declaration + alert().decode()).encode(encoding))

    assert cap.info[0].event == "Strømsvigt"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"\xef\xbb\xbf", "not well-formed"),
        (b"\x00", "not well-formed"),
        (b"\xff\xfe<", "not the utf-16"),
        (b"+ADwAPgBh-", "not well-formed"),
        (b'<?xml version="1.0" encoding="UTF-7"?>' + alert(), "encoding 'UTF-7' is not read"),
        ("Strøm".encode("latin-1"), "not the utf-8"),
        (b"<a/>".decode().encode("utf-16-le"), "not well-formed"),
        (alert().replace(b"Infra", b"&infra;"), "not well-formed"),
        (alert().replace(b"Infra", b"&#0;"), "not well-formed"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, r"deeper than 256 elements$"),
        (b"x" * (MOST_OCTETS + 1), "at most 2000000"),
    ],
)
def test_bytes_that_are_no_xml_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(CapError, match=reason):
        parse(data)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(alert("<info/>" * 100_000), id="errors without end"),
        pytest.param(alert("<code/>" * 100_000), id="elements without end"),
        pytest.param(alert("<addresses>" + '" ' * 400_000 + "</addresses>"), id="quotes without end"),
        pytest.param(alert("<addresses>" + " " * 900_000 + '"</addresses>'), id="spaces without end"),
        pytest.param(area(f"<altitude>{'9' * 1_000_000}</altitude>"), id="a number without end"),
        pytest.param(area("<polygon>" + "0,0 90,1 " * 100_000 + "</polygon>"), id="a comb without end"),
        pytest.param(area(("<polygon>" + "0,0 90,1 " * 30 + "</polygon>") * 500), id="combs without end"),
        pytest.param(
            b'<!DOCTYPE b [<!ENTITY a "' + b"B" * 100_000 + b'">]><b>' + b"&a;" * 1_000 + b"</b>",
            id="quadratic",
        ),
        pytest.param(
            alert(info="<description>" + "&lt;a" * 200_000 + "</description>"), id="markup without end"
        ),
    ],
)
def test_judging_takes_bounded_time(data: bytes) -> None:
    assert isinstance(judge(data), Verdict)


@pytest.mark.parametrize("attribute", ["schemaLocation", "noNamespaceSchemaLocation"])
def test_a_schema_that_the_message_names_is_never_fetched(attribute: str, tmp_path: Path) -> None:
    schema = tmp_path / "evil.xsd"
    schema.write_text('<schema xmlns="http://www.w3.org/2001/XMLSchema"><broken')
    where = f"urn:x {schema.as_uri()}" if attribute == "schemaLocation" else schema.as_uri()
    named = f'<alert xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:{attribute}="{where}" '

    assert judge(alert().replace(b"<alert ", named.encode())).accepted


def test_an_inclusion_is_refused_and_never_followed() -> None:
    verdict = judge(alert('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname"/>'))

    assert verdict.element == "include"


def test_24_00_is_the_first_moment_of_the_next_day() -> None:
    assert parse(alert().replace(b"T09:30", b"T24:00")).sent.isoformat() == "2026-11-24T00:00:00+01:00"


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (alert(msg_type="Cancel"), "references"),
        (
            alert("<references>a,b,2026-11-23T09:00:00+01:00 a,b</references>", msg_type="Update"),
            "references",
        ),
        (
            alert("<references>krisestab@eksempel.invalid,DK-1,2026-11-23T09:00:00+01:00</references>"),
            "references",
        ),
        (alert(scope="Private"), "scope"),
        (alert(scope="Restricted"), "scope"),
        (alert('<addresses>a "b c</addresses>'), "addresses"),
        (alert().replace(b"DK-1", b""), "identifier"),
        (alert().replace(b"krisestab@", b"a,b@"), "sender"),
        (alert().replace(b"09:30", b"24:01"), "sent"),
        (alert().replace(b"2026", b"1969"), "sent"),
        (alert(info="<expires>2026-11-23T09:29:59+01:00</expires>"), "info/expires"),
        (alert(info="<onset>2026-11-23T09:29:59.5+01:00</onset>"), "onset"),
        (alert(info="<resource><resourceDesc/><mimeType/><size>-1</size></resource>"), "info/resource/size"),
        (
            alert(info="<resource><resourceDesc/><mimeType/><digest>abc</digest></resource>"),
            "info/resource/digest",
        ),
        (
            alert(info="<resource><resourceDesc/><mimeType/><derefUri>?</derefUri></resource>"),
            "info/resource/derefUri",
        ),
        (area("<polygon>0,0 0,1 1,1 1,0</polygon>"), "info/area/polygon"),
        (area("<polygon>0,0 1,1 0,1 1,0 0,0</polygon>"), "info/area/polygon"),
        (area("<polygon>0,0 0,1 nan,1 0,0</polygon>"), "info/area/polygon"),
        (area("<polygon>0,0 0,1 1,181 0,0</polygon>"), "info/area/polygon"),
        (area("<polygon/>"), "info/area/polygon"),
        (area("<circle>56.1,10.2</circle>"), "info/area/circle"),
        (area("<circle>56.1,10.2 -1</circle>"), "info/area/circle"),
        (area("<circle>56.1,10.2 1</circle><circle>all</circle>"), "info/area/circle[2]"),
    ],
)
def test_a_broken_rule_is_refused_and_names_its_element(data: bytes, element: str) -> None:
    with pytest.raises(CapError) as caught:
        parse(data)

    assert caught.value.element == element
    assert caught.value.line > 0


@pytest.mark.parametrize(
    "sign",
    ["\u202e", "\u2066", "\u200b", "\u200f", "\u00ad", "\ufeff", "\ufe0f", "\u3164", "\u0085", "\ue000"],
)
@pytest.mark.parametrize("element", ["identifier", "sender"])
def test_a_name_with_a_sign_that_is_not_seen_is_refused(element: str, sign: str) -> None:
    verdict = judge(alert().replace(f"<{element}>".encode(), f"<{element}>DK{sign}".encode()))

    assert (verdict.element, verdict.reason.isprintable(), sign in verdict.reason) == (element, True, False)


def test_a_name_may_be_danish_and_is_not_without_end() -> None:
    assert judge(alert().replace(b"DK-1", "Øvelse-Æ2".encode())).accepted
    assert judge(alert().replace(b"DK-1", b"x" * 500)).accepted
    assert judge(alert().replace(b"DK-1", b"x" * 501)).element == "identifier"


def many(written: str, count: int) -> str:
    return " ".join(written.format(n) for n in range(count))


def earlier(count: int) -> bytes:
    names = many("a,{},2026-11-23T09:00:00+01:00", count)
    return alert(f"<references>{names}</references>", msg_type="Update")


def headlined(text: str) -> bytes:
    return alert().replace(b"</certainty>", f"</certainty><headline>{text}</headline>".encode())


@pytest.mark.parametrize(
    ("made", "most", "element"),
    [
        pytest.param(
            lambda n: area(f"<polygon>{many('0,0', n)}</polygon>"), 10_000, "info/area/polygon", id="points"
        ),
        pytest.param(earlier, 500, "references", id="references"),
        pytest.param(
            lambda n: alert(f"<addresses>{many('a{}', n)}</addresses>"), 10_000, "addresses", id="addresses"
        ),
        pytest.param(lambda n: headlined("x" * n), 2_000, "info/headline", id="headline"),
        pytest.param(
            lambda n: alert(info=f"<instruction>{'x' * n}</instruction>"),
            200_000,
            "info/instruction",
            id="text",
        ),
        pytest.param(lambda n: alert("<code/>" * (n - 13)), 50_000, "alert", id="elements"),
    ],
)
def test_what_has_no_end_in_the_standard_has_one_here(
    made: Callable[[int], bytes], most: int, element: str
) -> None:
    assert judge(made(most)).accepted
    assert judge(made(most + 1)).element == element


def test_the_line_of_a_broken_rule_is_that_of_its_own_element() -> None:
    data = area("\n<circle>56.1,10.2 1</circle>\n<circle>\neverywhere</circle>")

    assert judge(data).line == data[: data.index(b"everywhere")].count(b"\n")


def test_a_polygon_that_touches_itself_is_accepted() -> None:
    assert judge(area("<polygon>0,0 0,2 1,1 2,2 2,0 1,1 0,0</polygon>")).accepted


def test_very_likely_of_older_versions_is_read_as_likely() -> None:
    data = alert().replace(b"Observed", b"Very Likely")

    assert parse(data).info[0].certainty == "Likely"
    assert judge(data).notes == ("certainty: 'Very Likely' is read as Likely",)


def test_a_comment_inside_a_text_hides_nothing() -> None:
    assert parse(alert().replace(b"DK-1", b"DK<!-- -->-1")).identifier == "DK-1"


def test_what_is_not_understood_is_kept_and_passed_on() -> None:
    signed = alert(
        info="<parameter><valueName>x-other</valueName><value>&lt;7&gt;</value></parameter>"
    ).replace(
        b"</alert>",
        b'<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:V a="1">q</s:V></s:Signature></alert>',
    )
    cap = parse(signed)

    assert cap.signatures == (
        b'<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:V a="1">q</s:V></s:Signature>',
    )
    assert [(p.name, p.value) for p in cap.info[0].parameter] == [("x-other", "<7>")]
    assert parse(serialise(cap)) == cap


def test_utc_is_written_with_minus_zero() -> None:
    cap = parse(alert().replace(b"+01:00", b"-00:00"))

    assert b"<sent>2026-11-23T09:30:00-00:00</sent>" in serialise(cap)


@pytest.mark.parametrize(
    "path",
    [
        root / row["file"]
        for root, row in foreign()
        if row["cap"] == "1.2" and row["xsd_result"] == "xsd-valid" and row["file"] not in BREAKS_A_RULE
    ],
    ids=lambda path: path.name,
)
def test_a_real_message_is_the_same_after_writing_and_reading(path: Path) -> None:
    cap = parse(path.read_bytes())

    assert parse(serialise(cap)) == cap
