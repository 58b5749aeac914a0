"""The history of one wearer as a page: a day, a week or all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bokeh.model import Model

from hiphinge.apps.history import drawings, sections
from hiphinge.apps.history.sections import BINS, DRAWN, OWN_FIGURE
from hiphinge.apps.history.view import View
from hiphinge.apps.report import colours
from hiphinge.apps.report.facts import SAFETY
from hiphinge.apps.report.page import Key, Page, Section, html
from hiphinge.history.trends import TESTS


def render(view: View) -> str:
    """The page as HTML, self-contained."""
    made: dict[str, Model] = {}
    parts = tuple(_sections(view, made))
    name = view.wearer or "wearer not named"
    return html(
        Page(
            f"History: {name}", sections.subtitle(view), sections.lead(view), sections.cards(view), parts, SAFETY, made
        )
    )


def _sections(view: View, made: dict[str, Model]) -> Iterator[Section]:
    if view.notes:
        yield Section("Worth knowing", tuple(view.notes))
    if view.days.empty:
        return
    drawn = replace(view, days=view.days.tail(DRAWN))
    yield replace(_postures(drawn, made), notes=_left_out(view))
    if len(view.days) == 1:
        yield sections.bouts(view)
    else:
        yield from _sitting(drawn, made)
        yield from _lifts(drawn, made)
        yield from _tests(view, made)
        yield sections.trends(view)
        if len(view.weeks) > 1:
            yield sections.weeks(view)
    yield sections.days(view)
    yield sections.figures(view)
    yield sections.recorded(view)


def _left_out(view: View) -> tuple[str, ...]:
    n = len(view.days)
    return (f"The last {DRAWN} of {n} days are drawn; the tables below have them all.",) if n > DRAWN else ()


def _postures(view: View, made: dict[str, Model]) -> Section:
    days = list(view.days["day"])
    bouts = view.bouts[view.bouts["day"].isin(days)]
    made["postures"] = drawings.postures(days, bouts)
    seen = [p for p in colours.POSTURES if p in set(bouts["posture"])]
    key = tuple(Key("bar", colours.POSTURES[p], p.replace("_", " ")) for p in seen)
    words = "What you did, hour by hour, in the time of the place where it was recorded."
    title = "The day's hours" if len(days) == 1 else "The days' hours"
    return Section(title, (words,), key, plot="postures")


def _sitting(view: View, made: dict[str, Model]) -> Iterator[Section]:
    days = view.days
    if not days["sitting_s"].sum() > 0:
        yield Section("Sitting", ("No sitting was seen.",))
        return
    made["sitting"] = drawings.sitting(days)
    key = tuple(Key("bar", colour, name) for colour, name in zip(drawings.BIN_COLOURS, BINS, strict=True))
    words = "Hours of sitting by how long each stretch of it lasted. Short stretches mean that you got up often."
    yield Section("Sitting", (words,), key, plot="sitting")
    goal = (Key("dashes", colours.LIMIT, "goal"),)
    made["breaks"] = drawings.bars(
        days, days["breaks_per_hour"], "breaks an hour", view.wanted.breaks_per_hour, colours.POSTURES["standing"]
    )
    yield Section("Breaks", ("How often you got up, for each hour of sitting.",), goal, plot="breaks")
    made["walking"] = drawings.bars(
        days, days["walking_s"] / 60, "minutes of walking", view.wanted.walking_min, colours.POSTURES["walking"]
    )
    yield Section("Walking", ("Minutes on your feet and moving.",), goal, plot="walking")


def _lifts(view: View, made: dict[str, Model]) -> Iterator[Section]:
    days = view.days[view.days["repetitions"] > 0]
    if days.empty:
        return
    made["lifts"] = drawings.lifts(days)
    key = (
        Key("bar", colours.NOT_ROUNDED, "not rounded"),
        Key("bar", colours.ROUNDED, "rounded"),
        Key("bar", colours.UNKNOWN, "not judged"),
    )
    yield Section("Lifts", ("Repetitions on the days that had some.",), key, plot="lifts")
    if days["lumbar_share_pct"].notna().any():
        made["share"] = drawings.dots(days, days["lumbar_share_pct"], "low back, %", colours.BACK)
        words = "How much of a bend came from the low back, the rest from the hips; the middle lift of each day."
        yield Section("Share of the low back", (words,), plot="share")


def _tests(view: View, made: dict[str, Model]) -> Iterator[Section]:
    for test in TESTS:
        if test.column in view.days and view.days[test.column].notna().any():
            days = view.days[view.days[test.column].notna()]
            made[test.column] = drawings.dots(days, days[test.column], f"{test.name}, {test.unit}", colours.HIP)
            yield Section(test.name.capitalize(), (OWN_FIGURE,), plot=test.column)
