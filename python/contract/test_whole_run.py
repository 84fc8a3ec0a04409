"""What holds for everything that ran before: looked at last."""

from support import docker


def test_item_50_the_token_is_in_no_log_line(agent):
    log = agent.log()
    assert len(log) > 100_000, "the most talkative log there is was asked for"
    assert agent.token not in log


def test_no_request_was_a_failure_of_the_agent(agent):
    """Nothing that any test sent was a 5xx, but for what is not offered here."""
    broken = [line for line in agent.log().splitlines() if "http.status=5" in line and "http.status=501" not in line]
    assert broken == []


def test_nothing_is_left_when_everything_is_deleted(agent):
    agent.delete_everything()
    assert docker.containers(agent.label()) == []
    health = agent.get("health/").json()
    assert (health["ports"]["used"], sum(health["containers"].values())) == (0, 0)


def test_the_agent_ends_when_it_is_told_to(agent):
    assert agent.stop() == 0
    assert docker.containers(agent.label()) == []
    agent.leave_nothing()
    assert docker.images(agent.label()) == []
    assert docker.networks(agent.label()) == []
