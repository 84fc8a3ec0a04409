"""The same seed tells the same story, on every machine: a small generator of its own instead of ``random``."""

HEROES = ["a lighthouse keeper", "the last tram driver", "a girl who collected echoes", "an old robot", "two tired ferrymen"]
PLACES = ["under Namsan", "at the edge of a salt field", "in a town without clocks", "on platform nine", "above the Han river"]
FINDS = ["a letter that answered back", "a door in the fog", "the sound of an unborn song", "a map of tomorrow", "half of a star"]
TURNS = ["Nobody believed it", "The rain stopped to listen", "A stranger laughed softly", "The radio went silent", "Even the cats looked up"]
ENDS = ["and so the morning came early", "and the sea kept the secret", "but the light stayed on", "and everyone went home singing", "and nothing was lost"]


def _pick(seed: int, salt: int, choices: list) -> str:
    # Knuth's multiplicative step: enough for a story.
    value = ((seed + 1) * 2654435761 + salt * 40503) % 2**32
    return choices[(value >> 16) % len(choices)]


def tell(seed: int, chapter: int) -> str:
    """One chapter, a paragraph of three sentences."""
    salt = chapter * 7
    hero, place, find = _pick(seed, salt, HEROES), _pick(seed, salt + 1, PLACES), _pick(seed, salt + 2, FINDS)
    return "Once {}, {} found {}. {}, {}.".format(place, hero, find, _pick(seed, salt + 3, TURNS), _pick(seed, salt + 4, ENDS))
