"""What people type into capture and what it must mean: one phrase a line, as data.

``READ``   text | title | readings, as kind=meaning; + before a tag's name: it is new
``TRAPS``  lines that look as if they held a reading and hold none: the title is the line

Typed on Wednesday, 25 November 2026, 15:00 in Berlin (UTC+1), with these spaces and tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from store.capture import SpaceName

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=ZoneInfo("Europe/Berlin"))
SPACES = (
    SpaceName("id-personal", "Personal", "personal"),
    SpaceName("id-studio", "Studio Nord", "studio"),
    SpaceName("id-family", "Family Roth", "fam"),
    SpaceName("id-stall", "Stall", "stall"),
)
TAGS = ("home", "Work", "deep work", "3d-print", "Büro")

READ = """
Buy milk tomorrow | Buy milk | due=2026-11-26
buy milk Tomorrow | buy milk | due=2026-11-26
buy milk today | buy milk | due=2026-11-25
Milch kaufen heute | Milch kaufen | due=2026-11-25
Milch kaufen morgen | Milch kaufen | due=2026-11-26
Milch kaufen übermorgen | Milch kaufen | due=2026-11-27
Milch kaufen uebermorgen | Milch kaufen | due=2026-11-27
call Bob friday | call Bob | due=2026-11-27
call Bob fri | call Bob | due=2026-11-27
call Bob on friday | call Bob | due=2026-11-27
call Bob by Friday | call Bob | due=2026-11-27
rent due friday | rent | due=2026-11-27
call Bob thu | call Bob | due=2026-11-26
call Bob wednesday | call Bob | due=2026-12-02
Zahnarzt Freitag | Zahnarzt | due=2026-11-27
Zahnarzt am Freitag | Zahnarzt | due=2026-11-27
Bericht bis Montag | Bericht | due=2026-11-30
Bericht bis morgen | Bericht | due=2026-11-26
Bericht bis Mo | Bericht | due=2026-11-30
Treffen am Sa | Treffen | due=2026-11-28
Treffen Sonnabend | Treffen | due=2026-11-28
Treffen Mittwoch | Treffen | due=2026-12-02
party on sat | party | due=2026-11-28
report by sun | report | due=2026-11-29
report 2026-12-03 | report | due=2026-12-03
report by 2026-12-03 | report | due=2026-12-03
report on 2026-12-03 | report | due=2026-12-03
report 2026-12-03 17:30 | report | due=2026-12-03T16:30:00.000Z
report 2026-12-03T17:30 | report | due=2026-12-03T16:30:00.000Z
report 2026-12-03T17:30Z | report | due=2026-12-03T17:30:00.000Z
pay rent +3d | pay rent | due=2026-11-28
pay rent +2w | pay rent | due=2026-12-09
pay rent +1m | pay rent | due=2026-12-25
Miete +3t | Miete | due=2026-11-28
pay rent by +3d | pay rent | due=2026-11-28
plan the trip next week | plan the trip | due=2026-11-30
plan the trip by next week | plan the trip | due=2026-11-30
Reise planen nächste Woche | Reise planen | due=2026-11-30
Reise planen naechste woche | Reise planen | due=2026-11-30
call Ana 17:30 | call Ana | due=2026-11-25T16:30:00.000Z
call Ana 9:05 | call Ana | due=2026-11-26T08:05:00.000Z
call Ana at 17:30 | call Ana | due=2026-11-25T16:30:00.000Z
meet @ 17:30 | meet | due=2026-11-25T16:30:00.000Z
meet at 17:30 | meet | due=2026-11-25T16:30:00.000Z
Anruf um 17:30 | Anruf | due=2026-11-25T16:30:00.000Z
Anruf 17:30 Uhr | Anruf | due=2026-11-25T16:30:00.000Z
Anruf um 16 Uhr | Anruf | due=2026-11-25T15:00:00.000Z
Abgabe bis 18 Uhr | Abgabe | due=2026-11-25T17:00:00.000Z
call Ana tomorrow 17:30 | call Ana | due=2026-11-26T16:30:00.000Z
call Ana tomorrow at 17:30 | call Ana | due=2026-11-26T16:30:00.000Z
call Ana 17:30 tomorrow | call Ana | due=2026-11-26T16:30:00.000Z
call Ana at 17:30 on Friday | call Ana | due=2026-11-27T16:30:00.000Z
call Ana next week 8:00 | call Ana | due=2026-11-30T07:00:00.000Z
Anruf morgen um 15 Uhr | Anruf | due=2026-11-26T14:00:00.000Z
Anruf am Freitag um 9:00 Uhr | Anruf | due=2026-11-27T08:00:00.000Z
Zahnarzt Fr 9:00 | Zahnarzt | due=2026-11-27T08:00:00.000Z
Zahnarzt mo 9:00 | Zahnarzt | due=2026-11-30T08:00:00.000Z
brunch sun 11:00 | brunch | due=2026-11-29T10:00:00.000Z
Sitzung +1w 10:00 | Sitzung | due=2026-12-02T09:00:00.000Z
due:tomorrow call Bob | call Bob | due=2026-11-26
call due:tomorrow Bob | call Bob | due=2026-11-26
call Bob due:friday | call Bob | due=2026-11-27
call Bob due:mo | call Bob | due=2026-11-30
call Bob due:so | call Bob | due=2026-11-29
call Bob due:yesterday | call Bob | due=2026-11-24
call Bob due:17:30 | call Bob | due=2026-11-25T16:30:00.000Z
call Bob due:next week | call Bob | due=2026-11-30
call Bob due: next week 8:00 | call Bob | due=2026-11-30T07:00:00.000Z
due:fri 17:30 call Bob | call Bob | due=2026-11-27T16:30:00.000Z
due:tomorrow 5 apples | 5 apples | due=2026-11-26
DUE:Friday call Bob | call Bob | due=2026-11-27
Steuer fällig:Montag | Steuer | due=2026-11-30
Steuer faellig:+2w | Steuer | due=2026-12-09
read Edge of Tomorrow due:today | read Edge of Tomorrow | due=2026-11-25
bring the car to Tuesday's due:sat | bring the car to Tuesday's | due=2026-11-28
water plants +home | water plants | tag=home
water plants #home | water plants | tag=home
water plants #HOME | water plants | tag=home
+home water plants | water plants | tag=home
water +home plants | water plants | tag=home
prepare slides #work | prepare slides | tag=Work
prepare slides #deep-work | prepare slides | tag=deep work
print the lid +3d-print | print the lid | tag=3d-print
Ablage #büro | Ablage | tag=Büro
water plants +garden | water plants | tag=+garden
water plants #garden #home | water plants | tag=+garden tag=home
sow +garden +garden | sow | tag=+garden tag=+garden
fix bug +v2 | fix bug | tag=+v2
tidy #o'clock +home | tidy #o'clock | tag=home
talk #a/b-tests | talk | tag=+a/b-tests
call dad #dad | call dad | tag=+dad
fix roof !high | fix roof | priority=high
fix roof !HIGH | fix roof | priority=high
!urgent fix roof | fix roof | priority=urgent
fix !low roof | fix roof | priority=low
fix roof !medium | fix roof | priority=medium
Dach !hoch | Dach | priority=high
Dach !dringend | Dach | priority=urgent
Dach !niedrig | Dach | priority=low
Dach !mittel | Dach | priority=medium
glaze pots @studio | glaze pots | space=id-studio
@studio glaze pots | glaze pots | space=id-studio
glaze @studio pots | glaze pots | space=id-studio
glaze pots @stud | glaze pots | space=id-studio
glaze pots @Studio-Nord | glaze pots | space=id-studio
call Mika @family | call Mika | space=id-family
call Mika @fam | call Mika | space=id-family
taxes @personal | taxes | space=id-personal
B +1w +home !low @fam | B | due=2026-12-02 tag=home priority=low space=id-family
call @studio !high #home today | call | space=id-studio priority=high tag=home due=2026-11-25
call Ana +new fri !low | call Ana | tag=+new due=2026-11-27 priority=low
+work call Bob tomorrow | call Bob | tag=Work due=2026-11-26
!high due:+3d @fam pay rent | pay rent | priority=high due=2026-11-28 space=id-family
buy 2 apples tomorrow | buy 2 apples | due=2026-11-26
read 1984 tomorrow | read 1984 | due=2026-11-26
call 112 today | call 112 | due=2026-11-25
email bob@example.org +work | email bob@example.org | tag=Work
learn C# tomorrow | learn C# | due=2026-11-26
read https://example.org/a#b +work | read https://example.org/a#b | tag=Work
drop by friday | drop by | due=2026-11-27
carry on tomorrow | carry on | due=2026-11-26
contract to sign by friday | contract to sign | due=2026-11-27
move on friday | move | due=2026-11-27
things to do tomorrow | things to do | due=2026-11-26
close #42 tomorrow | close #42 | due=2026-11-26
two  spaces tomorrow | two spaces | due=2026-11-26
🎂 tomorrow | 🎂 | due=2026-11-26
buy milk \\+home +work | buy milk +home | tag=Work
say \\tomorrow | say tomorrow |
tag \\#home | tag #home |
see "Edge of tomorrow" fri | see "Edge of tomorrow" | due=2026-11-27
see „Morgen ist heute“ heute | see „Morgen ist heute“ | due=2026-11-25
"+home" is a tag +work | "+home" is a tag | tag=Work
Wochenplan für Montag due:sonntag | Wochenplan für Montag | due=2026-11-29
tidy +home, +work | tidy | tag=home tag=Work
call Ana next #home week | call Ana | due=2026-11-30 tag=home
"""

TRAPS = """
tomorrow
Freitag
friday
next week
17:30
2026-12-03
+home
!high
@studio
tomorrow +home
due:friday
call 112
buy 2 apples
read 1984
read 1984 17
meet at 10
meet at ten
room 15
may
sun cream
so
I think so
do it
what to do
things to do
mo
ask Mo
enjoy the sun
where I sat
newly wed
ça fait mon
write to anna@example.org
anna@example.org
mail @anna
mail @anna about it
mail @
mail @st
@home improvement
learn C#
learn C++
learn F#
#1
issue #42
fix #1 and #2
+1
give it a +1
call +49 170 1234567
+491701234567
a+b
what is a+b
solve x +y
!!
really!!
wow !!!
!important
!high-low
vote !5
5:30 ratio
ratio 5:30
aspect 16:9
read John 3:16
Psalm 23:10
version 10:30
ran 5k in 23:10
http://example.org/+home
https://example.org/#home
see example.org/tomorrow
due:
due: x
due:someday
due:32 May
due:2026-02-30
overdue:friday
buy milk due:friday due:monday
tidy !high !low
glaze @studio @fam
tomorrow never dies
Morgen anrufen
Guten Morgen
guten morgen
jeden Morgen
Kaffee am Morgen
heute Morgen
Edge of Tomorrow
The Day After Tomorrow
live for today
plan for tomorrow
lunch for friday
think about tomorrow
until tomorrow
since monday
from monday
before friday
after 17:30
vor 15 Uhr
ab 15 Uhr
nach Montag
thursday or friday
Montag und Dienstag
open thursday friday
mon - fri
mon-fri
10:00 - 11:30
10:00-11:30
from 10:00 to 11:30
train 10:00 11:30
every monday
each friday
last friday
next friday
this friday
jeden Montag
letzten Freitag
nächsten Freitag
black friday
Cyber Monday
easter sunday
the friday
not today
nicht heute
why not tomorrow
today is friday
in 3 days
next month
next year
this week
last week
the next week
end of next week
in a week
vitamin D
take 3d glasses
3d
in 3d
+d
-3d
notes of yesterday
what happened yesterday
was gestern
backup of 2026-01-01
notes from 2025-03-01
2026-12-03 is the day
2026-13-01
meet 2026-13-01
meet 2026-02-30
meet 25:00
meet 12:60
meet 7:5
5pm
at 5pm
12/03/2026
on 03.12.2026
3. Dezember
friday prayers
monday blues
sunday roast
heute show
write #fff
colour #c0ffee
use #a1b2c3
c# #
+ - *
# Heading
@ home
! high
\\o/
C:\\temp
path \\server
read "buy milk tomorrow"
say "hi +home"
say “until friday”
sing „Morgen“
tomorrow's list
friday's
fridays
mondays
Dienstags
todays
+home, +work
#home.
(tomorrow)
tomorrow?
#new thing to do
ask +someone about it
a #new way of it
fix !high, then rest
pay 5:30€
3:2
0:0
bus 12 Uhrzeit
fr
di mi do
"""


def phrases() -> Iterator[tuple[str, str, list[tuple[str, str, bool]]]]:
    """(text, title, [(kind, meaning, is_new)]) of each line above."""
    for line in READ.strip("\n").splitlines():
        text, title, readings = (part.strip() for part in line.split(" |"))
        found = []
        for reading in (
            readings.replace(" tag=", "\ntag=")
            .replace(" due=", "\ndue=")
            .replace(" priority=", "\npriority=")
            .replace(" space=", "\nspace=")
            .splitlines()
        ):
            kind, _equals, meaning = reading.partition("=")
            found.append((kind, meaning.removeprefix("+"), meaning.startswith("+")))
        yield text, title, found
    for line in TRAPS.strip("\n").splitlines():
        yield line, line, []
