"""Routes of jobs and of the event stream."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studio.handlers import Call, delete, get, post


async def events(request: Request) -> Response:
    """Server-sent events: `job` (one that changed) and `jobs` (all)."""
    return request.app.state.studio.events.stream()


def listing(call: Call) -> Any:
    """All jobs, newest first."""
    return {"jobs": call.studio.jobs.as_json()}


def log(call: Call) -> Any:
    """The last lines of a job's output."""
    return {"log": call.studio.jobs.log(call.params["job"])}


def stop(call: Call) -> Any:
    """Interrupt a job as Ctrl-C does."""
    return call.studio.jobs.stop(call.params["job"]).as_json()


def again(call: Call) -> Any:
    """Run a job again; a stopped one resumes."""
    return call.studio.jobs.again(call.params["job"]).as_json()


def forget(call: Call) -> Any:
    """Remove an ended job from the list."""
    call.studio.jobs.forget(call.params["job"])
    return {}


routes = [
    Route("/api/events", events),
    get("/api/jobs", listing),
    get("/api/jobs/{job}/log", log),
    post("/api/jobs/{job}/stop", stop),
    post("/api/jobs/{job}/again", again),
    delete("/api/jobs/{job}", forget),
]
