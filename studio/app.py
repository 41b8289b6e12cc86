"""The web application: routes of all screens behind the guard, and the page that holds them."""

import contextlib
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from studio import job_routes, media, page_adjustments, results
from studio.handlers import send_error
from studio.screens import available, routes_of
from studio.security import Guard
from studio.state import Studio

STATIC = Path(__file__).parent / "static"


def create_app(studio: Studio, *, token: str, hosts: Collection[str], code: str | None = None) -> ASGIApp:
    """Make the application.

    Args:
        studio: common to all handlers; closed when the application shuts down.
        token: needed for everything but /healthz.
        hosts: allowed values of the Host header, name:port.
        code: accepted in place of the token once.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            studio.close()

    routes = [
        Route("/healthz", _health),
        Route("/", _shell),
        Route("/s/{screen}", _shell),
        *job_routes.routes,
        *media.routes,
        *page_adjustments.routes,
        *results.routes,
    ]
    for name in available():
        routes += routes_of(name)
    app = Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))],
        exception_handlers={HTTPException: _http_error, Exception: _failure},
        lifespan=lifespan,
    )
    app.state.studio = studio
    return Guard(app, token=token, hosts=hosts, code=code)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _shell(request: Request) -> Response:
    return FileResponse(STATIC / "index.html", media_type="text/html")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    missing = "there is nothing at this address; go back to Home"
    return send_error(missing if error.status_code == 404 else error.detail, error.status_code)


async def _failure(request: Request, error: Exception) -> Response:
    return send_error(f"the studio failed: {type(error).__name__}: {error}", 500)
