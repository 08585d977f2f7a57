"""What people do in a meeting, by chance: speak, mute, lose packets, come and go in every way there is."""

from __future__ import annotations

import itertools
from collections import Counter

from virtual_meeting.attendee import VirtualAttendee
from virtual_meeting.meeting import VirtualMeeting

MEAN_STAY_S = 40.0
BACK_WITHIN_GRACE_S = 4.0
AWAY_S = 15.0
"""At most; longer than the service waits for somebody whose connection broke."""
DEPARTURES = ("leave", "close", "tear", "lose", "delete")
LOSSES = (0.0, 0.0, 0.0, 0.02, 0.10, 0.30)


class Life:
    """Asked once a second; ``done`` counts what happened."""

    def __init__(self, meeting: VirtualMeeting) -> None:
        self._meeting = meeting
        self._random = meeting.random
        self._departures = itertools.cycle(DEPARTURES)
        self.done: Counter[str] = Counter()

    def second(self) -> None:
        """One second of everybody's life."""
        meeting = self._meeting
        for person in meeting.people:
            if person.number is None:
                if person.returns_at is not None and person.returns_at <= meeting.now:
                    meeting.join(person)
            elif person.path is not None:
                self._act(person)

    def everybody_in(self) -> None:
        for person in self._meeting.people:
            person.returns_at = self._meeting.now + self._random.uniform(0, 5)

    def everybody_out(self) -> None:
        for person in self._meeting.people:
            person.returns_at = None
            if person.number is not None:
                self._meeting.leave(person)

    def _act(self, person: VirtualAttendee) -> None:
        meeting, random = self._meeting, self._random
        assert person.path is not None
        if random.random() < 1 / MEAN_STAY_S:
            self._go(person)
            return
        if random.random() < 0.1:
            meeting.ping(person)
        if random.random() < 0.05:
            meeting.mute(person, not person.muted)
            self.done["mute"] += 1
        if random.random() < 0.05:
            person.speaks_until = meeting.now + random.uniform(1, 8)
        if random.random() < 0.03:
            person.path.up.loss, person.path.down.loss = random.choices(LOSSES, k=2)
        if random.random() < 0.005:
            link = random.choice((person.path.up, person.path.down))
            link.blocked_until_us = meeting.now_us + random.randrange(500_000, 5_000_000)
            self.done["outage"] += 1

    def _go(self, person: VirtualAttendee) -> None:
        meeting = self._meeting
        how = next(self._departures)
        self.done[how] += 1
        away = AWAY_S
        match how:
            case "leave":
                meeting.leave(person)
            case "close":
                meeting.hang_up(person, clean=True)
            case "tear":
                meeting.hang_up(person, clean=False)
                person.keeps_session, away = True, BACK_WITHIN_GRACE_S
            case "lose":
                meeting.hang_up(person, clean=False)
            case "delete":
                meeting.delete(person)
        person.returns_at = meeting.now + self._random.uniform(1, away)
