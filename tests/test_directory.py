"""The directory finds everybody once, and says where and how to mend what is wrong in it."""

import tomllib
from typing import Any

import pytest

from messages.address import parse_address
from messages.directory import Contact, ContactAddress, Directory, DirectoryError, difference, read

TOML = """
[[contacts]]
id = "vagthavende"
name = "Krisestabens vagt"
addresses = [{ uri = "sms:+4500000001", domains = ["net-a"] }, "mailto:vagt@eksempelkommune.invalid", "sds:3990001"]
groups = ["krisestab", "ledelse"]
deputy = "souschef"
exercise = true
call = true

[[contacts]]
id = "souschef"
name = "Souschef"
addresses = ["sms:+4500000002", { uri = "tel:+4500000002", domains = [] }]
groups = ["krisestab"]

[[contacts]]
id = "plejecenter-øst"
name = "Plejecenter Øst"
"""


def example() -> Directory:
    return read(tomllib.loads(TOML), file="directory.toml")


def contacts(*tables: dict[str, Any]) -> dict[str, Any]:
    return {
        "contacts": [
            {"id": f"c{place}", "name": "Rolle"} | table for place, table in enumerate(tables, start=1)
        ]
    }


def ids(found: tuple[Contact, ...]) -> list[str]:
    return [contact.id for contact in found]


def test_a_contact_is_read_with_everything_it_says() -> None:
    contact = example().contact("vagthavende")

    assert contact == Contact(
        id="vagthavende",
        name="Krisestabens vagt",
        addresses=(
            ContactAddress(parse_address("sms:+4500000001"), ("net-a",)),
            ContactAddress(parse_address("mailto:vagt@eksempelkommune.invalid"), None),
            ContactAddress(parse_address("sds:3990001"), None),
        ),
        groups=("krisestab", "ledelse"),
        deputy="souschef",
        exercise=True,
        call=True,
    )


def test_what_is_left_out_is_the_careful_choice() -> None:
    contact = example().contact("plejecenter-øst")

    assert contact == Contact(id="plejecenter-øst", name="Plejecenter Øst")
    assert contact is not None
    assert not contact.exercise
    assert not contact.call


def test_an_address_without_domains_and_one_that_needs_none_differ() -> None:
    contact = example().contact("souschef")

    assert contact is not None
    assert [each.domains for each in contact.addresses] == [None, ()]


@pytest.mark.parametrize(
    ("names", "found", "unknown"),
    [
        (["krisestab"], ["vagthavende", "souschef"], ()),
        (["souschef", "krisestab"], ["souschef", "vagthavende"], ()),
        (["krisestab", "ledelse", "vagthavende"], ["vagthavende", "souschef"], ()),
        (["nobody", "souschef", "Krisestab", "nobody"], ["souschef"], ("nobody", "Krisestab")),
        ([], [], ()),
    ],
)
def test_an_audience_has_each_person_once_in_order(
    names: list[str], found: list[str], unknown: tuple[str, ...]
) -> None:
    audience = example().expand(names)

    assert ids(audience.contacts) == found
    assert audience.unknown == unknown


def test_groups_are_listed_in_the_order_of_the_file() -> None:
    assert example().groups == ("krisestab", "ledelse")


def test_a_mail_address_knows_its_owner_however_it_is_written() -> None:
    directory = read(contacts({"addresses": ["mailto:Vagt@e.invalid"]}), file="f")
    assert ids(directory.owners(parse_address("mailto:vAGT@E.invalid"))) == ["c1"]


def test_an_address_knows_its_owners() -> None:
    shared = read(contacts({"addresses": ["sms:+4500000009"]}, {"addresses": ["sms:+4500000009"]}), file="f")

    assert ids(shared.owners(parse_address("sms:+4500000009"))) == ["c1", "c2"]
    assert shared.owners(parse_address("sms:+4500000008")) == ()


def test_an_empty_directory_is_one() -> None:
    assert read({}, file="f").contacts == ()


@pytest.mark.parametrize(
    ("data", "contact", "key", "reason"),
    [
        ({"contact": []}, "", "contact", "is not known here"),
        ({"contacts": {}}, "", "contacts", "not a list"),
        ({"contacts": ["vagt"]}, "", "contacts", "not a list"),
        ({"contacts": [{"name": "x"}]}, "number 1", "id", "is missing"),
        ({"contacts": [{"id": "x"}]}, "x", "name", "is missing"),
        (contacts({"id": "a b"}), "a b", "id", "cannot be an id"),
        (contacts({"id": 7}), "7", "id", "is 7"),
        (contacts({"id": "x" * 65}), "x" * 65, "id", "cannot be an id"),
        (contacts({"name": "a\nb"}), "c1", "name", "cannot be printed"),
        (contacts({"name": "\u202ea"}), "c1", "name", "cannot be printed"),
        (contacts({"phone": "x"}), "c1", "phone", "is not known"),
        (contacts({"exercise": "yes"}), "c1", "exercise", "is 'yes'"),
        (contacts({"call": 1}), "c1", "call", "is 1"),
        (contacts({"groups": "krisestab"}), "c1", "groups", "is 'krisestab'"),
        (contacts({"groups": ["a b"]}), "c1", "groups", "is ['a b']"),
        (contacts({"addresses": "sms:+4500000001"}), "c1", "addresses", "not a list"),
        (contacts({"addresses": [7]}), "c1", "addresses", "is not an address"),
        (contacts({"addresses": [{"url": "sms:+4500000001"}]}), "c1", "addresses", "is not an address"),
        (contacts({"addresses": ["sms:112"]}), "c1", "addresses", "emergency number"),
        (contacts({"addresses": ["sms:+4500000001", "sms:+45 00000001"]}), "c1", "addresses", "listed twice"),
        (contacts({"addresses": [{"uri": "sds:1", "domains": "x"}]}), "c1", "addresses.domains", "is 'x'"),
        (contacts({"id": "a"}, {"id": "a"}), "a", "id", "listed twice"),
        (contacts({"groups": ["c2"]}, {}), "c1", "groups", "same name as a contact"),
        (contacts({"deputy": "nobody"}), "c1", "deputy", "is not a contact"),
        (contacts({"deputy": ""}), "c1", "deputy", "is ''"),
        (contacts({"deputy": "c1"}), "c1", "deputy", "c1 -> c1"),
        (
            contacts({"deputy": "c2"}, {"deputy": "c3"}, {"deputy": "c1"}),
            "c1",
            "deputy",
            "c1 -> c2 -> c3 -> c1",
        ),
        (contacts({"deputy": "c2"}, {"deputy": "c3"}, {"deputy": "c2"}), "c2", "deputy", "c2 -> c3 -> c2"),
    ],
)
def test_a_fault_names_file_contact_key_reason_and_remedy(
    data: dict[str, Any], contact: str, key: str, reason: str
) -> None:
    with pytest.raises(DirectoryError) as caught:
        read(data, file="directory.toml")

    error = caught.value
    assert (error.file, error.contact, error.key) == ("directory.toml", contact, key)
    assert reason in error.reason
    assert error.remedy
    assert str(error).startswith("directory.toml: ")


def test_deputies_may_stand_in_a_row() -> None:
    assert read(contacts({"deputy": "c2"}, {"deputy": "c3"}, {}), file="f").contact("c1") is not None


def test_an_import_shows_what_it_would_add_change_and_remove() -> None:
    old = read(contacts({}, {"groups": ["a"]}, {}), file="f")
    new = read(contacts({}, {"groups": ["b"], "call": True}, {"id": "c4"}), file="f")

    result = difference(old, new)

    assert (ids(result.added), ids(result.removed)) == (["c4"], ["c3"])
    assert [(change.old.groups, change.new.groups, change.fields) for change in result.changed] == [
        (("a",), ("b",), ("groups", "call"))
    ]


def test_an_import_of_the_same_changes_nothing() -> None:
    assert not difference(example(), example())
