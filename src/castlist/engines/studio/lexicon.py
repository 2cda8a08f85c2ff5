"""The curated concept index: which words mean which place, hour, weather, face or style, and which concepts are akin.

Data for `meaning`; nothing else reads it. A word may stand under several concepts. Phrases (after the semicolon, parted
by commas) are matched before words.
"""

PLACES: dict[str, str] = {
    "mountain": (
        "mountain mountains alps alpine peak peaks summit hill hills hillside ridge cliff canyon highlands "
        "valley himalaya himalayas andes rockies volcano; hiking trail, mountain trail, mountain top, national "
        "park"
    ),
    "forest": (
        "forest woods woodland pine pines jungle rainforest trees trail undergrowth wilderness redwood birch "
        "bamboo grove; hiking trail, forest path, nature walk, in nature, camp site, camping"
    ),
    "park": (
        "park garden gardens lawn botanical orchard greenhouse picnic playground backyard greenery bench zen; central "
        "park, public garden, park path, japanese garden"
    ),
    "meadow": (
        "meadow field fields grass grassland prairie countryside farm farmland pasture rural wheat flowers "
        "sunflower sunflowers vineyard ranch steppe barn lavender golf; wheat field, flower field"
    ),
    "desert": (
        "desert dune dunes sahara sand cactus badlands arid mars martian outback nevada arizona rocky; grand "
        "canyon, death valley, red planet"
    ),
    "savanna": "savanna savannah safari africa african bush serengeti kenya plains",
    "sea": (
        "sea ocean coast coastal seaside shore waves island boat ship yacht sailing cruise surf surfing "
        "tropical lagoon lighthouse harbour harbor pier marina dock promenade waterfront; by the water, sailing"
        " boat"
    ),
    "beach": (
        "beach beaches sand sandy hawaii maldives caribbean palm palms resort bay malibu miami surf surfing; "
        "tropical beach, palm trees"
    ),
    "lake": "lake pond bridge riverbank river stream waterfall fjord; by the lake, river side",
    "sky": (
        "sky heaven clouds cloud flying airplane plane parachute hot-air balloon floating dream dreamlike surreal; "
        "above the clouds"
    ),
    "street": (
        "street streets road alley driving sidewalk avenue pavement crosswalk traffic neighborhood neighbourhood "
        "boulevard; city street, street corner, street photography, in a car, road trip"
    ),
    "city": (
        "city downtown skyscraper skyscrapers skyline metropolis metropolitan urban rooftop manhattan tokyo "
        "london berlin chicago plaza york shanghai hongkong dubai cyberpunk futuristic bank; new york, "
        "times square, hong kong, los angeles, business district, city center, city centre"
    ),
    "parking": "parking carpark construction crane industrial-area",
    "old town": (
        "town bridge venice italy italian europe european paris rome florence prague lisbon barcelona spain greece "
        "palace cathedral church historic ancient ruins renaissance piazza temple monastery "
        "baroque gothic; old town, old city, town square, historic centre, medieval village, medieval town"
    ),
    "courtyard": (
        "courtyard patio terrace veranda village mexico mexican mediterranean hacienda cuba havana morocco "
        "porch balcony pergola house villa garage backyard bbq barbecue; back yard, sunny terrace"
    ),
    "home": (
        "home house apartment flat loft livingroom kitchen couch sofa domestic room cooking breakfast; living room, "
        "at home, sitting room, dining room"
    ),
    "cabin": (
        "cabin fireplace fireside hearth chalet lodge cottage log; by the fire, cozy cabin, log cabin, mountain hut"
    ),
    "library": (
        "library libraries books book bookshop bookstore bookshelf bookshelves bookcase reading archive scholar; old "
        "library, school library, among books"
    ),
    "bedroom": "bedroom bed hotel suite pillow pajamas sleeping lying motel hostel airbnb; hotel room, waking up",
    "study": (
        "study desk reading writing homework laptop computer programming university college student professor; home "
        "office, at a desk, working from home"
    ),
    "office": (
        "office business corporate boardroom meeting conference coworking workplace startup executive ceo "
        "manager lawyer linkedin workspace company presentation interview; modern office, business meeting, at "
        "work"
    ),
    "lobby": (
        "lobby reception foyer lounge waiting clinic hospital doctor nurse dentist museum gallery exhibition "
        "airport terminal station hallway corridor; waiting room, art gallery, train station"
    ),
    "corridor": (
        "corridor airport terminal skyway walkway tunnel metro subway underground escalator futuristic sci-fi scifi "
        "laboratory; glass bridge"
    ),
    "mall": (
        "mall shop shopping store boutique market supermarket casino cinema arcade nightclub club; department "
        "store, food court, night club"
    ),
    "cafe": (
        "cafe café coffee coffeehouse coffeeshop cappuccino espresso latte barista restaurant bar bartender pub diner "
        "bistro bakery pastry brunch pizzeria waiter waitress counter; coffee shop, having dinner, having lunch"
    ),
    "hall": (
        "hall ballroom banquet wedding party gala dance dancing reception prom celebration birthday ceremony "
        "opera red-carpet carpet; dance floor, wedding party, red carpet, award show"
    ),
    "stage": (
        "stage theatre theater concert performance performing singer singing band guitar podium microphone "
        "keynote comedy spotlight audience; on stage, rock concert, ted talk"
    ),
    "lab": (
        "lab laboratory scientist science chemistry experiment machine machines control engine-room steampunk "
        "vintage research physics industrial; power station, control room"
    ),
    "workshop": (
        "workshop factory plant warehouse garage mechanic carpenter engineer manufacturing industrial hangar "
        "production forge blacksmith welding machinery assembly tools construction; construction site, auto "
        "repair"
    ),
    "warehouse": (
        "warehouse garage basement underground storage depot abandoned gym boxing workout fitness crossfit "
        "training bunker prison cellar graffiti grunge apocalyptic post-apocalyptic; parking garage, "
        "gym workout"
    ),
    "photo studio": (
        "studio backdrop fashion editorial magazine catalog catalogue headshot passport photoshoot softbox "
        "cyclorama vogue; photo studio, plain background, studio portrait, photo shoot"
    ),
    "classroom": (
        "classroom school blackboard chalkboard lesson pupil teacher teaching teach schoolroom kindergarten student "
        "lecture seminar math mathematics; at school, in class"
    ),
    "train": (
        "train railway railroad rail carriage compartment commuter commuting tram subway metro; train ride, on a "
        "train, train window"
    ),
    "castle": (
        "castle medieval knight king queen throne fortress dungeon tavern wizard sorcerer kingdom fantasy royal viking "
        "warrior dragon sword armor armour prince princess; great hall, throne room, middle ages"
    ),
    "spaceship": (
        "spaceship spacecraft starship space sci-fi scifi cockpit futuristic galaxy cosmos universe orbit astronaut "
        "alien robot cyborg captain; space station, outer space, science fiction"
    ),
    "moon": "moon lunar crater planet astronaut spacewalk asteroid; on the moon, another planet",
    "market": (
        "market marketplace stall bazaar vendor grocer greengrocer fruit vegetable souk grocery; street market, "
        "farmers market, flea market, fruit stand"
    ),
    "stadium": (
        "stadium arena football soccer rugby athlete athletics pitch goalkeeper footballer striker olympic; football "
        "field, soccer field, football pitch, world cup"
    ),
    "snow": (
        "snow snowy winter ski skiing snowboard snowboarding ice icy arctic antarctica glacier frozen christmas"
        " blizzard igloo; winter wonderland, north pole"
    ),
}

HOURS: dict[str, str] = {
    "day": (
        "day daylight daytime sunny noon midday bright sunshine sunlight sunlit summer afternoon spring; broad "
        "daylight, blue sky"
    ),
    "golden": "sunset dusk sundown warm evening romantic; golden hour, late afternoon, setting sun",
    "dawn": "dawn sunrise morning daybreak misty mist fog foggy early; early morning, first light",
    "night": (
        "night nighttime midnight moonlight moonlit stars starry dark milky neon nightlife cyberpunk noir; at night, "
        "milky way, starry sky, full moon, under the moon"
    ),
    "overcast": "overcast cloudy rain rainy raining storm stormy gloomy moody drizzle wet",
    "autumn": "autumn autumnal foliage october november; fall colors, fall colours, in the fall, falling leaves",
    "blue hour": "twilight dusk nightfall; blue hour, after sunset",
}

SETTINGS: dict[str, str] = {
    "indoors": "indoor indoors inside interior room",
    "outdoors": "outdoor outdoors outside nature open-air; fresh air",
    "cozy": "cozy cosy hygge snug homely",
}

FACES: dict[str, str] = {
    "smile": (
        "smile smiles smiling happy happily cheerful joyful friendly pleased delighted; good mood, in good spirits"
    ),
    "serious": (
        "serious stern angry sad crying frowning scared worried pensive melancholic gloomy shocked screaming; straight "
        "face, poker face"
    ),
    "eye contact": "; at the camera, into the camera, at camera, at the viewer, at the photographer",
    "sideways": (
        "; looking away, looks away, gazing away, looking aside, looks aside, looking sideways, into the distance, off "
        "camera, past the camera"
    ),
}

STYLES: dict[str, str] = {
    "illustration": (
        "illustration illustrated cartoon cartoonish anime manga animation animated pixar disney ghibli drawn "
        "storybook; comic style anime, digital art, childrens book"
    ),
    "painting": (
        "painting painted oil watercolor watercolour acrylic impressionist impressionism canvas gouache monet "
        "rembrandt brushstrokes; oil painting"
    ),
    "comic": "comic comics halftone pop-art superhero marvel inked; comic book, graphic novel, pop art",
    "sketch": "sketch sketched pencil charcoal drawing graphite crosshatch; pencil sketch, pencil drawing, line art",
    "mono": "monochrome black-and-white b&w noir greyscale grayscale; black and white, film noir",
    "film": (
        "film analog analogue kodak portra polaroid retro 35mm vintage fujifilm grain cinematic; film look, "
        "film photo, film grain"
    ),
}

AKIN: dict[tuple[str, str], float] = {
    ("cozy", "cabin"): 1.0,
    ("cozy", "home"): 0.9,
    ("cozy", "library"): 0.8,
    ("mountain", "desert"): 0.55,
    ("mountain", "forest"): 0.55,
    ("mountain", "meadow"): 0.5,
    ("mountain", "snow"): 0.55,
    ("forest", "park"): 0.75,
    ("forest", "snow"): 0.4,
    ("forest", "meadow"): 0.4,
    ("park", "meadow"): 0.65,
    ("meadow", "savanna"): 0.6,
    ("desert", "savanna"): 0.6,
    ("desert", "beach"): 0.35,
    ("beach", "sea"): 0.85,
    ("lake", "sea"): 0.75,
    ("lake", "park"): 0.4,
    ("sky", "sea"): 0.35,
    ("street", "city"): 0.75,
    ("street", "old town"): 0.6,
    ("street", "parking"): 0.5,
    ("city", "parking"): 0.6,
    ("city", "corridor"): 0.25,
    ("city", "mall"): 0.3,
    ("old town", "courtyard"): 0.5,
    ("old town", "sea"): 0.2,
    ("courtyard", "home"): 0.3,
    ("home", "bedroom"): 0.65,
    ("cabin", "home"): 0.65,
    ("cabin", "bedroom"): 0.45,
    ("library", "study"): 0.75,
    ("library", "home"): 0.3,
    ("library", "lobby"): 0.2,
    ("home", "study"): 0.5,
    ("home", "lobby"): 0.3,
    ("bedroom", "study"): 0.5,
    ("study", "office"): 0.65,
    ("study", "lobby"): 0.4,
    ("office", "lobby"): 0.85,
    ("office", "corridor"): 0.45,
    ("lobby", "corridor"): 0.5,
    ("lobby", "mall"): 0.45,
    ("lobby", "hall"): 0.4,
    ("mall", "hall"): 0.45,
    ("mall", "cafe"): 0.6,
    ("cafe", "home"): 0.25,
    ("cafe", "hall"): 0.25,
    ("hall", "stage"): 0.7,
    ("stage", "photo studio"): 0.3,
    ("lab", "workshop"): 0.6,
    ("lab", "corridor"): 0.3,
    ("workshop", "warehouse"): 0.75,
    ("classroom", "study"): 0.75,
    ("classroom", "lab"): 0.5,
    ("classroom", "library"): 0.4,
    ("train", "corridor"): 0.5,
    ("castle", "old town"): 0.7,
    ("castle", "hall"): 0.3,
    ("spaceship", "corridor"): 0.5,
    ("spaceship", "moon"): 0.5,
    ("spaceship", "sky"): 0.35,
    ("moon", "desert"): 0.5,
    ("market", "old town"): 0.5,
    ("market", "street"): 0.5,
    ("market", "mall"): 0.4,
    ("stadium", "meadow"): 0.5,
    ("stadium", "park"): 0.4,
    ("snow", "sky"): 0.3,
    ("snow", "meadow"): 0.2,
    ("golden", "dawn"): 0.6,
    ("golden", "blue hour"): 0.35,
    ("dawn", "blue hour"): 0.5,
    ("blue hour", "night"): 0.6,
    ("day", "golden"): 0.3,
    ("day", "overcast"): 0.4,
    ("day", "dawn"): 0.3,
}
