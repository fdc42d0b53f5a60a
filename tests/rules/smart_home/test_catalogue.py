"""A mention is grounded where exactly one device fits; otherwise a person decides."""

from __future__ import annotations

from typing import Any

import pytest

from curation.rewriting import Decline
from curation.text import Span
from rules.smart_home.asked.model import Mention
from rules.smart_home.catalogue import Catalogue, content_of, device_ids, from_id, load

ROOMS = {"living": ("客厅",), "bedroom": ("卧室",)}


def home(*devices: dict[str, Any], seen: tuple[str, ...] = ()) -> Catalogue:
    """Return a catalogue of a few devices."""
    return load({"devices": list(devices)}, ROOMS, seen)


def device(identity: str, kind: str, room: str | None, *names: str) -> dict[str, Any]:
    """Return a catalogue entry."""
    return {"id": identity, "type": kind, "room": room, "names": list(names)}


def mention(kind: str, words: str, room: str | None = None, *, every: bool = False) -> Mention:
    """Return a mention as the sentence reader makes it."""
    return Mention(kind, room, words, Span(0, len(words)), every)


LAMPS = (device("light_living_01", "light", "living", "灯"), device("light_bedroom_01", "light", "bedroom", "灯"))


def grounded(catalogue: Catalogue, one: Mention, room: str | None = None, *own: str) -> list[str]:
    """Return the ids that a mention is grounded in."""
    return [found.id for found in catalogue.ground(one, room, own)]


def test_the_room_that_is_said_decides() -> None:
    assert grounded(home(*LAMPS), mention("light", "灯", "bedroom"), "living", "light_living_01") == [
        "light_bedroom_01"
    ]


def test_without_a_room_it_is_the_one_said_last_then_that_of_the_records_own_device() -> None:
    assert grounded(home(*LAMPS), mention("light", "灯"), "bedroom", "tv_living_01") == ["light_bedroom_01"]
    assert grounded(home(*LAMPS), mention("light", "灯"), None, "tv_living_01") == ["light_living_01"]


def test_the_only_device_of_a_type_needs_no_room() -> None:
    assert grounded(home(device("tv_living_01", "tv", "living", "电视")), mention("tv", "电视")) == ["tv_living_01"]


def test_the_home_is_no_room_that_a_device_must_stand_in() -> None:
    tv = device("tv_living_01", "tv", "living", "电视")
    assert grounded(home(tv), mention("tv", "电视", "home")) == ["tv_living_01"]  # 家里的电视
    with pytest.raises(Decline, match="several devices"):
        grounded(home(*LAMPS), mention("light", "灯", "home"))


def test_a_room_lent_by_a_list_gives_way_to_the_only_device_of_a_type_and_to_no_other_room() -> None:
    tv, lent = device("tv_living_01", "tv", "living", "电视"), mention("tv", "电视", "kitchen")._replace(lent=True)
    assert grounded(home(tv), lent) == ["tv_living_01"]
    assert home(tv).fits(lent, "tv_living_01")
    assert not home(tv, device("tv_kitchen_01", "tv", "kitchen", "电视")).fits(lent, "tv_living_01")
    with pytest.raises(Decline, match="several devices"):
        grounded(home(*LAMPS), mention("light", "灯", "kitchen")._replace(lent=True), None, "light_living_01")


def test_a_name_that_only_one_device_carries_tells_it_from_others_of_its_type() -> None:
    catalogue = home(
        device("window_living_01", "window", "living", "窗"), device("window_attic_01", "window", "attic", "窗", "天窗")
    )
    assert grounded(catalogue, mention("window", "天窗"), "living") == ["window_attic_01"]


def test_a_place_that_no_catalogue_knows_is_not_the_room_said_last() -> None:
    rooftop = mention("light", "灯")._replace(place="天台")
    with pytest.raises(Decline, match="no device of the catalogue fits the room"):
        grounded(home(*LAMPS), rooftop, "living", "light_living_01")


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (mention("light", "灯"), "several devices"),
        (mention("light", "灯", "kitchen"), "no device of the catalogue fits the room"),
        (mention("router", "路由器"), "not in the catalogue"),
    ],
)
def test_what_is_not_sure_is_declined_with_the_reason(one: Mention, reason: str) -> None:
    with pytest.raises(Decline, match=reason):
        grounded(home(*LAMPS), one)


def test_all_means_the_group_where_there_is_one_and_every_fitting_device_in_its_order_otherwise() -> None:
    everything = mention("light", "灯", every=True)
    assert grounded(home(*LAMPS), everything) == [d["id"] for d in LAMPS]
    assert grounded(home(*LAMPS, device("light_all", "light", "home", "所有灯")), everything) == ["light_all"]


def test_ids_seen_in_the_data_join_the_catalogue_and_a_file_corrects_them() -> None:
    catalogue = home(device("ac_01", "ac", "living", "空调"), seen=("ac_01", "night_light_bedroom_02"))
    assert catalogue.get("ac_01").room == "living"
    assert (catalogue.get("night_light_bedroom_02").type, catalogue.get("night_light_bedroom_02").room) == (
        "night_light",
        "bedroom",
    )


@pytest.mark.parametrize(
    ("identity", "kind", "room"),
    [
        ("light_living_01", "light", "living"),
        ("water_heater_01", "water_heater", None),
        ("curtain_all", "curtain", None),
        ("x", "x", None),
    ],
)
def test_an_id_says_type_and_room(identity: str, kind: str, room: str | None) -> None:
    found = from_id(identity, ROOMS)
    assert (found.type, found.room) == (kind, room)


def test_device_ids_are_found_at_any_depth() -> None:
    assert sorted(device_ids({"params": {"device_id": "a", "action": [{"device_id": "b"}, {"device_id": ""}]}})) == [
        "a",
        "b",
    ]


def test_a_catalogue_written_out_reads_back_the_same() -> None:
    catalogue = home(*LAMPS, seen=("fan_living_01",))
    assert content_of(load(content_of(catalogue), {})) == content_of(catalogue)


def test_a_known_device_lacks_the_modes_that_it_does_not_list_and_nothing_is_known_of_others() -> None:
    listed = {"mode": {"values": ["auto", "sleep"]}}
    catalogue = home({**device("dehumidifier_attic_01", "dehumidifier", "attic"), "properties": listed})

    assert catalogue.lacks_mode("dehumidifier_attic_01", "dry")
    assert not catalogue.lacks_mode("dehumidifier_attic_01", "sleep")
    assert not catalogue.lacks_mode("dehumidifier_study_01", "dry")
    assert not catalogue.lacks_mode(None, "dry")
