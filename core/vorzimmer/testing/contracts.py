"""What every plugin of a kind keeps, as test classes: subclass one and name the plugin."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest

from vorzimmer import hookspecs
from vorzimmer.doctor import checkup
from vorzimmer.hookspecs import Available, Busy, Change
from vorzimmer.models import Status
from vorzimmer.periods import Period
from vorzimmer.plugins import Loaded, Plugins
from vorzimmer.practice import Hall
from vorzimmer.testing.cast import Practice
from vorzimmer.testing.instants import berlin


class Contract:
    """`name` is the entry point of the plugin under test."""

    name: ClassVar[str]

    def alone(self, practice: Practice) -> Plugins:
        """Switch all other plugins off."""
        plugins = practice.hall.plugins
        working(practice.hall, self.name)
        for plugin in plugins.loaded:
            plugins.switch(plugin.name, on=plugin.name == self.name)
        return plugins


def working(hall: Hall, name: str) -> Loaded:
    """The plugin under test; fail where it is not loaded or broken, since silence passes every contract."""
    plugin = next((plugin for plugin in hall.plugins.loaded if plugin.name == name), None)
    if plugin is None:
        pytest.fail(
            f"{name} is not loaded: name it in vorzimmer_plugins, or its folder in vorzimmer_plugin_dir"
        )
    if plugin.error:
        pytest.fail(f"{name} is broken: {plugin.error}")
    return plugin


def check_plugin(hall: Hall, name: str) -> None:
    """Fail where a plugin is broken in any part: with what it offers, answers or finds, its pages, its tables.

    It is the check of `vorzimmer plugins` and `vorzimmer doctor`; what the jobs do is tried with `worker`.
    """
    working(hall, name)
    assert checkup.wrong(hall, name) == []


class AvailabilityContract(Contract):
    """`available_periods` and `busy_periods`: whole, overlapping the window, the same for every window."""

    window: ClassVar[Period] = Period(berlin("2027-03-01"), berlin("2027-04-05"))

    def test_periods_have_length_and_overlap_the_window(self, practice: Practice) -> None:
        """Rule 2; a period beside the window only costs time."""
        for period in self._periods(practice, self.window):
            assert period.start < period.end
            assert period.start < self.window.end
            assert period.end > self.window.start

    def test_a_narrow_window_hears_the_same_as_a_wide_one(self, practice: Practice) -> None:
        """Periods are not clipped: their starts anchor the grid (rules 22, 23)."""
        wide = self._periods(practice, self.window)
        for day in range(35):
            start = self.window.start + timedelta(days=day, hours=10)
            narrow = Period(start, start + timedelta(hours=1))
            inside = {period for period in wide if period.start < narrow.end and period.end > narrow.start}
            assert self._periods(practice, narrow) == inside

    def test_nothing_is_answered_for_nobody(self, practice: Practice) -> None:
        """Answers are about the resources asked for, about places, or about services."""
        plugins = self.alone(practice)
        with practice.hall.database.reading() as session:
            answers: list[Available | Busy] = [
                *plugins.ask(
                    hookspecs.available_periods,
                    session=session,
                    resources=[],
                    service=None,
                    window=self.window,
                ),
                *plugins.ask(hookspecs.busy_periods, session=session, resources=[], window=self.window),
            ]
        assert [answer for answer in answers if answer.resource_id is not None] == []

    def _periods(self, practice: Practice, window: Period) -> set[Period]:
        plugins = self.alone(practice)
        people = [practice.resource(slug) for slug in ("anna", "ben", "clara")]
        with practice.hall.database.reading() as session:
            hours = plugins.ask(
                hookspecs.available_periods, session=session, resources=people, service=None, window=window
            )
            busy = plugins.ask(hookspecs.busy_periods, session=session, resources=people, window=window)
        return {
            *(period for record in hours for period in record.periods),
            *(record.period for record in busy),
        }


class PolicyContract(Contract):
    """`booking_policy`, `booking_refusals`, `booking_deadlines`."""

    def test_a_policy_is_confirmed_or_requested_until_the_start_at_the_latest(
        self, practice: Practice
    ) -> None:
        """Rule 50."""
        plugins = self.alone(practice)
        now, start = berlin("2027-03-01 08:00"), berlin("2027-03-01 10:00")
        for slug in ("massage", "erstgespraech"):
            policy = plugins.ask_first(
                hookspecs.booking_policy, service=practice.service(slug), start=start, now=now
            )
            if policy is not None and policy.status == Status.REQUESTED:
                assert policy.expires_at is not None
                assert now < policy.expires_at <= start
            elif policy is not None:
                assert policy == hookspecs.BookingPolicy(Status.CONFIRMED)

    def test_only_starts_that_were_asked_are_refused(self, practice: Practice) -> None:
        """Explain shows the refusal, so it says why and what set it (rule 81)."""
        plugins = self.alone(practice)
        starts = [berlin("2027-03-02 09:00") + timedelta(minutes=15 * number) for number in range(500)]
        with practice.hall.database.reading() as session:
            refusals = plugins.ask(
                hookspecs.booking_refusals,
                session=session,
                service=practice.service("massage"),
                starts=starts,
                customer=None,
                ignoring=None,
            )
        assert {refusal.start for refusal in refusals} <= set(starts)
        assert all(refusal.rule and refusal.text and refusal.source for refusal in refusals)


class PaymentContract(Contract):
    """`payment_methods`, `payment_start`."""

    def test_what_costs_nothing_has_no_way_to_pay(self, practice: Practice) -> None:
        """A price of None is not shown and not paid."""
        service = practice.service("notiz")
        assert self.alone(practice).ask(hookspecs.payment_methods, service=service) == []

    def test_every_method_that_is_offered_begins(self, practice: Practice) -> None:
        """And another plugin's method is left to that plugin."""
        booking = practice.book("massage", "2027-03-02 09:00")
        plugins = self.alone(practice)
        for method in plugins.ask(hookspecs.payment_methods, service=booking.service):
            started = plugins.ask_first(hookspecs.payment_start, booking=booking, method=method.name)
            assert started is not None
            assert started.method == method.name
        assert plugins.ask_first(hookspecs.payment_start, booking=booking, method="no such method") is None


class NotifierContract(Contract):
    """`message_channels`, `booking_changed`."""

    def test_a_channel_says_of_any_address_whether_it_carries_it(self, practice: Practice) -> None:
        """Customers type what they like, or nothing at all."""
        hall = practice.hall
        plugins = self.alone(practice)
        for channel in plugins.offered(hookspecs.message_channels, config=hall.config, texts=hall.texts):
            assert channel.name
            for address in ("", "max.muster@kunde.example", "+49 30 1234567", "@", "\n", "ü" * 300):
                assert channel.carries(address) in (True, False)

    def test_being_told_the_same_change_twice_is_no_error(self, practice: Practice) -> None:
        """Facts are told at least once; the key is the same each time."""
        booking = practice.book("massage", "2027-03-02 09:00")
        change = Change(
            "confirmed", booking.uid, booking.sequence, "desk", "office", f"{booking.uid}/confirmed/0"
        )
        plugins = self.alone(practice)
        for _time in range(2):
            with practice.hall.database.transaction() as session:
                plugins.tell(
                    self.name,
                    hookspecs.booking_changed,
                    session=session,
                    hall=practice.hall,
                    change=change,
                )
