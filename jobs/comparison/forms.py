"""The forms in which instruction sets are published: which one a record has, and its exchanges of prompt and response.

A form is known by its keys. A conversation gives an exchange for each turn of the assistant that answers somebody:
training uses them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from taskmill.udfs.parsers.json_documents import RepeatedKey, is_unicode

Row = Mapping[str, Any]


class Exchange(NamedTuple):
    prompt: str
    response: str


@dataclass(frozen=True)
class Conversation:
    """What a record holds.

    Attributes:
        exchanges: one or more.
        has_system: whether a system prompt stands before them.
        form: its name.
    """

    exchanges: tuple[Exchange, ...]
    has_system: bool
    form: str


@dataclass(frozen=True)
class Flat:
    """A form of one exchange: the keys of its prompt, one after the other with an empty line between, and of its
    response. All but the `optional` ones must be there."""

    prompt: tuple[str, ...]
    response: str
    optional: frozenset[str] = frozenset()

    def fits(self, row: Row) -> bool:
        return self.response in row and all(key in row or key in self.optional for key in self.prompt)


CHATS = {"messages": "messages", "conversations": "conversations", "conversation": "conversations"}  # key -> form
TURNS = (("role", "content"), ("from", "value"))  # OpenAI's, ShareGPT's
SYSTEM, USER, ASSISTANT = "system", "user", "assistant"
ROLES = {
    "system": SYSTEM, "developer": SYSTEM, "user": USER, "human": USER, "prompter": USER, "tool": USER,
    "function": USER, "observation": USER, "assistant": ASSISTANT, "gpt": ASSISTANT, "model": ASSISTANT,
    "chatgpt": ASSISTANT, "bot": ASSISTANT, "bard": ASSISTANT, "bing": ASSISTANT, "function_call": ASSISTANT,
}  # fmt: skip
FLAT: Mapping[str, Flat] = {
    "alpaca": Flat(("instruction", "input"), "output", frozenset({"input"})),
    "dolly": Flat(("instruction", "context"), "response", frozenset({"context"})),
    "prompt_completion": Flat(("prompt",), "completion"),
    "prompt_response": Flat(("prompt",), "response"),
    "inputs_targets": Flat(("inputs",), "targets"),
    "question_answer": Flat(("context", "question"), "answer", frozenset({"context"})),
    "query_response": Flat(("query",), "response"),
    "problem_solution": Flat(("problem",), "solution"),
    "input_output": Flat(("input",), "output"),
}
NAMES = ("messages", "conversations", *FLAT)


def read(row: object, form: str | None = None) -> Conversation | str:
    """The exchanges of a record, or why there are none.

    Args:
        form: one of `NAMES`; without it, the record's keys tell.
    """
    if isinstance(row, RepeatedKey):
        return f"the key {row.key[:60]!r} stands twice in an object"
    if not isinstance(row, Mapping):
        return "no object"
    name = form or _form_of(row)
    if name is None:
        return "keys of no known form"
    found = _flat(row, name) if name in FLAT else _chat(row, name)
    if isinstance(found, str):
        return found
    if not all(map(is_unicode, (side for exchange in found.exchanges for side in exchange))):
        return "half of a surrogate pair, which no encoding can write"
    return found


def _form_of(row: Row) -> str | None:
    for key, name in CHATS.items():
        if isinstance(row.get(key), list):
            return name
    return next((name for name, form in FLAT.items() if form.fits(row)), None)


def _flat(row: Row, name: str) -> Conversation | str:
    form = FLAT[name]
    missing = [key for key in (*form.prompt, form.response) if key not in row and key not in form.optional]
    if missing:
        return f"no {missing[0]!r}"
    parts = [_text(row.get(key)) for key in form.prompt]
    response = _text(row[form.response])
    if response is None or any(part is None for key, part in zip(form.prompt, parts, strict=True) if key in row):
        return "a prompt or response that is no text"
    prompt = "\n\n".join(part for part in parts if part and part.strip())
    if not prompt.strip() or not response.strip():
        return "an empty prompt" if not prompt.strip() else "an empty response"
    has_system = bool(str(row.get("system") or row.get("system_prompt") or "").strip())
    return Conversation((Exchange(prompt, response),), has_system, name)


def _chat(row: Row, name: str) -> Conversation | str:
    turns = next((row[key] for key, form in CHATS.items() if form == name and key in row), None)
    if not isinstance(turns, list):
        return f"no list {name!r}"
    exchanges: list[Exchange] = []
    has_system, waiting = bool(str(row.get("system") or "").strip()), list[str]()
    for turn in turns:
        read_turn = _turn(turn)
        if isinstance(read_turn, str):
            return read_turn
        role, text = read_turn
        if not text.strip():
            continue  # of a turn that only calls a tool
        if role == SYSTEM:
            has_system = True
        elif role == USER:
            waiting = [*waiting, text]
        elif waiting:
            exchanges.append(Exchange("\n\n".join(waiting), text))
            waiting = []
        elif exchanges:  # the assistant goes on
            exchanges[-1] = Exchange(exchanges[-1].prompt, f"{exchanges[-1].response}\n\n{text}")
    return Conversation(tuple(exchanges), has_system, name) if exchanges else "no turn of a user that is answered"


def _turn(turn: object) -> tuple[str, str] | str:
    """The role and text of a turn, or what is wrong with it."""
    if isinstance(turn, RepeatedKey):
        return f"the key {turn.key[:60]!r} stands twice in an object"
    if not isinstance(turn, Mapping):
        return "a turn that is no object"
    for who, what in TURNS:
        if who in turn:
            role = ROLES.get(str(turn[who]).lower())
            text = "" if turn.get(what) is None else _text(turn[what])
            if role is None:
                return f"a turn of an unknown role {str(turn[who])[:40]!r}"
            return (role, text) if text is not None else "a turn that is no text"
    return "a turn without a role"


def _text(value: object) -> str | None:
    """The text of a value: itself, a number, the texts of parts or messages, of several right answers the first; None
    where it has none. A null is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return next((_text(value[key]) for key in ("content", "text", "value") if key in value), None)
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            return str(value[0])  # several right answers
        texts = [_text(one) for one in value if isinstance(one, Mapping)]
        return None if len(texts) < len(value) or None in texts else "\n\n".join(filter(None, texts))
    return None
