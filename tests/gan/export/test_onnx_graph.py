"""Graphs of ONNX operators: what they compute, and how weights are stored."""

import numpy as np
import onnx
import onnxruntime
import pytest

from gan.export.onnx_graph import HALF_MAX, Graph


def run(g: Graph, **feeds):
    session = onnxruntime.InferenceSession(g.bytes(metadata={"by": "a test"}))
    return session.run(None, feeds)[0]


@pytest.mark.parametrize("half", [False, True])
def test_weights_are_stored_once(half):
    weights = np.linspace(-1, 1, 256, dtype=np.float32).reshape(16, 16)
    g = Graph("g", half=half)
    x = g.input("x", [1, 16])
    y = g.node("MatMul", g.node("MatMul", x, g.weight("weights", weights)), g.weight("weights", weights))
    g.output("y", y, [1, 16])
    stored = weights.astype(np.float16).astype(np.float32) if half else weights
    found = run(g, x=weights[:1])
    np.testing.assert_allclose(found, weights[:1] @ stored @ stored, atol=1e-5)
    assert [
        len(tensor.raw_data) for tensor in onnx.load_from_string(g.bytes(metadata={})).graph.initializer
    ] == [512 if half else 1024]


def test_weights_beyond_half_precision_stay_single():
    weights = np.full((16, 16), 2 * HALF_MAX, np.float32)
    g = Graph("g", half=True)
    g.output("y", g.node("MatMul", g.input("x", [1, 16]), g.weight("weights", weights)), [1, 16])
    assert run(g, x=np.eye(16, dtype=np.float32)[:1]).max() == 2 * HALF_MAX


def test_the_same_graph_has_the_same_bytes_and_its_metadata():
    def written():
        g = Graph("g")
        g.output(
            "y", g.reshape(g.node("Add", g.input("x", ["b", 4]), g.scalar(2.0)), [-1, 2, 2]), ["b", 2, 2]
        )
        return g.bytes(metadata={"inkloop.generator": "abc"})

    assert written() == written()
    model = onnx.load_from_string(written())
    assert {p.key: p.value for p in model.metadata_props} == {"inkloop.generator": "abc"}
    assert model.opset_import[0].version <= 21
