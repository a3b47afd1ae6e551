"""Vietnamese words and names: valid syllables, spellings that are the same, units matched by their name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from geoplan.intake.legacy_tables import TONES
from geoplan.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ONSET_TABLE: Final = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RHYME_TABLE: Final = (
    "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
    "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ich im in inh ip it iu "
    "ia iêc iêm iên iêng iêp iêt iêu o oc oi om on ong op ot ooc oong ô ôc ôi ôm ôn ông ôp ôt "
    "ơ ơi ơm ơn ơp ơt u uc ui um un ung up ut ua uôc uôi uôm uôn uông uôt "
    "ư ưc ưi ưm ưn ưng ưt ưu ưa ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu "
    "oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oem oen oeo oet "
    "uân uâng uât uây uê uêch uênh uơ uy uych uyn uynh uyp uyt uyu uya uyên uyêt"
)
# "qu" spells the glide already: these follow it, besides a…, ă…, â…, e… and ê….
_QU_TABLE: Final = "i in inh it ich ip y yn ynh yt ych yên yêt yêu ơ ơi ơn ơt ôc"
_ONSETS: Final = {"", *_ONSET_TABLE.split()}
_RHYMES: Final = set(_RHYME_TABLE.split())
_AFTER_QU: Final = set(_QU_TABLE.split())
_BEFORE_Y: Final = ("", "d", "h", "l", "m", "n", "s", "t", "th", "v", "k")
_STOPS: Final = ("c", "ch", "p", "t")
_STOP_TONES: Final = ("\u0301", "\u0323")
_PREFIXES: Final = {
    kind: re.compile(rf"(?:{pattern})(?=\S)", re.IGNORECASE)
    for kind, pattern in {
        "ward": r"phường\s+|p\.\s*|p\s+|p(?=\d)",
        "commune": r"xã\s+|x\.\s*|x\s+",
        "township": r"thị\s+trấn\s+|t\.?t\.\s*|tt\s+",
        "": r"đặc\s+khu\s+",
    }.items()
}
_CHUNK: Final = re.compile("[A-Za-z\u0080-\U0010ffff]+")
# Signs that right texts have inside such a word; "Ã" before a hard space is "à" misread.
_SIGNS: Final = re.compile("(?<!Ã)\u00a0|[“”‘’–—…²³°]")
_LONGEST: Final = 40
_WORDS: Final = re.compile(r"[^\W\d_]+")


def normalise(text: str) -> str:
    """The text in Unicode NFC; nothing else about it changes."""
    return unicodedata.normalize("NFC", text)


def same_spelling(a: str, b: str) -> bool:
    """Whether two texts differ at most in NFC or NFD and in where a syllable carries its tone.

    Case, spaces and diacritics count.

    >>> same_spelling("Hoà Bình", "Hòa Bình"), same_spelling("Hoà", "Hoa")
    (True, False)
    """
    return _tone_last(a) == _tone_last(b)


def is_syllable(word: str) -> bool:
    """Whether Vietnamese phonology and spelling allow this word: onset, rhyme, tone and its place.

    Letters are small, capital, capital at the start, or capital where they are ASCII and small elsewhere,
    as texts set in ``.VnTimeH`` fonts have them. Names of other languages of Vietnam (Krông, Búk) are not
    syllables in this sense.
    """
    if word[1:] != word[1:].lower() and word != word.upper() and not font_habit(word):
        return False
    return normalise(word).lower() in _syllables()


def marked_words(values: Iterable[str | None]) -> set[str]:
    """The different words with more than ASCII letters; signs that are not ASCII count as letters.

    Which of these signs are letters is not known before the encoding is. Longer words than any syllable can
    become when misread twice are no evidence, and left out.
    """
    marked = (value for value in set(values) if value is not None and not value.isascii())
    return {word for value in marked for word in _CHUNK.findall(value) if _is_evidence(word)}


def _is_evidence(word: str) -> bool:
    return not word.isascii() and len(word) <= _LONGEST


def is_vietnamese(word: str) -> bool | None:
    """Whether one of `marked_words` is Vietnamese; None when it has only ASCII letters and usual signs."""
    parts = [part for part in _SIGNS.split(word) if part and not part.isascii()]
    return all(is_syllable(part) for part in parts) if parts else None


def font_habit(word: str) -> bool:
    """Whether capitals are ASCII letters and the others are small (``HOà``), behind the first letter."""
    rest = [letter for letter in word[1:] if letter.isalpha()]
    return any(letter.isascii() for letter in rest) and all(
        letter.isupper() == letter.isascii() for letter in word if letter.isalpha()
    )


def _spelled(onset: str, rhyme: str) -> bool:
    """Whether Vietnamese spelling puts this onset before this rhyme."""
    front = rhyme[0] in "eêiy"
    if onset == "qu":
        return rhyme in _AFTER_QU or rhyme[0] in "aăâeê"
    if rhyme[0] == "y":
        return onset == "" or (rhyme == "y" and onset in _BEFORE_Y)
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "ng"):
        return not front
    if onset == "g":  # before i it is the onset of gì and giếng, spelled with one i
        return not front or rhyme[0] == "i"
    return onset != "gi" or rhyme[0] != "i"


def _tone_places(rhyme: str) -> set[int]:
    """Where the tone may stand in a rhyme: ``oa`` takes it on either letter (hòa, hoà)."""
    vowels = rhyme.rstrip("cghmnpt")
    marked = [place for place, letter in enumerate(vowels) if letter in "ăâêôơư"]
    if marked:
        return {marked[-1]}
    if len(vowels) == 3:  # noqa: PLR2004 - oai, oao, oay, oeo, uya, uyu
        return {1}
    if vowels in ("oa", "oe", "uy"):
        return {0, 1} if vowels == rhyme else {1}
    return {1} if vowels == "oo" else {0}


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """Every syllable with every tone, small letters, NFC."""
    found: set[str] = set()
    for rhyme in _RHYMES | _AFTER_QU:
        stopped = rhyme.endswith(_STOPS)
        tones = _STOP_TONES if stopped else ("", *TONES)
        toned = {
            normalise(rhyme[: place + 1] + tone + rhyme[place + 1 :])
            for place in _tone_places(rhyme)
            for tone in tones
        }
        onsets = [o for o in _ONSETS if (rhyme in _RHYMES or o == "qu") and _spelled(o, rhyme)]
        found |= {onset + ending for onset in onsets for ending in toned}
    return frozenset(found)


def split_prefix(name: str) -> tuple[str | None, str]:
    """Kind and bare name of a unit: ``("ward", "Phổ Yên")`` from ``Phường Phổ Yên``.

    The kind is ``ward``, ``commune``, ``township`` or None; ``Đặc khu`` is taken off and has no kind of
    its own in the layer contract. The bare name is in NFC.
    """
    text = normalise(name).strip()
    for kind, pattern in _PREFIXES.items():
        if match := pattern.match(text):
            return kind or None, text[match.end() :]
    return None, text


@dataclass(frozen=True)
class Match:
    """What a name was matched with.

    Attributes
    ----------
    code
        The code of the one unit that fits; None when none does or several do.
    how
        ``exact``: the same name; ``prefix``: the same but for Phường, Xã, Thị trấn and their short forms;
        ``folded``: the same where both write diacritics; ``ambiguous``: several fit equally; ``none``.
    candidates
        Codes that fit, sorted. For ``none``: units of the same letters with other diacritics, which are
        other names.
    """

    code: str | None
    how: Literal["exact", "prefix", "folded", "none", "ambiguous"]
    candidates: tuple[str, ...]


def match_names(names: Sequence[str | None], known: Mapping[str, str]) -> list[Match]:
    """Match names with known units, by steps; the first step that finds something decides.

    Case, spaces, hyphens, NFC or NFD and hoà or hòa never matter. A syllable without diacritics fits one
    with them, but two that carry different ones are different names. Units of the prefix's kind are
    preferred to those of another kind.

    Parameters
    ----------
    names
        As they stand in a file.
    known
        Code to name, with or without a prefix.

    Returns
    -------
    list of Match
        In the order of `names`. What fits two units is never guessed.
    """
    index = _Index(known)
    return [index.match(name) for name in names]


class _Index:
    """The known units under each of the keys that a name may be looked up by."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.kinds = {code: split_prefix(name)[0] for code, name in known.items()}
        self.bare = {code: _key(split_prefix(name)[1]) for code, name in known.items()}
        self.whole = _grouped((_key(name), code) for code, name in known.items())
        self.by_bare = _grouped((bare, code) for code, bare in self.bare.items())
        self.by_folded = _grouped((fold(bare), code) for code, bare in self.bare.items())

    def match(self, name: str | None) -> Match:
        key = _key(name or "")
        if not key:
            return Match(None, "none", ())
        if key in self.whole:
            return _decided("exact", self.whole[key])
        kind, text = split_prefix(name or "")
        bare = _key(text)
        if bare in self.by_bare:
            return _decided("prefix", self._of_kind(self.by_bare[bare], kind))
        readings = [(kind, bare), *_unmarked_prefix(bare)]
        same_letters = {code: kind for kind, b in readings for code in self.by_folded.get(fold(b), ())}
        fitting = [code for code in same_letters if any(_fits(b, self.bare[code]) for _, b in readings)]
        if not fitting:
            return Match(None, "none", tuple(sorted(same_letters)))
        kinds = {same_letters[code] for code in fitting}
        return _decided("folded", self._of_kind(fitting, kinds.pop() if len(kinds) == 1 else None))

    def _of_kind(self, codes: Iterable[str], kind: str | None) -> list[str]:
        codes = list(codes)
        return [code for code in codes if kind and self.kinds[code] == kind] or codes


def _decided(how: Literal["exact", "prefix", "folded"], codes: Iterable[str]) -> Match:
    candidates = tuple(sorted(codes))
    return (
        Match(candidates[0], how, candidates)
        if len(candidates) == 1
        else Match(None, "ambiguous", candidates)
    )


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    out: defaultdict[str, list[str]] = defaultdict(list)
    for key, code in pairs:
        out[key].append(code)
    return dict(out)


def _key(name: str) -> str:
    """What is compared: small letters, tones behind their syllable, plain spaces, no zero before a number."""
    text = re.sub("[\u200b-\u200f\u2060\ufeff\u00ad]", "", name).replace("ð", "đ").replace("Ð", "Đ")
    text = re.sub(r"[’ʼ‘`´]", "'", text)
    text = re.sub(r"[\s\-_‐–]+", " ", text).strip(" .,;:")
    return re.sub(r"\b0+(?=\d)", "", _tone_last(text.casefold()))


def _fits(a: str, b: str) -> bool:
    """Whether each word is the same in both, or without any diacritic in one."""
    pairs = zip(a.split(), b.split(), strict=False)  # the folded names are equal, and so the number of words
    return all(x == y or x.isascii() or y.isascii() for x, y in pairs)


def _unmarked_prefix(bare: str) -> list[tuple[str, str]]:
    """``phuong pho yen`` read as a prefix and a name, besides as a name."""
    return [
        (kind, bare[len(prefix) :])
        for prefix, kind in (("phuong ", "ward"), ("xa ", "commune"), ("thi tran ", "township"))
        if bare.startswith(prefix)
    ]


def _tone_last(text: str) -> str:
    """Each word with its one tone moved behind it, decomposed marks composed."""

    def moved(word: re.Match[str]) -> str:
        marks = unicodedata.normalize("NFD", word[0])
        tones = [mark for mark in marks if mark in TONES]
        if len(tones) != 1:
            return word[0]
        rest = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES))
        return rest + tones[0]

    return _WORDS.sub(moved, normalise(text))
