"""A graph of ONNX operators that is written node by node.

Values are named by strings; every method that adds a node returns the name of its result. Activations are
float32 [N, C, H, W]. Large weights are stored in half precision where the graph asks for it, and cast to
float32 when the network is loaded.

Source: the ONNX operator specification, opset 20.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
IR_VERSION = 10  # the one of opset 20 and 21; newer ones need newer runtimes
HALF_MAX = 60_000.0  # half precision ends at 65,504
MIN_HALF_SIZE = 64  # smaller weights stay float32: they save nothing
Dimension = int | str


class Graph:
    """An ONNX graph under construction."""

    def __init__(self, name: str, *, half: bool = False) -> None:
        """Start an empty graph.

        Args:
            name: of the graph.
            half: store weights of at least two axes as float16.
        """
        self.name, self.half = name, half
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[Dimension], *, dtype: type = np.float32) -> str:
        """Declare an input; axes with names have any length."""
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, value: str, shape: Sequence[Dimension]) -> None:
        """Declare `value` as the output `name`."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one result."""
        self._count += 1
        result = f"{op.lower()}_{self._count}"
        self._nodes.append(helper.make_node(op, list(inputs), [result], name=result, **attributes))
        return result

    def weight(self, name: str, array: np.ndarray) -> str:
        """Add a float weight; the same name twice is the same weight."""
        array = np.ascontiguousarray(array, np.float32)
        if name in self._weights:
            return name
        fits = array.ndim >= 2 and array.size >= MIN_HALF_SIZE and np.abs(array).max() < HALF_MAX
        if not (self.half and fits):
            self._weights[name] = numpy_helper.from_array(array, name)
            return name
        stored = f"{name}.half"
        self._weights[stored] = numpy_helper.from_array(array.astype(np.float16), stored)
        if not any(node.output[0] == name for node in self._nodes):
            self._nodes.append(helper.make_node("Cast", [stored], [name], name=name, to=TensorProto.FLOAT))
        return name

    def integers(self, values: Sequence[int]) -> str:
        """Add a vector of int64: shapes, axes and pads."""
        name = "integers_" + "_".join(map(str, values))
        self._weights[name] = numpy_helper.from_array(np.asarray(values, np.int64), name)
        return name

    def scalar(self, value: float) -> str:
        """Add a float32 constant without axes."""
        name = f"scalar_{value!r}"
        self._weights[name] = numpy_helper.from_array(np.asarray(value, np.float32), name)
        return name

    def index(self, value: int) -> str:
        """Add an int64 constant without axes, by which Gather removes an axis."""
        name = f"index_{value}"
        self._weights[name] = numpy_helper.from_array(np.asarray(value, np.int64), name)
        return name

    def split(self, value: str, sizes: str, names: Sequence[str]) -> None:
        """Split the second axis into parts of these `integers`, named `names`."""
        self._nodes.append(helper.make_node("Split", [value, sizes], list(names), name=names[0], axis=1))

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Reshape; 0 keeps an axis and one -1 is what remains."""
        return self.node("Reshape", value, self.integers(shape))

    def bytes(self, *, metadata: dict[str, str]) -> bytes:
        """The checked model, serialised.

        Args:
            metadata: strings by name, which viewers of models show.
        """
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._weights.values())
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="inkloop",
        )
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)
