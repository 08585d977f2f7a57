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
from chime_native.service.settings import ServiceSettings
from chime_native.service.sigv4 import SignedRequest, SigV4Verifier

__all__ = ["MeetingsWeb", "endpoint_of"]

logger = logging.getLogger(__name__)

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


def endpoint_of(request: web.Request) -> Endpoint:
    """How the caller reached the service; raises `BadRequest` for a Host header that names no host."""
    if not _HOST.fullmatch(request.host):
        raise BadRequest("the Host header names no host")
    return Endpoint(request.host, request.secure)


class MeetingsWeb:
    """Answers chime-sdk-meetings requests, whatever their path: the model does the routing.

    ``after_call`` is called when an operation has changed something, before it is answered.
    """

    def __init__(self, api: MeetingsApi, settings: ServiceSettings, after_call: Callable[[], None]) -> None:
        self._api = api
        self._settings = settings
        self._protocol = RestJsonApi("chime-sdk-meetings")
        self._limiter = RateLimiter(settings.request_rate, settings.request_burst)
        self._verifier = SigV4Verifier(settings.credentials) if settings.credentials else None
        self._after_call = after_call
        self.counters: Counter[str] = Counter()
        """Requests by result: "ok" or the error's type."""

    async def handle(self, request: web.Request) -> web.Response:
        request_id = str(uuid.uuid4())
        result = "ok"
        try:
            response = await self._answer(request)
        except ApiError as error:
            response = _refusal(error, request_id)
            result = error.error_type
        except Exception:
            logger.exception("request %s failed: %s %s", request_id, request.method, request.path)
            result = ServiceFailure.error_type
            response = _refusal(ServiceFailure("the service failed; its log says why"), request_id)
        self.counters[result] += 1
        response.headers["x-amzn-RequestId"] = request_id
        response.headers.update(self._cors(request))
        logger.info(
            "%s %s status=%d result=%s request=%s",
            request.method,
            request.path,
            response.status,
            result,
            request_id,
        )
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        now = time.monotonic()
        if not self._limiter.take(request.remote or "", now):
            raise Throttled("too many requests from this address; try again in a second")
        self._check_origin(request)
        if request.method == "OPTIONS":
            return web.Response(status=204)
        endpoint = endpoint_of(request)
        body = await self._read(request)
        target = request.raw_path
        if self._verifier is not None:
            self._verifier.check(SignedRequest(request.method, target, request.headers, body), time.time())
        path = target.partition("?")[0]
        call = self._protocol.read(request.method, path, request.rel_url.query, request.headers, body)
        output = self._api.call(call.operation, MeetingsCall(call.input, endpoint, now))
        self._after_call()
        if output is None or call.success_status == 204:
            return web.Response(status=call.success_status)
        return web.json_response(output, status=call.success_status)

    def _check_origin(self, request: web.Request) -> None:
        # A web page must not make meetings on its visitor's machine: what carries a foreign Origin is refused.
        origin = request.headers.get("Origin")
        if origin is not None and not self._allows(origin, request):
            raise Forbidden("requests from web pages of this origin are not allowed")

    def _allows(self, origin: str, request: web.Request) -> bool:
        return origin == f"{request.scheme}://{request.host}" or origin in self._settings.allowed_origins

    def _cors(self, request: web.Request) -> dict[str, str]:
        origin = request.headers.get("Origin")
        if origin is None or not self._allows(origin, request):
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "DELETE, GET, POST, PUT",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Amz-Date, X-Amz-User-Agent, amz-sdk-invocation-id, "
            "amz-sdk-request",
            "Access-Control-Expose-Headers": "x-amzn-ErrorType, x-amzn-RequestId",
            "Vary": "Origin",
        }

    async def _read(self, request: web.Request) -> bytes:
        try:
            return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise PayloadTooLarge(f"the body is larger than {self._settings.max_body_bytes} bytes") from None


def _refusal(error: ApiError, request_id: str) -> web.Response:
    response = web.json_response(error_body(error, request_id), status=error.status)
    response.headers["x-amzn-ErrorType"] = error.error_type
    return response
