"""The view of /mcp, whose module is imported at its first call: the library takes a second that every process would wait."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt


@login_not_required
@csrf_exempt  # a key admits, never a cookie
async def serve(request: HttpRequest) -> HttpResponseBase:
    from api.mcp import http

    response: HttpResponseBase = await http.serve(request)
    return response
