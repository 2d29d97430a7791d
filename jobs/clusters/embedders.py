"""Models that turn texts into vectors, as similarity wants them: local ones, and those behind an endpoint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from taskmill.jobs.errors import ConfigError, StepError

if TYPE_CHECKING:
    from taskmill.jobs.configuration.settings import Embedder as Settings
    from taskmill.udfs.similarity.vectors import Embedder, Matrix

KEY = "TASKMILL_API_KEY"  # environment variable
BATCH = 64  # texts of one request
MAX_CHARS = 8_000  # of a text that is sent
RETRIES = 4


def embedder_of(settings: Settings | None) -> Embedder | None:
    """The function that embeds texts, (n,) to float64 (n, dimensions); None for no settings.

    Raises:
        ConfigError: if a package is missing.
        StepError: by the function, when the endpoint fails or gives something else.
    """
    if settings is None:
        return None
    return _local(settings.model) if settings.endpoint is None else _remote(settings)


def _local(model: str) -> Embedder:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise _missing("sentence-transformers", f"the model {model!r}") from error
    loaded = SentenceTransformer(model)
    return lambda texts: np.asarray(loaded.encode(list(texts)), dtype=np.float64)


def _remote(settings: Settings) -> Embedder:
    try:
        from openai import OpenAI, OpenAIError
    except ImportError as error:
        raise _missing("openai", f"the endpoint {settings.endpoint!r}") from error
    client = OpenAI(
        base_url=settings.endpoint, api_key=os.environ.get(KEY) or "none", max_retries=RETRIES,
        timeout=settings.timeout_seconds,
    )  # fmt: skip

    def embed(texts: Sequence[str]) -> Matrix:
        found: list[list[float]] = []
        for begin in range(0, len(texts), BATCH):
            batch = [text[:MAX_CHARS] or " " for text in texts[begin : begin + BATCH]]
            try:
                answer = client.embeddings.create(model=settings.model, input=batch, encoding_format="float")
            except OpenAIError as error:
                raise StepError(
                    f"clusters.embedder: {settings.endpoint} gave no embeddings: {type(error).__name__}. Its key is "
                    f"read from {KEY}; without `embedder` no model is needed"
                ) from error
            found += [one.embedding for one in sorted(answer.data, key=lambda one: one.index)]
        if len(found) != len(texts) or len({len(one) for one in found}) != 1:
            raise StepError(f"clusters.embedder: {settings.endpoint} gave {len(found)} vectors for {len(texts)} texts")
        return np.asarray(found, dtype=np.float64)

    return embed


def _missing(package: str, what: str) -> ConfigError:
    return ConfigError(f"clusters.embedder: {what} needs a package: `pip install {package}`")
