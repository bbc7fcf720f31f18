"""English, British first."""

from flows.understand.languages import Words, names, phrases, table

NUMBERS = table(
    """
    zero oh o nought naught nil owe zilch=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine niner=9 ten=10
    eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20
    thirty=30 forty fourty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90
    """
)
ORDINALS = table(
    """
    first=1 second=2 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 eleventh=11 twelfth=12
    thirteenth=13 fourteenth=14 fifteenth=15 sixteenth=16 seventeenth=17 eighteenth=18 nineteenth=19 twentieth=20
    thirtieth=30
    """
)
MORNING, AFTERNOON, EVENING, NIGHT = (0, 11, 10), (12, 19, 14), (16, 23, 18), (20, 29, 20)

WORDS = Words(
    code="en",
    region="GB",
    stemmer="english",
    filler=names(
        "a about am an and are at can could d do er for get give good have hello hi i id im in is it its just "
        "know let like ll m me my need of on please press s speak talk tell thank thanks that the there this "
        "to uh um us want wanted was well what whats with would you your"
    ),
    prepositions=names(
        """
        nearer closer near towards at on the in about around roughly approximately by its it is like maybe say or so a
        an for to of um er uh well just that this until done want mean
        """
    ),
    negations=frozenset({"not", "no", "dont", "never", "without"}),
    denials=phrases("not, anything but, any day but, any time but, except, except for, but not, isnt, not on, never"),
    corrections=phrases(
        """
        oh sorry, oh wait, oh i mean, oh actually, no wait, no sorry,, no, sorry, i mean, i meant, rather, actually,
        make it, make that, scratch that, correction, wait, hang on, hold on, oops, oh no, my mistake, excuse me,
        pardon, let me start again, better
        """
    ),
    either=frozenset({"or"}),
    not_even=phrases("no idea, no clue, no problem"),
    numbers=NUMBERS,
    loose=table("couple=2 pair=2 single=1 both=2"),
    scales=table("hundred hundreds=100 thousand thousands grand k=1000 million millions mil mill=1000000"),
    collectives=table("dozen dozens=12 score=20"),
    fractions={"half": 0.5, "quarter": 0.25},
    and_a_half=phrases("and a half, and half"),
    none_of=phrases("none, none at all, not one, not any, not a single one, nothing"),
    for_free=phrases("free, for free, nothing, nothing at all, it was free, free of charge, not a penny, zilch"),
    hesitations=names("er um uh erm hmm ah eh mm"),
    joiners=frozenset({"and"}),
    minus=frozenset({"minus", "negative"}),
    plus=frozenset({"plus"}),
    slips={
        **dict.fromkeys(("fife", "fivve", "hive"), "five"),
        **dict.fromkeys(("sicks", "sics", "sex"), "six"),
        **dict.fromkeys(("sevven", "sevin", "sven"), "seven"),
        **dict.fromkeys(("fivety", "fiftie", "fitty"), "fifty"),
        **dict.fromkeys(("fourty", "forti", "fortie"), "forty"),
        **dict.fromkeys(("nighn", "nien", "nein"), "nine"),
        **dict.fromkeys(("twelf", "twelv", "tweleve"), "twelve"),
        **dict.fromkeys(("tree", "thre", "free0"), "three"),
        **dict.fromkeys(("wensday", "wednsday", "weds", "wendsday"), "wednesday"),
        **dict.fromkeys(("tommorow", "tomorow", "tommorrow", "tomoro", "tomorro"), "tomorrow"),
        **dict.fromkeys(("thirteeth", "thirteenf"), "thirteenth"),
        **dict.fromkeys(("o'clock", "clock", "oclok"), "oclock"),
        "pee": "p",
        "quids": "quid",
        "dubble": "double",
        "dble": "double",
        "trebble": "treble",
        "tripple": "triple",
    },
    digit_nouns=table(
        "zeros zeroes ohs noughts=0 ones=1 twos=2 threes=3 fours=4 fives=5 sixes=6 sevens=7 eights=8 nines=9"
    ),
    repeats=table("double=2 triple treble=3 quadruple=4"),
    times=names("times"),
    unsure_digits=table("won=1 to too tu=2 for fore=4 ate hate=8 tree free=3 sicks=6 tan=10"),
    interjections=names("oh o"),
    about_numbers=names(
        """
        number numbers order orders digit digits code key card phone telephone press pin mobile dash hyphen space
        slash then thats its right so
        """
    ),
    again=names("yes yeah again repeat thats correct right i said say so"),
    counted=names(
        """
        years year old days day weeks week months month hours hour minutes minute pairs pair boxes box packs pack
        items item pieces people kilos kids children times percent floor stars fortnights
        """
    ),
    currency=names(
        "ruble rubles rouble roubles dollar dollars euro euros pound pounds quid bucks buck hryvnia hryvnias sterling"
    ),
    hundredths=names("kopeck kopecks kopek kopeks cent cents penny pence pennies p"),
    notes=table("fiver fivers=5 tenner tenners=10 ton=100 pony=25 monkey=500"),
    splits_tens=True,
    year_like=True,
    days={
        "yesterday": -1,
        "day before yesterday": -2,
        "today": 0,
        "tonight": 0,
        "this morning": 0,
        "this afternoon": 0,
        "this evening": 0,
        "tomorrow": 1,
        "day after tomorrow": 2,
        "day after": 2,
        "overmorrow": 2,
        "last night": -1,
        "yesterday evening": -1,
    },
    weekdays=table(
        """
        monday mondays mon=0 tuesday tuesdays tues tue=1 wednesday wednesdays wed=2 thursday thursdays thurs thur
        thu=3 friday fridays fri=4 saturday saturdays sat=5 sunday sundays=6
        """
    ),
    ordinals=ORDINALS,
    ordinal_endings=names("st nd rd th"),
    ranks=ORDINALS,
    months=table(
        "january jan=1 february feb febuary=2 march mar=3 april apr=4 may=5 june jun=6 july jul=7 august aug=8 "
        "september sep sept=9 october oct=10 november nov=11 december dec=12"
    ),
    this=names("this coming current"),
    nearest=names("coming nearest upcoming soonest"),
    next=names("next following"),
    last=names("last previous past"),
    final=names("last final"),
    day_units=table("day days=1 week weeks=7 fortnight fortnights=14"),
    month_units=table("month months=1 year years=12"),
    weekend=names("weekend weekends"),
    edges=table("beginning start early=0 middle mid=1 end late=2"),
    past=names(
        """
        ordered bought paid got received delivered came was were called rang purchased sent returned arrived picked
        had
        """
    ),
    week_after=True,
    within=names("in within"),
    hence=phrases("from now, from today, time, later, hence"),
    ago=names("ago back"),
    hour_words=frozenset({"oclock", "hours", "hundred", "hour"}),
    minute_words=names("minute minutes min mins"),
    half=frozenset({"half"}),
    quarter=frozenset({"quarter"}),
    clock=(
        "past: half past hour",
        "past: half after hour",
        "past: half hour",
        "past: round past|after|passed|pass hour",
        "to: round to|till|til|of|before hour",
        "to: quarter two|too hour",
    ),
    spans={
        **dict.fromkeys(("minute", "minutes", "min", "mins"), 1),
        **dict.fromkeys(("hour", "hours", "hrs", "hr"), 60),
    },
    parts_of_day={
        "pm": (12, 23, 14),
        **dict.fromkeys(("morning", "am", "mornings"), MORNING),
        **dict.fromkeys(("afternoon", "afternoons"), AFTERNOON),
        **dict.fromkeys(("evening", "tonight", "evenings"), EVENING),
        "night": NIGHT,
    },
    windows={
        **dict.fromkeys(("morning", "mornings", "first thing"), (8, 12)),
        **dict.fromkeys(("afternoon", "afternoons"), (12, 18)),
        **dict.fromkeys(("evening", "tonight", "evenings"), (18, 22)),
        "night": (22, 6),
        **dict.fromkeys(("after lunch", "afternoon onwards"), (14, None)),
        "before lunch": (None, 12),
        **dict.fromkeys(("lunch", "lunchtime", "lunch time", "dinner time", "midday break"), (12, 14)),
        **dict.fromkeys(("work", "working hours", "business hours", "office hours"), (9, 18)),
    },
    moments={"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)},
    at_once=phrases(
        """
        now, right now, right away, immediately, asap, as soon as possible, straight away, straightaway, as soon as
        you can, this minute, at once, soon as you can, soon as possible
        """
    ),
    time_prepositions=names(
        """
        nearer closer near towards at by around about after before from till until between to past roughly
        approximately for say
        """
    ),
    since=names("from since starting"),
    until=names("to till til until through and by"),
    after=phrases("after, later than, not before, no earlier than, not earlier than, any time after, past, from"),
    before=phrases("before, by, until, till, no later than, not later than, not after, up to, earlier than"),
    between=frozenset({"between"}),
    near=phrases("nearer, closer to, nearer to, near, towards, close to"),
    roughly=names("ish sharp onwards on or so"),
    yes=phrases(
        """
        that wouldnt be bad, wouldnt be bad, wouldnt hurt, it wouldnt hurt, wouldnt go amiss, nothing against it,
        nothing against that, ive nothing against it, ive nothing against that, i have nothing against it, i have
        nothing against that, nothing wrong with that, no harm in that, cant hurt, it cant hurt, cant be bad, that
        suits, that suits me, suits me fine, if you wouldnt mind, id appreciate that, id appreciate it, that would
        help, that helps, sounds like a plan, good idea, great idea, that works for me, happy with that, im happy with
        that, im ok with that, im okay with that, im fine with that, fair enough, i can live with that, if i must, oh
        alright then, alright then, all right then, go on, you can say that again, thats exactly right, that is
        exactly right, i couldnt agree more, couldnt agree more, not wrong, youre not wrong, not bad, not half,, yes,
        yeah, yep, yup, yea, ya, aye, yah, yes yes, sure, sure thing, for sure, surely, correct, right, ok, okay, okey
        dokey, of course, absolutely, definitely, indeed, affirmative, please do, go ahead, go on, go on then, go for
        it, uh huh, mhm, mm hmm, mmhmm, i do, i am, i would, i will, i have, i did, it is, it was, they are, we do, we
        are, he is, she is, i can, you can, you may, you are, certainly, exactly, precisely, fine, fine by me, fine
        with me, alright, all right, confirm, confirmed, i confirm, i can confirm, that is right, thats right, thats
        it, thats the one, thats me, speaking, thats correct, thats true, thats fine, thats good, thats great, thats
        ok, thats okay, thats alright, thats all right, thats perfect, thats lovely, thats mine, sounds good, sounds
        great, sounds right, sounds fine, sounds about right, why not, no problem, no problem at all, no worries, not
        a problem, no bother, no trouble, no objection, no objections, no issue, no doubt, no question, without a
        doubt, without question, undoubtedly, doubtless, i think so, i believe so, i should think so, i hope so, i
        suppose so, i guess so, i expect so, i reckon so, i reckon, true, too true, agreed, i agree, perfect, great,
        lovely, brilliant, cool, good, very good, very well, excellent, wonderful, splendid, smashing, super, da, да,
        please, yes please, if you could, if you would, if you can, if you dont mind, if you like, if possible, if its
        possible, if its not too much trouble, if its no trouble, if that helps, if thats ok, if thats okay, if thats
        alright, if thats all right, i dont mind, i wouldnt mind, dont mind if i do, i wouldnt say no, wouldnt say no,
        cant say no, wont say no, i dont see why not, dont see why not, i cant complain, more or less, pretty much,
        near enough, close enough, bang on, spot on, dead right, got it in one, you got it, youve got it, you bet, you
        betcha, you said it, youre right, you are right, quite right, quite, quite so, just so, right you are, righto,
        by all means, be my guest, feel free, suits me, works for me, that works, thatll do, that will do, that would
        be good, that would be great, that would be lovely, that would be nice, thatd be good, thatd be great, thatd
        be lovely, thatd be nice, itd be great, with pleasure, happy to, id be happy to, id love to, id like to, id
        like that, i would like to, i would like that, i want to, lets do it, lets do that, lets go, lets, do it, do
        that, carry on, proceed, book it, count me in, im in, im up for that, always, too right, rather yes, certainly
        do, i certainly do, sure do, sure is, totally, hundred percent, one hundred percent, a hundred percent, as you
        wish, as you like, whatever you think best, deal, done, amen, granted, naturally, obviously, clearly, put me
        through, that is correct, that is fine, that is it, that is the one, that is true, that is good, i accept,
        accept, accepted, approved, cheers yes, aye go on, ta yes, could do, might as well, may as well, i might as
        well
        """
    ),
    no=phrases(
        """
        youre alright, youre all right, youre ok, youre fine, not in the slightest, not in the least, not a bit, not a
        bit of it, not one bit, not remotely, why would i, why should i, why on earth, what for, whatever for, no ta,
        id prefer not, id prefer not to, prefer not to, not keen, im not keen, not too keen, id rather you didnt, i
        would rather you didnt, give it a miss, ill give it a miss, ill leave it, not bothered, im not bothered, count
        me out, thats a no, its a no, hard no, oh heavens no, heavens no, goodness no, good lord no, god no, no sir,
        no maam, not for the moment, no more, thats enough, i shant, shant, absolutely no,, no, yeah no thanks, yeah
        no thank you, yeah nah, no of course not, nope, nah, naw, nay, noo, not really, never, never ever, wrong,
        incorrect, dont, do not, no thanks, no thank you, no ta, negative, not right, not correct, isnt right, isnt
        correct, i dont think so, i dont believe so, not at all, no way, no chance, nuh uh, uh uh, not today, not now,
        not right now, not just now, not yet, not this time, not for me, not me, false, not true, untrue, cant, i
        cant, wont, i wont, not ok, not okay, not fine, not good, нет, dont think so, dont want, do not want, i dont
        want to, i dont want it, i dont want that, id rather not, i would rather not, rather not, i would not, i
        wouldnt, i do not, i dont, i am not, im not, i havent, i didnt, it isnt, it is not, its not, it wasnt, thats
        not it, thats not right, thats not correct, thats not true, thats not me, thats not mine, thats not what i
        said, that is not what i said, not what i said, i never said that, i didnt say that, i didnt order that, thats
        wrong, that is wrong, thats incorrect, thats not the one, youve got it wrong, you got it wrong, youre wrong,
        you are wrong, youre mistaken, youve made a mistake, a mistake, its a mistake, wrong number, not quite, not
        exactly, not entirely, not likely, not especially, not particularly, not necessarily, not for now, not a
        chance, not on your life, not on your nelly, not in a million years, not if i can help it, over my dead body,
        certainly not, definitely not, absolutely not, of course not, surely not, obviously not, clearly not, under no
        circumstances, by no means, no means, no need, theres no need, no point, dont bother, please dont, dont do
        that, dont do it, leave it, leave it out, forget it, forget about it, never mind, nevermind, skip it, cancel
        that, no good, nothing, none, neither, not interested, im not interested, ill pass, i pass, pass, hard pass,
        im good, im good thanks, im fine thanks, im all right thanks, im alright thanks, thanks but no thanks, stop,
        yeah right, as if, yeah as if, yeah right as if, in your dreams, dream on, you must be joking, youre joking,
        you must be kidding, are you joking, are you kidding, my foot, pull the other one, fat chance, like hell, when
        pigs fly, you wish, hardly, hardly likely, i refuse, i decline, i disagree, disagree, i object, against, i
        think not, i suppose not, i guess not, i hope not, i fear not, afraid not, im afraid not, im afraid no,
        unfortunately not, sadly not, maybe not, perhaps not, probably not, possibly not, maybe later, some other
        time, another time, later, not confirm, dont confirm, didnt, doesnt, isnt, doesnt work for me, that doesnt
        work, that wont do, that wont work, not happy with that, no longer, not any more, not anymore, on second
        thoughts no, couldnt, shouldnt, wouldnt, hasnt, havent, wasnt, no fear, get lost, get away, give over
        """
    ),
    doubt=phrases(
        """
        maybe, perhaps, not sure, im not sure, im not so sure, im not too sure, not so sure, not too sure, not sure
        about that, dont know, do not know, i dont know, dunno, i dunno, possibly, wait, hold on, hang on, one moment,
        just a moment, one second, just a second, just a minute, bear with me, yeah no, yes no, no yes, no yeah, yes
        and no, yes or no, no and yes, dont remember, i dont remember, cant remember, i cant remember, what, pardon,
        pardon me, sorry, say that again, come again, could you repeat that, can you repeat that, hard to say, cant
        say, i cant say, couldnt say, i couldnt tell you, i couldnt say, depends, it depends, that depends, who knows,
        god knows, goodness knows, heaven knows, no idea, ive no idea, i have no idea, havent a clue, i havent a clue,
        no clue, search me, let me think, ill think about it, i need to think, let me see, havent decided, i havent
        decided, undecided, in two minds, im in two minds, fifty fifty, either way, either, whatever, i dont care,
        dont care, dont mind either way, i dont mind either way, im easy, could be, might be, it might be, sometimes
        """
    ),
    softly=phrases(
        """
        i think, i suppose, i guess, probably, presumably, likely, more likely, i believe, i reckon, i expect, most
        likely, it seems, seems, apparently, kind of, sort of, basically, in principle, on the whole
        """
    ),
    opening=names("yeah oh well ah okay ok right alright fine"),
    emphasis=phrases("of course, absolutely, definitely, certainly, sure, surely, obviously, clearly, for sure"),
    negators=names("not dont didnt isnt doesnt wont cant"),
)
