"""What the REST API answers when it refuses, by the exception names of botocore's chime-sdk-meetings model.

boto3 raises ``client.exceptions.<error_type>`` when it finds the name in the ``x-amzn-ErrorType`` header.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ApiError",
    "BadRequest",
    "Conflict",
    "Forbidden",
    "LimitExceeded",
    "NotFound",
    "PayloadTooLarge",
    "ResourceNotFound",
    "ServiceFailure",
    "ServiceUnavailable",
    "Throttled",
    "TooManyTags",
    "Unauthorized",
    "UnknownOperation",
    "Unprocessable",
]


class ApiError(Exception):
    """A refused request; ``message`` is written for the caller."""

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "ServiceFailureException"
    code: ClassVar[str] = "ServiceFailure"

    def __init__(self, message: str, **members: str) -> None:
        super().__init__(message)
        self.message = message
        self.members = members
        """Further members of the error's shape, e.g. ResourceName."""


class BadRequest(ApiError):
    """The request breaks a rule that is known without looking anything up."""

    status = 400
    error_type = "BadRequestException"
    code = "BadRequest"


class LimitExceeded(ApiError):
    """A quota of the service is used up."""

    status = 400
    error_type = "LimitExceededException"
    code = "ResourceLimitExceeded"


class Unauthorized(ApiError):
    """The request is not signed with known credentials."""

    status = 401
    error_type = "UnauthorizedException"
    code = "Unauthorized"


class Forbidden(ApiError):
    """The request is understood and never allowed."""

    status = 403
    error_type = "ForbiddenException"
    code = "Forbidden"


class NotFound(ApiError):
    """No such meeting or attendee (any more)."""

    status = 404
    error_type = "NotFoundException"
    code = "NotFound"


class ResourceNotFound(ApiError):
    """The resource of a tag operation does not exist; member ResourceName."""

    status = 404
    error_type = "ResourceNotFoundException"
    code = "NotFound"


class TooManyTags(ApiError):
    """More tags than one resource can carry; member ResourceName."""

    status = 400
    error_type = "TooManyTagsException"
    code = "ResourceLimitExceeded"


class Conflict(ApiError):
    """The request contradicts the present state."""

    status = 409
    error_type = "ConflictException"
    code = "Conflict"


class Unprocessable(ApiError):
    """The request is well formed and cannot be carried out."""

    status = 422
    error_type = "UnprocessableEntityException"
    code = "Unprocessable"


class Throttled(ApiError):
    """Too many requests in too short a time."""

    status = 429
    error_type = "ThrottlingException"
    code = "Throttled"


class ServiceUnavailable(ApiError):
    """The service is stopping."""

    status = 503
    error_type = "ServiceUnavailableException"
    code = "ServiceUnavailable"


class ServiceFailure(ApiError):
    """A bug of the service."""


class UnknownOperation(ApiError):
    """No operation has this method, path and ``operation`` query parameter."""

    status = 404
    error_type = "UnknownOperationException"
    code = "NotFound"


class PayloadTooLarge(ApiError):
    """The body is larger than the service reads."""

    status = 413
    error_type = "RequestEntityTooLargeException"
    code = "BadRequest"
