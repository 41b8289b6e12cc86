"""Routes of screens: plain functions of a `Call`, run in worker threads; errors become one sentence.

    routes = [get("/api/grid/{folder}", pages), put("/api/grid/{folder}/{page}", move)]

A handler validates, calls a public function of a package and returns what JSON can hold, a dataclass, or a
Response. It raises InputError (400), NotFound (404), Conflict (412, `studio.versions`) or WorkError (500).
"""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data_prep.errors import InputError, WorkError
from data_prep.outputs import json_text
from studio.project import NotFound
from studio.versions import Conflict

if TYPE_CHECKING:
    from studio.state import Studio

MAX_JSON = 4 << 20  # bytes of a JSON body
MAX_UPLOAD = 512 << 20  # bytes of an uploaded file
STATUS = {NotFound: 404, Conflict: 412, InputError: 400, WorkError: 500, OSError: 500}


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, as handlers see it."""

    studio: "Studio"
    params: Mapping[str, str]
    """Parts of the route."""
    query: Mapping[str, str]
    """Values after `?`."""
    body: dict[str, Any]
    """The JSON object that was sent; empty without one."""
    if_match: str | None
    """Version that the client has, of the header If-Match."""
    upload: Path | None = None
    """Temporary file of an uploaded body, on routes of `upload`; deleted after the call."""

    def entry(self, name: str) -> Path:
        """The path below ROOT of the id in the route part `name`. Raises: NotFound."""
        return self.studio.project.path_of(self.params[name])

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        """A finite number of the query or the body. Raises: InputError: missing, none, or out of range."""
        value = self.query.get(name, self.body.get(name, default))
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not low <= number <= high:
            raise InputError(f"{name} {value!r}: must be a number of {low:g} to {high:g}")
        return number

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number of the query or the body. Raises: InputError: as `number`, or no whole number."""
        number = self.number(name, low=low, high=high, default=default)
        if number != int(number):
            raise InputError(f"{name} {number:g}: must be a whole number")
        return int(number)

    def text(self, name: str, *, default: str | None = None, most: int = 200) -> str:
        """A text of the query or the body. Raises: InputError: missing, no text, or too long."""
        value = self.query.get(name, self.body.get(name, default))
        if not isinstance(value, str) or len(value) > most:
            raise InputError(f"{name}: must be a text of at most {most} characters")
        return value


Handler = Callable[[Call], Any]


def get(path: str, handler: Handler) -> Route:
    """A route that reads."""
    return Route(path, _endpoint(handler), methods=["GET"])


def post(path: str, handler: Handler) -> Route:
    """A route that starts or changes something; the body is a JSON object."""
    return Route(path, _endpoint(handler), methods=["POST"])


def put(path: str, handler: Handler) -> Route:
    """A route that writes a file; clients send the version that they have as If-Match."""
    return Route(path, _endpoint(handler), methods=["PUT"])


def delete(path: str, handler: Handler) -> Route:
    """A route that removes something."""
    return Route(path, _endpoint(handler), methods=["DELETE"])


def upload(path: str, handler: Handler) -> Route:
    """A route (POST) whose body is a file, application/octet-stream; `call.upload` is its temporary file."""
    return Route(path, _endpoint(handler, file=True), methods=["POST"])


def send_file(path: Path, *, media_type: str | None = None, cache: bool = False) -> Response:
    """A file, with range requests; `cache`: it never changes under this address."""
    from starlette.responses import FileResponse

    headers = {"Cache-Control": "private, max-age=31536000, immutable" if cache else "no-cache"}
    return FileResponse(path, media_type=media_type, headers=headers)


def send_bytes(data: bytes, media_type: str, *, cache: bool = False) -> Response:
    """Bytes, such as an encoded image; `cache`: they never change under this address."""
    headers = {"Cache-Control": "private, max-age=31536000, immutable" if cache else "no-store"}
    return Response(data, media_type=media_type, headers=headers)


def send_error(message: str, status: int) -> Response:
    """One sentence, as clients show it."""
    return JSONResponse({"error": " ".join(message.split())}, status_code=status)


def as_json(value: Any) -> Any:
    """What `json` can hold: dataclasses become objects, arrays lists, paths their name; NaN becomes null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return as_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.name if isinstance(value, Path) else value


def _endpoint(handler: Handler, *, file: bool = False) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        studio = request.app.state.studio
        received = None
        try:
            if file:
                received = await _receive(request, studio.folder / "uploads")
            body = {} if file else await _json_body(request)
            call = Call(
                studio,
                request.path_params,
                request.query_params,
                body,
                request.headers.get("if-match"),
                received,
            )
            result = await run_in_threadpool(handler, call)
        except tuple(STATUS) as error:
            status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
            return send_error(_sentence(error).replace(f"{studio.project.root}/", ""), status)
        finally:
            if received is not None:
                received.unlink(missing_ok=True)
        if isinstance(result, Response):
            return result
        return Response(json_text(as_json(result)), media_type="application/json")

    return endpoint


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"{Path(error.filename).name}: {error.strerror}" if error.filename else str(error)
    return str(error)


async def _json_body(request: Request) -> dict[str, Any]:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_JSON:
            raise InputError(f"the request is above {MAX_JSON >> 20} MB")
    if not data:
        return {}
    try:
        value = json.loads(data, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        raise InputError("the request is not JSON") from None
    if not isinstance(value, dict):
        raise InputError("the request must be a JSON object")
    return value


def _reject_constant(name: str) -> float:
    raise ValueError(name)


async def _receive(request: Request, folder: Path) -> Path:
    """Write the body to a temporary file."""
    import tempfile

    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        path = Path(file.name)
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_UPLOAD:
                    raise InputError(f"the file is above {MAX_UPLOAD >> 20} MB")
                await run_in_threadpool(file.write, chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path
