"""What can go wrong with a program's request, beside what the services raise. `config.errors` gives all of it its JSON shape.

ApiError
├── RequestInvalid   a field is missing, of the wrong kind, or refused by a form: 422
└── ModelUnknown     no such model, or its collection is not the caller's to read: 404
"""

from http import HTTPStatus


class ApiError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "api"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestInvalid(ApiError):
    code = "request_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ModelUnknown(ApiError):
    code = "model_not_found"
    status = HTTPStatus.NOT_FOUND
