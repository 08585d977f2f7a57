"""The server's side of AWS's REST-JSON protocol, driven by botocore's own service models (no I/O).

Routing is by method, **raw** path and the fixed query parameters of an operation's ``requestUri`` (``operation``,
``scope``); ARNs in paths arrive percent-encoded, so a path is split before it is decoded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from chime_native.service.errors import ApiError, BadRequest, UnknownOperation
from chime_native.service.validation import check, parse_text

__all__ = ["Call", "RestJsonApi", "error_body"]

SELECTORS = frozenset({"operation", "scope"})
"""Query parameters that choose an operation rather than parametrise one."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that names an existing operation and keeps its rules."""

    operation: str
    """The operation's name, e.g. CreateMeeting."""
    input: dict[str, Any]
    """Its members, wherever they came from (path, query, headers, body)."""
    success_status: int


@dataclass(frozen=True, slots=True)
class _Route:
    operation: OperationModel
    method: str
    segments: tuple[str, ...]
    fixed_query: tuple[tuple[str, str], ...]

    def match(self, method: str, segments: list[str], query: Mapping[str, str]) -> dict[str, str] | None:
        if method != self.method or len(segments) != len(self.segments):
            return None
        fixed = dict(self.fixed_query)
        if any(query.get(name) != value for name, value in fixed.items()):
            return None
        if any(name in query and name not in fixed for name in SELECTORS):
            return None
        labels: dict[str, str] = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if pattern.startswith("{"):
                labels[pattern.strip("{}+")] = unquote(segment)
            elif pattern != segment:
                return None
        return labels


class RestJsonApi:
    """One AWS service: finds the operation of a request and reads its input."""

    def __init__(self, service_name: str) -> None:
        definition = Loader().load_service_model(service_name, "service-2")
        self.model = ServiceModel(definition, service_name)
        routes = [self._route(self.model.operation_model(name)) for name in self.model.operation_names]
        # More fixed parts first: ".../attendees/capabilities" is never an attendee of that name.
        self._routes = sorted(routes, key=lambda r: sum(s.startswith("{") for s in r.segments))

    @staticmethod
    def _route(operation: OperationModel) -> _Route:
        path, _, query = operation.http["requestUri"].partition("?")
        segments = tuple(path.strip("/").split("/"))
        return _Route(
            operation, operation.http["method"], segments, tuple(parse_qsl(query, keep_blank_values=True))
        )

    def read(
        self,
        method: str,
        raw_path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Call:
        """The call that a request makes; raises `ApiError`. ``raw_path`` is still percent-encoded, without query."""
        segments = raw_path.strip("/").split("/")
        for route in self._routes:
            labels = route.match(method, segments, query)
            if labels is not None:
                members = self._members(route.operation, labels, query, headers, body)
                return Call(route.operation.name, members, route.operation.http.get("responseCode", 200))
        raise UnknownOperation(
            f"no operation of {self.model.service_name} is {method} {raw_path[:256]}{_selector(query)}"
        )

    def _members(
        self,
        operation: OperationModel,
        labels: Mapping[str, str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> dict[str, Any]:
        shape = operation.input_shape
        if shape is None:
            return {}
        places = {"uri": labels, "querystring": query, "header": headers}
        document = (
            _read_body(body) if any("location" not in m.serialization for m in shape.members.values()) else {}
        )
        members: dict[str, Any] = {}
        for name, member in shape.members.items():
            place = member.serialization.get("location")
            if place is None:
                value: object = document.get(member.serialization.get("name", name))
            else:
                text = places[place].get(member.serialization.get("name", name))
                value = None if text is None else parse_text(member, text, name)
            if value is not None:
                members[name] = value
        check(shape, members)
        return members


def error_body(error: ApiError, request_id: str) -> dict[str, str]:
    """The JSON members that every error of these services carries."""
    return {"Code": error.code, "Message": error.message, "RequestId": request_id, **error.members}


def _read_body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadRequest("the body is not a JSON object")
    return document


def _selector(query: Mapping[str, str]) -> str:
    chosen = [f"{name}={query[name][:64]}" for name in sorted(SELECTORS) if name in query]
    return f" with {' and '.join(chosen)}" if chosen else ""
