"""Errors of a program's request, besides those of the services. `config.errors` gives all of them their JSON shape.

ApiError
├── RequestInvalid         a field or parameter is missing, unknown, of the wrong kind, or refused by a form: 422
├── BodyTypeUnsupported    the body is of another type than the operation takes: 415
├── SourceUnreadable       a source does not answer, or not to us: 503
├── ParameterUnsupported   a client of OpenAI's interface asks for what is not done here: 400
└── ModelUnknown           no such model, or its collection is not the caller's to read: 404
"""

from http import HTTPStatus


class ApiError(Exception):
    """Root of every error of this package. `code` is stable; `param` names what is wrong, where it is one thing."""

    code = "api"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class RequestInvalid(ApiError):
    code = "request_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class BodyTypeUnsupported(ApiError):
    code = "unsupported_media_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class SourceUnreadable(ApiError):
    code = "source_unreadable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class ParameterUnsupported(ApiError):
    code = "unsupported_parameter"
    status = HTTPStatus.BAD_REQUEST


class ModelUnknown(ApiError):
    code = "model_not_found"
    status = HTTPStatus.NOT_FOUND
