"""Counts terms again, by the days off of the Python package holidays and nothing of ours.

Reads one JSON object a line and answers each with a line: the last day, or the
minute at which a term in hours is over, or all days off of a year.
"""
import calendar
import json
import sys
from datetime import date, datetime, timedelta

import holidays

DAY = timedelta(days=1)
OFF = {c: holidays.country_holidays(c, years=range(2015, 2032)) for c in ("RS", "KR")}
OFFICE = {"RS": [(450, 930)], "KR": [(540, 720), (780, 1080)]}


def off(country, day):
    return day.weekday() > 4 or day in OFF[country]


def months(start, n, first, eve):
    """The last day of n months from the event, by the civil codes' own words."""
    begin = first if eve else start
    count = begin.year * 12 + begin.month - 1 + n
    year, month = count // 12, count % 12 + 1
    longest = calendar.monthrange(year, month)[1]
    if begin.day > longest:
        return date(year, month, longest)
    day = date(year, month, begin.day)
    return day - DAY if eve else day


def working_minutes(country, at):
    day = at.date()
    while True:
        if not off(country, day):
            for begin, end in OFFICE[country]:
                for minute in range(begin, end):
                    moment = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
                    if moment >= at:
                        yield moment
        day += DAY


def recount(q):
    country, n = q["country"], q["amount"]
    at = datetime.fromisoformat(q["at"])
    start = at.date()
    if q["unit"] == "working_hours":
        minutes = working_minutes(country, at)
        for _ in range(n * 60 - 1):
            next(minutes)
        return (next(minutes) + timedelta(minutes=1)).isoformat(" ", "minutes")
    first = start if q["first_day"] else start + DAY
    if q["unit"] == "working_days":
        last = first
        while True:
            if not off(country, last):
                n -= 1
                if n == 0:
                    break
            last += DAY
    elif q["unit"] == "days":
        last = start + n * DAY - (DAY if q["first_day"] else timedelta())
    else:
        last = months(start, n * (12 if q["unit"] == "years" else 1), first, q["eve"])
    while q["moves"] and off(country, last):
        last += DAY
    return last.isoformat()


def days_off(country, year):
    """Every day of a year on which nobody works."""
    day, found = date(year, 1, 1), []
    while day.year == year:
        if off(country, day):
            found.append(day.isoformat())
        day += DAY
    return " ".join(found)


for line in sys.stdin:
    asked = json.loads(line)
    print(days_off(asked["country"], asked["year"]) if "year" in asked else recount(asked))
