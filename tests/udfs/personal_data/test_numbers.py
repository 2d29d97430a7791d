"""Checksums, against the definitions of ISO/IEC 7812 and ISO 13616 written out here."""

from __future__ import annotations

import random

import pytest

from taskmill.udfs.personal_data.numbers import NATIONAL_IDS, accounts, cards, iban_end, is_card, national_ids

# Published test numbers of the schemes, and the examples of the IBAN registry.
CARDS = [
    "4111111111111111", "4012888888881881", "4222222222222", "5555555555554444", "5105105105105100",
    "2223003122003222", "378282246310005", "371449635398431", "6011111111111117", "6011000990139424",
    "30569309025904", "38520000023237", "3530111333300000", "6759649826438453", "6200000000000005",
]  # fmt: skip
IBANS = [
    "AT611904300234573201", "BE68539007547034", "BR1800360305000010009795493C1", "CH9300762011623852957",
    "DE89370400440532013000", "DK5000400440116243", "ES9121000418450200051332", "FI2112345600000785",
    "FR1420041010050500013M02606", "GB29NWBK60161331926819", "IE29AIBK93115212345678",
    "IT60X0542811101000000123456", "NL91ABNA0417164300", "NO9386011117947", "PL61109010140000071219812874",
    "PT50000201231234567890154", "SE4550000000058398257466", "TR330006100519786457841326",
]  # fmt: skip


def has_luhn_digit(number: str) -> bool:
    """Every second digit from the right doubled, the digits added up: a multiple of ten."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def has_remainder_one(iban: str) -> bool:
    """Country and check digits put last, letters as 10 to 35: the number leaves 1 when divided by 97."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


@pytest.mark.parametrize("number", CARDS)
def test_cards_are_found_and_every_wrong_digit_is_noticed(number: str) -> None:
    assert has_luhn_digit(number)
    assert [span.end - span.start for span in cards(f"({number})")] == [len(number)]
    for place in range(len(number)):
        for digit in set("0123456789") - {number[place]}:
            assert not is_card(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("4111 1111 1111 1111", id="blanks"),
        pytest.param("4111-1111-1111-1111", id="hyphens"),
        pytest.param("3782 822463 10005", id="american-express"),
        pytest.param("3056 930902 5904", id="diners"),
    ],
)
def test_cards_in_groups(number: str) -> None:
    assert is_card(number)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("4111 1111-1111 1111", id="mixed-separators"),
        pytest.param("41 11 11 11 11 11 11 11", id="groups-of-two"),
        pytest.param("0000000000000000", id="zeros"),
        pytest.param("1234567890123452", id="no-issuer"),
        pytest.param("411111111111111", id="wrong-length"),
    ],
)
def test_what_is_no_card(number: str) -> None:
    assert not is_card(number)


@pytest.mark.parametrize("text", ["14111111111111111", "4111111111111111.5", "0.4111111111111111", "x4111111111111111"])
def test_a_part_of_something_longer_is_no_card(text: str) -> None:
    assert list(cards(text)) == []


def test_no_number_without_luhn_digit_is_a_card() -> None:
    draws = random.Random(7)
    for _ in range(5_000):
        number = draws.choice("3456") + "".join(draws.choices("0123456789", k=15))
        assert not is_card(number) or has_luhn_digit(number)


@pytest.mark.parametrize("iban", IBANS)
def test_ibans_are_found_and_every_wrong_digit_is_noticed(iban: str) -> None:
    assert has_remainder_one(iban)
    grouped = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    for text in (iban, iban.lower(), grouped):
        assert [(span.start, span.end) for span in accounts(f"({text})")] == [(1, len(text) + 1)]
    for place in range(2, len(iban)):
        if iban[place].isdigit():
            for digit in set("0123456789") - {iban[place]}:
                assert iban_end(iban[:place] + digit + iban[place + 1 :]) == 0


def test_an_iban_ends_where_it_is_valid() -> None:
    text = "GB29 NWBK 6016 1331 9268 19 by the first"
    (span,) = accounts(text)
    assert text[span.start : span.end] == "GB29 NWBK 6016 1331 9268 19"


def test_an_iban_of_another_length_is_none() -> None:
    assert iban_end("GB29NWBK601613319268190") == 0
    assert iban_end("XX29NWBK60161331926819") == 0


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("SSN 536-90-4399", "SSN 900-90-4399"),
        ("12345678Z", "12345678A"),
        ("X1234567L", "X1234567M"),
        ("Steuer-ID 97516485526", "Steuer-ID 97516485527"),
        ("2 95 10 99 126 111 93", "2 95 10 99 126 111 94"),
        ("RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        ("PESEL 44051401359", "PESEL 44051401358"),
        ("BSN 682823302", "BSN 682823303"),
        ("017.018.875-25", "017.018.875-26"),
        ("Aadhaar 5669 4672 3440", "Aadhaar 5669 4672 3441"),
        ("NIF 506749657", "NIF 506749658"),
        ("600313-0181", "600313-0182"),
        ("171144-883N", "171144-883M"),
        ("kimlik 69617319776", "kimlik 69617319777"),
        ("110101196003080128", "110101196003080129"),
        ("651212-1062956", "651212-1062957"),
    ],
    ids=lambda text: text.split()[0],
)
def test_identity_numbers_with_right_and_wrong_check_digits(text: str, wrong: str) -> None:
    assert len(list(national_ids(text))) == 1
    assert list(national_ids(wrong)) == []


def test_bare_digits_need_a_word() -> None:
    assert list(national_ids("682823302 and 44051401359 and 97516485526")) == []


def test_every_checksum_is_there() -> None:
    assert all(one.is_valid("0") in {True, False} for one in NATIONAL_IDS)
