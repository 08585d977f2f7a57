"""The HTTP side of the service: aiohttp in front of the sans-I/O API."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from chime_native.service.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    PayloadTooLarge,
    ServiceFailure,
    Throttled,
)
from chime_native.service.rate import RateLimiter
from chime_native.service.rest import Endpoint, MeetingsApi, MeetingsCall
from chime_native.service.restjson import RestJsonApi, error_body

__all__ = ["MeetingsWeb", "endpoint_of"]

logger = logging.getLogger(__name__)

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


def endpoint_of(request: web.Request) -> Endpoint:
    """How the caller reached the service; raises `BadRequest` for a Host header that names no host."""
    if not _HOST.fullmatch(request.host):
        raise BadRequest("the Host header names no host")
    return Endpoint(request.host, request.secure)


class MeetingsWeb:
    """Answers chime-sdk-meetings requests, whatever their path: the model does the routing."""

    def __init__(self, api: MeetingsApi, limiter: RateLimiter, after_call: Callable[[], None]) -> None:
        self._api = api
        self._protocol = RestJsonApi("chime-sdk-meetings")
        self._limiter = limiter
        self._after_call = after_call
        self.counters: Counter[str] = Counter()
        """Requests by result: "ok" or the error's type."""

    async def handle(self, request: web.Request) -> web.Response:
        request_id = str(uuid.uuid4())
        try:
            response = await self._answer(request)
            self.counters["ok"] += 1
        except ApiError as error:
            response = _refusal(error, request_id)
            self.counters[error.error_type] += 1
        except Exception:
            logger.exception("request %s failed: %s %s", request_id, request.method, request.path)
            self.counters[ServiceFailure.error_type] += 1
            response = _refusal(ServiceFailure("the service failed; its log says why"), request_id)
        response.headers["x-amzn-RequestId"] = request_id
        logger.info("%s %s %d %s", request.method, request.path, response.status, request_id)
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        now = time.monotonic()
        if not self._limiter.take(request.remote or "", now):
            raise Throttled("too many requests from this address; try again in a second")
        _check_origin(request)
        endpoint = endpoint_of(request)
        url = request.rel_url
        body = await _read(request)
        call = self._protocol.read(request.method, url.raw_path, url.query, request.headers, body)
        output = self._api.call(call.operation, MeetingsCall(call.input, endpoint, now))
        self._after_call()
        if output is None or call.success_status == 204:
            return web.Response(status=call.success_status)
        return web.json_response(output, status=call.success_status)


def _check_origin(request: web.Request) -> None:
    # A web page must not make meetings on its visitor's machine: what carries a foreign Origin is refused.
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise Forbidden("requests from web pages of another origin are not allowed")


async def _read(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise PayloadTooLarge(f"the body is larger than {request.app[MAX_BODY]} bytes") from None


MAX_BODY: web.AppKey[int] = web.AppKey("max_body", int)


def _refusal(error: ApiError, request_id: str) -> web.Response:
    response = web.json_response(error_body(error, request_id), status=error.status)
    response.headers["x-amzn-ErrorType"] = error.error_type
    return response
