"""English."""

from flows.understand.languages import names
from flows.understand.meaning.languages import Talk, listed

TALK = Talk(
    code="en",
    stemmer="english",
    script="latin",
    idle=names(
        "hello hi hey good morning afternoon evening please dear love darling son miss sir madam excuse sorry well "
        "er um "
        "erm uh okay so like actually"
    ),
    negations=names("not dont isnt no never without doesnt didnt havent arent wasnt mind"),
    things=names(
        "fridge refrigerator freezer tv telly television sofa couch kettle iron hoover vacuum cleaner wardrobe bed "
        "table "
        "chair phone laptop cooker oven microwave hairdryer washer dryer dishwasher furniture armchair carpet lamp "
        "mattress "
        "pillow duvet jacket coat dress boots shoes trainers slippers shirt trousers jeans hat suit bag toy pram "
        "bike "
        "scooter drill saw blender mixer toaster headphones tablet computer monitor printer speaker watch pan pot "
        "plate "
        "dishes heater fan dresser shelf mirror curtains blanket book perfume cream shampoo door bath tap tent"
    ),
    needless=names("need want required necessary"),
    turns=names(
        "but just only rather i im its give where wheres what whats when how tell check no instead id about the is"
    ),
    corrections=listed(
        "oh no, oh wait, no no, i mean, or rather, no wait, wait no, oh sorry, sorry no, actually no, scratch that, "
        "let me rephrase, correction, forget it, but"
    ),
    joiners=listed(
        "and also, and tell me, and, and then, also, plus, as well as, and by the way, by the way, and what about, "
        "and another thing, another question, and how, and can i"
    ),
    sarcasm=frozenset(listed("yeah right, yeah sure, as if, oh sure, sure thing buddy, in your dreams")),
)
