"""Text statistics that know Korean: syllables, particles at the end of words, reading time. No dependencies."""

import re
import unicodedata
from collections import Counter

# Particles, the longest first; a word loses at most one, and never its whole self.
PARTICLES = (
    "에서부터", "으로부터", "에게서", "으로서", "으로써", "이라고", "에서", "에게", "으로", "부터", "까지", "처럼", "보다",
    "이나", "라고", "하고", "은", "는", "이", "가", "을", "를", "의", "에", "와", "과", "도", "로", "만",
)
STOP_WORDS = frozenset(
    "a an and are as at be by for from in is it its of on or that the this to was were with 그리고 그러나 하지만 또는 그 이 저 수 것 등".split()
)
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SENTENCE_END = re.compile(r"[.!?。！？…]+(?:\s|$)")


def is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"


def words_of(text: str) -> list:
    return WORD.findall(unicodedata.normalize("NFC", text))


def stem(word: str) -> str:
    """A Korean noun without its particle; any other word in lower case."""
    if not is_hangul(word[-1]):
        return word.lower()
    for particle in PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            return word[: -len(particle)]
    return word


def count(text: str) -> dict:
    text = unicodedata.normalize("NFC", text).strip()
    words = words_of(text)
    sentences = [part for part in SENTENCE_END.split(text) if part.strip()]
    return {
        "characters": len(text),
        "without_spaces": sum(not character.isspace() for character in text),
        "hangul_syllables": sum(map(is_hangul, text)),
        "words": len(words),
        "unique_words": len({stem(word) for word in words}),
        "sentences": len(sentences),
        "utf8_bytes": len(text.encode()),
        # 500 Korean syllables or 200 other words a minute.
        "reading_seconds": round(
            sum(map(is_hangul, text)) * 60 / 500 + sum(not is_hangul(word[-1]) for word in words) * 60 / 200
        ),
    }


def keywords(text: str, limit: int) -> list:
    """Pairs of a keyword and its count; the more frequent first, then the earlier in the text."""
    stems = [stem(word) for word in words_of(text)]
    counts = Counter(word for word in stems if word not in STOP_WORDS and len(word) > 1 and not word.isdigit())
    return sorted(counts.items(), key=lambda pair: (-pair[1], stems.index(pair[0])))[:limit]


def clean(text: str, unwrap: bool) -> str:
    """NFC, plain quotes, no invisible characters, single spaces; with ``unwrap`` lines of a paragraph are joined."""
    text = unicodedata.normalize("NFC", text).translate({0x200B: None, 0xFEFF: None, 0xA0: " ", 0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    paragraphs = re.split(r"\n\s*\n", text.strip())
    joined = " " if unwrap else "\n"
    lines = [[re.sub(r"[ \t]+", " ", line).strip() for line in paragraph.splitlines()] for paragraph in paragraphs]
    return "\n\n".join(joined.join(filter(None, paragraph)) for paragraph in lines)
