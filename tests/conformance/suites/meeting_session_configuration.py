"""Suite ``meeting_session_configuration``: responses of every accepted shape."""

from __future__ import annotations

from typing import Any

from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.session.meeting_features import VideoQualitySettings

Case = dict[str, Any]
_URLS = ("audio_host_url", "signaling_url", "turn_control_url", "event_ingestion_url")


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    given, expect = case["input"], case["expect"]
    try:
        configuration = MeetingSessionConfiguration(
            given["create_meeting_response"], given["create_attendee_response"]
        )
    except ValueError as error:
        return [] if expect.get("error") else [f"it was refused: {error}"]
    if expect.get("error"):
        return ["it was accepted"]
    _install_rewriter(configuration, given["url_rewriter"])
    got = _seen(configuration)
    if expect["credentials_redacted"] is None:
        got["credentials_redacted"] = None
    secret = configuration.credentials and configuration.credentials.join_token
    errors = [
        f"{name}: wanted {expect[name]!r}, got {got[name]!r}" for name in expect if expect[name] != got[name]
    ]
    if secret and secret in repr(configuration):
        errors.append("repr shows the join token")
    return errors


def _install_rewriter(configuration: MeetingSessionConfiguration, rule: Case | None) -> None:
    if rule is not None and configuration.urls is not None:
        configuration.urls.url_rewriter = lambda url: (
            None if url is None else url.replace(rule["find"], rule["replace_with"])
        )


def _resolution(settings: VideoQualitySettings) -> Case:
    return {"width": settings.width, "height": settings.height, "frame_rate": settings.frame_rate}


def _seen(configuration: MeetingSessionConfiguration) -> Case:
    urls, credentials = configuration.urls, configuration.credentials
    features = configuration.meeting_features
    return {
        "meeting_id": configuration.meeting_id,
        "external_meeting_id": configuration.external_meeting_id,
        "urls": None if urls is None else {name: getattr(urls, name) for name in _URLS},
        "meeting_features": {
            "video_max_resolution": _resolution(features.video_max_resolution),
            "content_max_resolution": _resolution(features.content_max_resolution),
        },
        "credentials": None
        if credentials is None
        else {
            "attendee_id": credentials.attendee_id,
            "external_user_id": credentials.external_user_id,
            "join_token": credentials.join_token,
        },
        "credentials_redacted": None if credentials is None else credentials.to_json(),
    }
