"""Errors cross process borders whole."""

from __future__ import annotations

import pickle

import pytest

from taskmill.jobs import errors
from taskmill.jobs.errors import ConfigError, TaskmillError

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TaskmillError)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_errors_survive_pickling(kind: type[TaskmillError]) -> None:
    error = pickle.loads(pickle.dumps(kind("first\nsecond")))
    assert type(error) is kind
    assert str(error) == "first\nsecond"


def test_config_error_has_every_mistake_by_itself() -> None:
    assert ConfigError("first\nsecond").mistakes == ("first", "second")


def test_docstring_draws_every_error() -> None:
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in ALL)
