"""Audio stream ids and the entries that tell of changes."""

from __future__ import annotations

from chime_native.service.conference.roster import Roster


def test_streams_count_from_one_and_only_rise() -> None:
    roster = Roster()
    (alice,) = roster.join("alice", "Alice", False, 1)
    assert (alice.audio_stream_id, alice.attendee_id, alice.external_user_id, alice.muted) == (
        1,
        "alice",
        "Alice",
        False,
    )
    assert alice.HasField("muted")
    roster.leave("alice", dropped=False)
    (again,) = roster.join("alice", "Alice", True, 2)
    assert again.audio_stream_id == 2


def test_who_comes_on_another_connection_gets_a_new_stream_before_the_old_one_ends() -> None:
    roster = Roster()
    roster.join("alice", "Alice", False, 1)
    new, old = roster.join("alice", "Alice", False, 2)
    assert (new.audio_stream_id, new.attendee_id) == (2, "alice")
    assert (old.audio_stream_id, old.attendee_id, old.HasField("muted")) == (1, "", False)
    assert len(roster) == 1


def test_leaving_names_the_stream_only_and_says_if_dropped() -> None:
    roster = Roster()
    roster.join("alice", "Alice", False, 1)
    roster.join("bob", "Bob", False, 2)
    (left,) = roster.leave("alice", dropped=False)
    assert (left.audio_stream_id, left.attendee_id, left.HasField("muted"), left.dropped) == (
        1,
        "",
        False,
        False,
    )
    (dropped,) = roster.leave("bob", dropped=True)
    assert (dropped.audio_stream_id, dropped.dropped) == (2, True)
    assert roster.leave("bob", dropped=True) == []


def test_mute_changes_are_told_once() -> None:
    roster = Roster()
    roster.join("alice", "Alice", False, 1)
    (muted,) = roster.set_muted("alice", True)
    assert (muted.audio_stream_id, muted.attendee_id, muted.muted) == (1, "", True)
    assert roster.set_muted("alice", True) == []
    assert roster.set_muted("bob", True) == []


def test_the_complete_roster_leaves_out_its_reader() -> None:
    roster = Roster()
    roster.join("alice", "Alice", True, 1)
    roster.join("bob", "Bob", False, 2)
    assert [(info.attendee_id, info.muted) for info in roster.complete(but="bob")] == [("alice", True)]
