"""English."""

from flows.understand.languages import Words, names, phrases, table

NUMBERS = table(
    """
    zero oh o nought nil=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine niner=9 ten=10 eleven=11
    twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30
    forty fourty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90
    """
)
ORDINALS = table(
    """
    first=1 second=2 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 eleventh=11 twelfth=12
    thirteenth=13 fourteenth=14 fifteenth=15 sixteenth=16 seventeenth=17 eighteenth=18 nineteenth=19 twentieth=20
    thirtieth=30
    """
)

WORDS = Words(
    code="en",
    region="GB",
    stemmer="english",
    numbers=NUMBERS,
    scales=table("hundred hundreds=100 thousand thousands grand=1000 million millions=1000000"),
    joiners=frozenset({"and"}),
    digit_nouns=table("zeros zeroes ohs=0 ones=1 twos=2 threes=3 fours=4 fives=5 sixes=6 sevens=7 eights=8 nines=9"),
    repeats=table("double=2 triple treble=3 quadruple=4"),
    unsure_digits=table("won=1 to too=2 for=4 ate=8"),
    half=frozenset({"half"}),
    minus=frozenset({"minus", "negative"}),
    plus=frozenset({"plus"}),
    point=frozenset({"point", "dot"}),
    filler=names(
        "a about am an and are at can could d do er for get give good have hello hi i id im in is it its just "
        "know let like ll m me my need of on please press s speak talk tell thank thanks that the there this "
        "to uh um us want wanted was well what whats with would you your"
    ),
    about_numbers=names("number order orders digit digits code key card phone telephone press"),
    negations=frozenset({"not", "no", "dont", "never", "without"}),
    yes=phrases(
        "yes, yeah, yep, yup, yea, ya, aye, sure, correct, right, ok, okay, of course, absolutely, "
        "definitely, indeed, affirmative, please do, go ahead, uh huh, mhm, mm hmm, i do, i am, i would, "
        "certainly, exactly, fine, alright, all right, confirm, confirmed, i confirm, that is right, thats "
        "right, sounds good, why not, no problem, i think so, true, agreed, i agree, perfect, great, да"
    ),
    no=phrases(
        "no, nope, nah, not really, never, wrong, incorrect, dont, do not, no thanks, no thank you, negative, "
        "not right, not correct, isnt right, isnt correct, i dont think so, not at all, no way, nuh uh, not "
        "today, not now, false, not true, cant, not ok, not okay, not fine, нет, dont think so, dont want, do "
        "not want, i would not, no way, not sure about that, didnt, not confirm, dont confirm"
    ),
    doubt=phrases(
        "maybe, perhaps, not sure, im not sure, dont know, do not know, i guess, possibly, probably, wait, "
        "hold on, one moment, just a moment, one second, just a second, yeah no, yes no, no yes, dont "
        "remember, cant remember, not exactly, i suppose, what, pardon, sorry"
    ),
    within=frozenset({"in", "after"}),
    spans={
        **dict.fromkeys(("minute", "minutes", "min", "mins"), 1),
        **dict.fromkeys(("hour", "hours"), 60),
    },
    hour_words=frozenset({"oclock", "hours", "hundred"}),
    half_past=frozenset({"half"}),
    quarter=frozenset({"quarter"}),
    to_hour=frozenset({"to", "till", "before"}),
    past_hour=frozenset({"past", "after"}),
    parts_of_day={
        **dict.fromkeys(("morning", "am"), (0, 11, 10)),
        **dict.fromkeys(("afternoon", "pm"), (12, 23, 14)),
        **dict.fromkeys(("evening", "tonight"), (16, 23, 18)),
        "night": (18, 23, 20),
    },
    moments={"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)},
    at_once=phrases("now, right now, right away, immediately, asap, as soon as possible, straight away"),
    days={"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "day after tomorrow": 2},
    day_spans={**dict.fromkeys(("day", "days"), 1), **dict.fromkeys(("week", "weeks"), 7)},
    ordinals=ORDINALS,
    months={
        **dict.fromkeys(("january", "jan"), 1),
        **dict.fromkeys(("february", "feb"), 2),
        **dict.fromkeys(("march", "mar"), 3),
        **dict.fromkeys(("april", "apr"), 4),
        "may": 5,
        **dict.fromkeys(("june", "jun"), 6),
        **dict.fromkeys(("july", "jul"), 7),
        **dict.fromkeys(("august", "aug"), 8),
        **dict.fromkeys(("september", "sep", "sept"), 9),
        **dict.fromkeys(("october", "oct"), 10),
        **dict.fromkeys(("november", "nov"), 11),
        **dict.fromkeys(("december", "dec"), 12),
    },
    weekdays={
        "monday": 0,
        "tuesday": 1,
        "wednesday": 2,
        "thursday": 3,
        "friday": 4,
        "saturday": 5,
        "sunday": 6,
    },
    currency=names("ruble rubles rouble roubles dollar dollars euro euros pound pounds"),
    hundredths=names("kopeck kopecks kopek kopeks cent cents penny pence"),
)
