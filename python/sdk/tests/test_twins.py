"""The asynchronous client does what the other one does."""

import inspect

import pytest
from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient

METHODS = [name for name, _ in inspect.getmembers(AgentClient, inspect.isfunction) if not name.startswith("_")]


def test_the_twins_have_the_same_methods():
    twin = [name for name, _ in inspect.getmembers(AsyncAgentClient, inspect.isfunction) if not name.startswith("_")]
    assert twin == METHODS
    assert len(METHODS) >= 25


@pytest.mark.parametrize("name", [*METHODS, "__init__"])
def test_a_method_takes_what_its_twin_takes(name):
    one, other = (inspect.signature(getattr(kind, name)).parameters for kind in (AgentClient, AsyncAgentClient))
    assert list(one.values()) == list(other.values())


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_it_does(name):
    assert len(inspect.getdoc(getattr(AgentClient, name)) or "") > 20
    assert inspect.getdoc(getattr(AsyncAgentClient, name))
