"""What the bundled panoramas show, direction by direction: captions to compare prompts with. Data for `plates`.

A direction is the share of the panorama's width at which the view is centred, left edge 0. Views avoid burnt-out suns.
"""

View = tuple[float, str]

VIEWS: dict[str, tuple[View, ...]] = {
    "apartment": (
        (0.52, "home, bright apartment, living room with a door and wooden floor, indoors, morning daylight"),
        (0.07, "home, apartment with an open kitchen, indoors, morning daylight"),
        (0.74, "home, bright apartment, living room with a window and sunlight on the floor, indoors, morning"),
    ),
    "bridge": (
        (0.36, "corridor, glass skyway between office buildings, business, city windows, modern, day, indoors"),
        (0.86, "corridor, glass bridge of an airport terminal, futuristic, day, indoors"),
        (0.5, "corridor, long bright tunnel walkway, spaceship, metro, futuristic, indoors"),
    ),
    "city": (
        (0.52, "city, downtown square with skyscrapers, business district, modern street, overcast day, outdoors"),
        (0.74, "city, downtown plaza with glass skyscraper, street, overcast day, outdoors"),
    ),
    "dawn": (
        (0.58, "desert mountains at dawn, sunrise, purple sky, rocky canyon, planet, golden hour, outdoors"),
        (0.2, "desert, rocky hill at dawn, blue hour, purple sky, moon, outdoors"),
    ),
    "esplanade": (
        (0.44, "mall, shopping mall with lights, cafe, restaurant, night, evening, indoors"),
        (0.88, "mall, shop, bar, restaurant, cafe with warm lights, night, evening, indoors"),
        (0.12, "mall, atrium, casino, cinema, lobby, evening, indoors"),
    ),
    "forest": (
        (0.72, "forest, pine woods, hiking trail, sunny day, outdoors"),
        (0.28, "forest, pine woods, mountain trail, camping, sunny day, outdoors"),
        (0.1, "forest clearing, woods, sunny day, outdoors"),
    ),
    "hall": (
        (0.58, "hall, ballroom with white drapes, wedding party, gala, evening, indoors"),
        (0.9, "stage, concert hall with stage and lights, theatre, night, indoors"),
        (0.1, "hall, ballroom with drapes, banquet, celebration, evening, indoors"),
    ),
    "lab": (
        (0.5, "lab, old laboratory hall with machines and tall windows, workshop, science, indoors, day"),
        (0.14, "lab, machine hall, factory, control room, vintage industrial, indoors, day"),
    ),
    "lobby": (
        (0.5, "office, modern office lobby, coworking space, reception, business, indoors, day"),
        (0.08, "lobby with a green wall and benches, waiting room, museum, school, modern office, indoors, day"),
        (0.83, "lobby with stairs, gallery, office, university, indoors, day"),
    ),
    "night": (
        (0.2, "savanna under a starry night sky, trees, wilderness, camping, night, outdoors"),
        (0.85, "savanna at night, milky way, africa, night, outdoors"),
        (0.55, "night sky with stars over a field with trees, night, outdoors"),
    ),
    "park": (
        (0.28, "park, green lawn and trees, blue sky, meadow, picnic, sunny day, outdoors"),
        (0.86, "meadow, wide green field, football pitch, blue sky, sunny day, outdoors"),
    ),
    "sky": (
        (0.3, "sky with white clouds above the sea, heaven, dream, ocean horizon, day, outdoors"),
        (0.8, "sky, above the clouds, space, ocean horizon, day, outdoors"),
    ),
    "studio": ((0.24, "photo studio with white backdrop, indoors"),),
    "sunset": (
        (0.38, "old town, venice palace and square, italy, europe, castle, golden hour, outdoors"),
        (0.16, "old town, square with tower and columns, city, italy, evening, golden hour, outdoors"),
        (0.66, "sea, waterfront promenade at sunset, golden hour, lanterns, outdoors"),
    ),
    "venice": (
        (0.17, "old town, promenade with brick house, street, blue hour, evening, outdoors"),
        (0.7, "sea, lake shore, harbour bay, blue hour, dusk, outdoors"),
    ),
    "warehouse": (
        (0.3, "warehouse, underground garage with metal walls, gym, industrial, indoors"),
        (0.7, "warehouse hall with columns, underground parking garage, basement, indoors"),
    ),
    "workshop": (
        (0.3, "workshop, factory hall with tools, construction, engineer, indoors, day"),
        (0.72, "workshop, factory, garage, assembly, mechanic, indoors, day"),
    ),
    "b_city": (
        (0.1, "city, skyline behind a parking lot, downtown street, overcast day, outdoors"),
        (0.5, "city, construction cranes and towers, parking, overcast day, outdoors"),
        (0.78, "city, downtown office towers, street, overcast day, outdoors"),
    ),
    "b_courtyard": (
        (0.43, "courtyard, sunny patio with palm, terrace, mediterranean village, summer day, outdoors"),
        (0.72, "courtyard, yellow country house, veranda, mexico, sunny day, outdoors"),
    ),
    "b_forest": (
        (0.2, "park, garden path with trees, forest walk, sunny day, outdoors"),
        (0.5, "park, japanese garden, trees, forest, sunny day, outdoors"),
        (0.85, "park with bamboo fence and pond, waterfall, lake, garden, sunny day, outdoors"),
    ),
    "b_interior": (
        (0.26, "study, desk and chair, home office, working, reading, hotel room, indoors"),
        (0.53, "home, cozy room with window, curtain and armchair, living room, reading, hotel, indoors"),
        (0.78, "bedroom, hotel room with bed, indoors"),
    ),
    "b_night": (
        (0.2, "night, field with city lights on the horizon, park, stars, outdoors"),
        (0.6, "night, park lawn with trees, starry sky, meadow, outdoors"),
    ),
    "b_studio": ((0.23, "photo studio with white backdrop, indoors"),),
    "b_sunrise": (
        (0.33, "meadow, countryside field with autumn tree, farm, misty dawn, morning, outdoors"),
        (0.66, "meadow, grassland at sunrise, dawn, golden hour, morning, outdoors"),
        (0.05, "meadow, country road through fields, farm, morning, dawn, outdoors"),
    ),
    "b_sunset": (
        (0.57, "sea at sunset, beach, ocean horizon, golden hour, outdoors"),
        (0.14, "old town, village street with trees, evening, golden hour, outdoors"),
        (0.9, "old town, promenade with italian house, street, evening, golden hour, outdoors"),
    ),
}
