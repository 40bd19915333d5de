"""The type of a request to an operation, for annotations: what admission and ninja's operation add to it."""

from ninja.operation import Operation

from accounts.credentials import Credential
from accounts.models import ApiKey
from accounts.requests import SignedInRequest


class ApiRequest(SignedInRequest):
    """What an operation gets. Django makes plain HttpRequests; this names their type."""

    credential: Credential  # by what the caller was let in
    api_key: ApiKey  # missing where a browser asks
    operation: Operation
