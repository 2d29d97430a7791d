"""Where people can be reached: e-mail addresses, phone numbers, IP addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import langcodes
import phonenumbers
from langcodes.tag_parser import LanguageTagError

from taskmill.udfs.personal_data.cues import is_before, is_near
from taskmill.udfs.personal_data.kinds import EMAIL, IP, PHONE, Span

# Letters of scripts that put blanks between words; of the others an address takes none, or it would take the sentence.
_LETTERS = r"A-Za-z\u00c0-\u0dff\u10a0-\u1fff"
_LOCAL = rf"[0-9{_LETTERS}](?:[0-9_.%+'{_LETTERS}-]{{0,62}}[0-9_+{_LETTERS}-])?"
_DOMAIN = rf"(?:[0-9{_LETTERS}](?:[0-9{_LETTERS}-]{{0,61}}[0-9{_LETTERS}])?\.)+"
EMAIL_FORM = re.compile(rf"(?<![0-9_.+{_LETTERS}-]){_LOCAL}@{_DOMAIN}[{_LETTERS}]{{2,24}}(?![0-9_{_LETTERS}-])")
# Written so that robots do not find it: `name (at) example (dot) org`.
_AT, _DOT = (
    r"[(\[{]\s?(?:at|ät|arroba|arobase|chiocciola)\s?[)\]}]",
    r"(?:[(\[{]\s?(?:dot|punkt|punto|point|ponto)\s?[)\]}]|\.)",
)
SPELT_EMAIL = re.compile(rf"(?<!\w){_LOCAL}\s?{_AT}\s?[\w-]+(?:\s?{_DOT}\s?[\w-]+)+(?!\w)", re.IGNORECASE)
# Names of files and packages have an @ too; none of these is a top-level domain.
FILE_ENDINGS = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "js", "ts", "css", "html", "json", "txt"})

IP4_FORM = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
IP6_FORM = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
# Addresses of no one in particular: they are the same in every house (RFC 1122, 1918, 3927, 4193, 4291).
NOBODYS = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
        "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
SMALLEST_OCTET = 32  # a heading seldom counts so far

# Where a language is spoken, beyond the country that `langcodes` finds most likely.
MORE_REGIONS = {
    "en": ("GB", "AU", "IN"), "de": ("AT", "CH"), "fr": ("CH", "BE"), "es": ("MX", "AR"), "pt": ("PT",),
    "it": ("CH",), "nl": ("BE",), "zh": ("TW", "HK"), "ar": ("SA", "MA"),
}  # fmt: skip
GOES_ON_BEFORE = re.compile(r"[0-9A-Za-zÀ-ɏ_][-/.,]?\Z|[=*/^#]\s?\Z|[$€£]\Z")
GOES_ON_AFTER = re.compile(r"[-/.,:]?[0-9A-Za-zÀ-ɏ_]|\s?[=*/^%€$]")
_BETWEEN = r"[ ()\-./\u00a0\u2009\u202f\u2011]"
# It begins with a set of characters, which the engine looks for fast; what goes before is looked at afterwards.
PHONE_FORM = re.compile(
    rf"[(+0-9](?<![0-9]{{2}})(?:(?<=[(+])[ (+]{{0,2}}[0-9])?(?:{_BETWEEN}{{0,2}}[0-9]){{6,16}}(?![0-9])"
)
GAPS = re.compile(rf"(?<=\d){_BETWEEN}+(?=\d)")
NO_PHONE_FORM = re.compile(r"\d+\.\d+\Z|\d{4}[-/.]\d\d[-/.]\d\d|\d\d?[-/.]\d\d[-/.]\d{4}")  # decimals and dates
MOST_TRIES = 3  # of what follows a number and may be the next one
MIN_DIGITS = 9  # of a number in groups that no word announces


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses with a host of the public net, in letters of any script, and those spelt against robots."""
    matches = [*EMAIL_FORM.finditer(text), *(SPELT_EMAIL.finditer(text) if _is_spelt(text) else ())]
    for found in matches:
        address = found.group()
        if address.rpartition(".")[2].lower() not in FILE_ENDINGS and not _is_of_a_tool(text, found):
            yield Span(EMAIL, found.start(), found.end())


def _is_spelt(text: str) -> bool:
    return re.search(_AT, text, re.IGNORECASE) is not None


def _is_of_a_tool(text: str, found: re.Match[str]) -> bool:
    """`git@host:path` names a place of files, not a person."""
    return found.group().startswith("git@") and text[found.end() : found.end() + 1] in {":", "/"}


def ip_addresses(text: str) -> Iterator[Span]:
    """IP addresses of the public net. Versions and headings have the same form: small numbers need a word that tells
    them from these."""
    for form in (IP4_FORM, IP6_FORM):
        for found in form.finditer(text):
            address = _address(found.group())
            if address is None or any(address in network for network in NOBODYS):
                continue
            if isinstance(address, IPv6Address) or _is_ip4(text, found, address):
                yield Span(IP, found.start(), found.end())


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    groups = [group for group in text.split(":") if group]
    is_name = address.version == 6 and (len(groups) < 3 or not any(letter.isdigit() for letter in text))
    return None if is_name else address  # `a::b` is two names in C++


def _is_ip4(text: str, found: re.Match[str], address: IPv4Address) -> bool:
    if is_before("version", text, found.start()) and not is_before("ip", text, found.start()):
        return False
    return max(address.packed) >= SMALLEST_OCTET or is_near("ip", text, found.start(), found.end())


def phone_numbers(text: str, languages: Sequence[str]) -> Iterator[Span]:
    """Phone numbers, by the numbering plans of libphonenumber.

    A number with its country code is taken where its length is possible. One without is tried in the countries of
    the text's languages: it has to be valid there, and in groups as people write them or announced by a word; after
    a word such as *order* it is none. Right behind a word such as *tel.* a possible length is enough.
    """
    for found in PHONE_FORM.finditer(text):
        ends = [found.end(), *(found.start() + gap.start() for gap in reversed([*GAPS.finditer(found.group())]))]
        for end in ends[:MOST_TRIES]:
            if _is_phone(text, found.start(), end, languages):
                is_open = text[found.start()] == "(" and ")" not in text[found.start() : end]
                yield Span(PHONE, found.start() + is_open, end)
                break


def _is_phone(text: str, start: int, end: int, languages: Sequence[str]) -> bool:
    written = text[start:end]
    if GOES_ON_BEFORE.search(text, max(0, start - 2), start) or GOES_ON_AFTER.match(text, end, end + 2):
        return False
    digits = sum(letter.isdigit() for letter in written)
    if written.lstrip("(").startswith(("+", "00")):
        number = _parsed(written, None if "+" in written else (*regions(tuple(languages)), "GB")[0])
        return digits > MIN_DIGITS - 2 and number is not None and phonenumbers.is_possible_number(number)
    announced = is_before("phone", text, start)
    if NO_PHONE_FORM.match(written) or (is_before("no_phone", text, start) and not announced):
        return False
    is_split = GAPS.search(written) is not None
    if not announced and (digits < MIN_DIGITS or not (is_split or is_near("phone", text, start, end))):
        return False
    return any(_is_of_region(written, region, announced, digits) for region in regions(tuple(languages))) and (
        announced or is_near("phone", text, start, end) or is_split
    )


def _is_of_region(written: str, region: str, announced: bool, digits: int) -> bool:
    number = _parsed(written, region)
    if number is None or not phonenumbers.is_possible_number(number):
        return False
    if announced:
        return digits >= MIN_DIGITS or bool(phonenumbers.is_valid_number(number))
    return bool(phonenumbers.is_valid_number(number)) and (_is_grouped(written, number) or GAPS.search(written) is None)


def _parsed(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None


def _is_grouped(written: str, number: phonenumbers.PhoneNumber) -> bool:
    """Whether the digits are in groups, the first as the number is printed in its country."""
    printed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    groups = re.findall(r"\d+", written)
    return len(groups) > 1 and re.findall(r"\d+", printed)[0] == groups[0]


@lru_cache(4096)
def regions(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Countries whose numbers a text in these languages may have without a country code, the likeliest first."""
    found: dict[str, None] = {}
    for tag in languages:
        try:
            language = langcodes.Language.get(tag)
        except LanguageTagError:
            continue
        if language.territory and language.territory in phonenumbers.SUPPORTED_REGIONS:
            found[language.territory] = None
        likely = language.maximize().territory
        if likely in phonenumbers.SUPPORTED_REGIONS:
            found[str(likely)] = None
        found |= dict.fromkeys(MORE_REGIONS.get(language.language or "", ()))
    return tuple(found)
