import pytest
from chime_native.readiness.turn_filter import TurnFilter, transport_of
from chime_native.session import MeetingSessionURLs

UDP, TCP, TLS, BARE = (
    "turn:a:3478?transport=udp",
    "turn:a:3478?transport=tcp",
    "turns:a:443?transport=tcp",
    "turn:a",
)


@pytest.mark.parametrize(
    ("uri", "transport"), [(UDP, "udp"), (TCP, "tcp"), (TLS, "tcp"), (BARE, "udp"), ("turns:a", "tcp")]
)
def test_the_transport_of_a_uri(uri: str, transport: str) -> None:
    assert transport_of(uri) == transport


def test_the_other_transport_drops_out_and_comes_back() -> None:
    urls = MeetingSessionURLs(signaling_url="wss://s/?transport=tcp")
    with TurnFilter(urls, "udp") as turn:
        assert urls.rewrite_turn_uris([TCP, UDP, TLS, BARE]) == [UDP, BARE]
        assert urls.signaling_url == "wss://s/?transport=tcp"
        assert turn.carrier == "udp"
    with TurnFilter(urls, "tcp") as turn:
        assert turn.carrier == "udp"  # no TURN server: straight
        assert urls.rewrite_turn_uris([UDP, TLS]) == [TLS]
        assert turn.carrier == "tcp"
        assert turn.offered == [UDP, TLS]
    assert urls.rewrite_turn_uris([UDP, TCP]) == [UDP, TCP]


def test_the_rewriters_of_the_application_come_first() -> None:
    urls = MeetingSessionURLs()
    urls.url_rewriter = lambda uri: uri and uri.replace(":a", ":b")
    with TurnFilter(urls, "tcp"):
        assert urls.rewrite_turn_uris([UDP, TCP]) == ["turn:b:3478?transport=tcp"]

    def both(uri: str) -> list[str]:
        return [uri, uri.replace("udp", "tcp")]

    urls.url_rewriter_multi = both
    with TurnFilter(urls, "tcp"):
        assert urls.rewrite_turn_uris([UDP]) == [TCP]
    assert urls.url_rewriter_multi is both
