"""Words near a number that say what it is. Digits alone seldom do."""

from __future__ import annotations

import re
from functools import lru_cache

BEFORE, AFTER = 48, 28  # characters in which a word still speaks for a number
CLOSE = 24  # and in which it speaks against it

_PHONE = r"""phone|telephone|tel|t[ée]l|mobile|cell|call|ring|dial|fax|sms|text|hotline|whatsapp|telef\w*|handy\w*|
    mobil\w*|rufen|anrufen|rufnummer|t[ée]l[ée]phone|portable|appel\w*|joindre|joignable|tel[ée]fon\w*|ll[aá]m\w*|
    m[oó]vil|celular|cellulare|chiama\w*|telem[oó]vel|ligue|fale|zadzwo\w*|kom[oó]rk\w*|bel|bellen|mobiel|puh\w*|
    電話|携帯|电话|手机|전화|फ़ोन|मोबाइल|телефон\w*|тел|هاتف"""
_IP = r"""ip|ip-?\w*|client|host|server|login|logins|inlog|logged|connect\w*|request\w*|remote|banned|blocked|block|
    ping|traffic|acc[eè]s\w*|zugriff\w*|angemeldet|rechner|anmeld\w*|connexion\w*|poste|equipo|acceso|accesso|acesso|
    direcci[oó]n|indirizzo|endere[cç]o|adres\w*|logowani\w*|geweigerd|user"""
# What numbers with dots are when they are no address.
_VERSION = r"""v|ver|version\w*|versi\w*|versão|wersj\w*|versio|版本|バージョン|संस्करण|release\w*|firmware|build|update|
    upgrade|section|sect|chapter|abschnitt|kapitel|paragraf\w*|paragrafo|chapitre|rozdzia\w*|apartado|secci[oó]n|
    se[cç][aã]o|раздел|версия|article|artikel|clause|figure|table|الإصدار|from|to|§"""
# What numbers are when nobody answers them.
_NO_PHONE = r"""order|invoice|ticket|tracking|serial|part|reference|ref|room|isbn|issn|bestell\w*|rechnung\w*|
    artikel\w*|inventar\w*|aktenzeichen|code|c[oó]digo|codice|kod|commande|facture|r[ée]f[ée]rence|r[ée]ponse|pedido|
    factura|lote|referencia|protocolo|ordine|pratica|numero\ pratica|zam[oó]wienie|sprawy|dossier|pagin\w*|
    p[aá]gin\w*|pages?|strony|seiten?|id|patent|sipari\w*|注文|订单|주문번호|zip|postcode|konto|account"""
_OFFICE = {
    "us": r"ssn|social\ security|medicare",
    "gb": r"national\ insurance|ni\ n\w+|nino",
    "de": r"steuer\w*|idnr|id-?nr|tin",
    "fr": r"s[ée]curit[ée]\ sociale|s[ée]cu|nir|insee|sociale",
    "pl": r"pesel",
    "nl": r"bsn|burgerservicenummer|sofi\w*",
    "br": r"cpf",
    "pt": r"nif|contribuinte|fiscal",
    "in": r"aadhaa?r|uidai|आधार",
    "tr": r"kimlik|tckn|t\.c\.",
    "cn": r"身份证\w*|id\ card",
    "kr": r"주민등록번호|resident",
    "jp": r"マイナンバー|個人番号",
}


@lru_cache
def _words(name: str) -> re.Pattern[str]:
    said = {"phone": _PHONE, "ip": _IP, "version": _VERSION, "no_phone": _NO_PHONE}.get(name) or _OFFICE[name]
    # Words of scripts without blanks stand next to letters.
    return re.compile(rf"(?<![a-zà-ÿ])(?:{said})(?![a-zà-ÿ])", re.IGNORECASE | re.VERBOSE)


def is_near(name: str, text: str, start: int, end: int) -> bool:
    """Whether a word of the list stands shortly before or after `text[start:end]`."""
    pattern = _words(name)
    return bool(pattern.search(text[max(0, start - BEFORE) : start]) or pattern.search(text[end : end + AFTER]))


def is_before(name: str, text: str, start: int, within: int = CLOSE) -> bool:
    """Whether a word of the list stands right before `text[start:]`."""
    return bool(_words(name).search(text[max(0, start - within) : start]))
