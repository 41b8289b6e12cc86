"""The value of a setting that is left to the program."""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

AUTO: Any = "auto"
if TYPE_CHECKING:  # what every reader but the door and `gan.auto` sees: numbers
    IntOrAuto: TypeAlias = int
    FloatOrAuto: TypeAlias = float
else:
    IntOrAuto, FloatOrAuto = int | Literal["auto"], float | Literal["auto"]
