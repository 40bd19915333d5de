"""Rows of models over the servers of the tests."""

from typing import Any

from asgiref.sync import async_to_sync

from chat.flow.dependencies import AnswerDependencies
from gateway.models import Route, RouteFallback, ServedModel
from gateway.ports import Request, Routed
from gateway.routing.row_gateway import RowGateway
from tests.chat.library import dependencies_with
from tests.gateway.fake_server import FakeServer


def serve(fake: FakeServer, dialect: str = "plain", **changes: Any) -> ServedModel:
    """Keep a row for the small server, which speaks the dialect that its model is named after."""
    given = {"name": dialect, "base_url": fake.base_url, "served_name": dialect, "first_token_timeout_s": 5, "total_timeout_s": 10}
    return ServedModel.objects.create(**given | changes)


def lay_route(*models: ServedModel, name: str = "all", fallbacks: tuple[ServedModel, ...] = (), **changes: Any) -> Route:
    collections = changes.pop("collections", ())
    route = Route.objects.create(name=name, **changes)
    route.primaries.set(models)
    route.collections.set(collections)
    for position, model in enumerate(fallbacks, start=1):
        RouteFallback.objects.create(route=route, model=model, position=position)
    return route


def route(**request: Any) -> Routed:
    return async_to_sync(RowGateway().route)(Request(**{"question": "How many hours?"} | request))


def dependencies_over_rows(**changes: Any) -> AnswerDependencies:
    return dependencies_with(**{"gateway": RowGateway()} | changes)
