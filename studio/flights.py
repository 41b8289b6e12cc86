"""Flights on the Path screen: fields, single frames, and the command."""

import dataclasses
import math
import shlex
from pathlib import Path
from typing import Any

from starlette.responses import Response

from animate.flight_config import FlightConfig
from data_prep.errors import InputError
from studio.config_fields import SECONDS, changed_fields, fields_of, flags, parsed
from studio.generators import cached, generator_of
from studio.handlers import Call, send_bytes
from studio.pyramid import encode_png


@dataclasses.dataclass(frozen=True)
class Flights:
    """What the screen asks about flights."""

    default: FlightConfig

    def fields(self, call: Call, run: Path) -> list[dict[str, Any]] | None:
        """Fields of a flight; None: the network has a fixed frame."""

        def is_endless() -> bool:
            return hasattr(generator_of(run).family, "canvas")

        return fields_of(self.default) if call.studio.device.run(object(), is_endless) else None

    def about(self, call: Call) -> Any:
        """Length, speed and command of a flight."""
        run, (config, seed) = call.entry("run"), self.wanted(call)
        return {
            "frames": config.frame_count,
            "seconds": config.duration_sec,
            "closed": config.closed,
            "speed": config.speed,
            "command": shlex.join(["inkloop", *self.words(call, run, config, seed, out="flight.mp4")]),
        }

    def frame(self, call: Call) -> Response:
        """The frame of a flight at the time `at`, as a fraction of the clip. Latest wins per page."""
        run, (config, seed) = call.entry("run"), self.wanted(call)
        at = call.number("at", low=0, high=1, default=0)

        def draw() -> bytes:
            from animate.flight import Flight

            generator = generator_of(run)
            name = ("flight", generator.identity, config, seed)
            flown = cached(name, lambda: Flight(generator, config, seed=seed))
            return encode_png(flown.frame(min(math.floor(at * config.frame_count), config.frame_count - 1)))

        data = call.studio.device.run(("flight", call.text("tab", default="")), draw)
        return send_bytes(data, "image/png")

    def wanted(self, call: Call) -> tuple[FlightConfig, int]:
        """The flight that a page describes, and its seed. Raises: InputError: invalid values."""
        fields = call.body.get("fields", {})
        if not isinstance(fields, dict):
            raise InputError("fields: must be an object")
        config = dataclasses.replace(
            self.default, **{"seconds": SECONDS} | parsed("flight", fields, self.default)
        )
        config.check()
        return config, call.integer("seed", low=0, high=2**32 - 1, default=0)

    def words(self, call: Call, run: Path, config: FlightConfig, seed: int, *, out: str) -> list[str]:
        """Words of the command that renders a flight."""
        words = ["animate", "flight", call.studio.project.name_of(run), "--out", out]
        words += ["--seed", str(seed)] if seed else []
        return words + flags(changed_fields(config, self.default))
