"""The E5 encoder (a BERT) as an ONNX graph, in three kinds of arithmetic.

- `int8`, the default: every token's activations are scaled to 8 bits by themselves, and every
  column of weights to 7 bits. A text's vector therefore does not depend on its neighbours in a
  batch, and 7 bits cannot overflow the 16-bit sums of processors without VNNI, so that all
  processors agree. Speed and fidelity: tests/benchmarks/embedding.md.
- `q4`: the file's own 4-bit blocks; `float32`: the same weights unpacked. Both are what the
  default is measured against.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from knowledge.embedding.e5 import BLOCK, E5File, Quantised

Arithmetic = Literal["int8", "q4", "float32"]
INPUT = "embedded"
OUTPUT = "pooled"
OPSET = 21
IR_VERSION = 10
_MICROSOFT = "com.microsoft"
_ACTIVATION_LEVELS = 127
_WEIGHT_LEVELS = 63
_ZERO_POINT = 128


def build_graph(file: E5File, arithmetic: Arithmetic = "int8") -> bytes:
    """A serialised model from `embedded` (texts, tokens, width) to `pooled` (texts, width).

    `embedded` is the sum of word, position and type vectors of texts of equal length; `pooled`
    is the mean of the last hidden states, not yet of unit length.
    """
    return _Encoder(file, arithmetic).build().SerializeToString()


class _Encoder:
    def __init__(self, file: E5File, arithmetic: Arithmetic) -> None:
        self.file = file
        self.shape = file.shape
        self.arithmetic: Arithmetic = arithmetic
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.quantised: dict[str, tuple[str, str]] = {}

    def build(self) -> ModelProto:
        width = self.shape.width
        rows = self.constant("rows", np.array([-1, width], np.int64))
        whole = self.node("Shape", [INPUT], "whole")
        hidden = self.node("Reshape", [INPUT, rows], "tokens")
        hidden = self.normalise(hidden, "emb.ln")
        for layer in range(self.shape.layers):
            hidden = self.layer(f"l{layer}", hidden, whole, rows)
        texts = self.node("Reshape", [hidden, whole], "texts")
        axis = self.constant("axis_tokens", np.array([1], np.int64))
        self.node("ReduceMean", [texts, axis], OUTPUT, keepdims=0)
        graph = helper.make_graph(
            self.nodes,
            "e5",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", "tokens", width])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", width])],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)

    def layer(self, name: str, hidden: str, whole: str, rows: str) -> str:
        """One transformer layer: `(tokens, width)` to the same shape."""
        width, inner = self.shape.width, self.shape.inner
        projected = [
            self.node("Reshape", [self.multiply(hidden, f"{name}.{part}", width), whole], part_name)
            for part, part_name in ((p, f"{name}.{p}.texts") for p in "qkv")
        ]
        bias = np.concatenate([self.file.floats(f"{name}.{part}.b") for part in "qkv"])
        attended = self.node(
            "MultiHeadAttention",
            [*projected, self.constant(f"{name}.qkv.b", bias)],
            f"{name}.attended",
            domain=_MICROSOFT,
            num_heads=self.shape.heads,
        )
        attended = self.node("Reshape", [attended, rows], f"{name}.attended.tokens")
        hidden = self.add_and_normalise(
            hidden, self.multiply(attended, f"{name}.ao", width), f"{name}.a"
        )
        raised = self.node(
            "BiasGelu",
            [self.multiply(hidden, f"{name}.fi", width), self.floats(f"{name}.fi.b")],
            f"{name}.raised",
            domain=_MICROSOFT,
        )
        lowered = self.multiply(raised, f"{name}.fo", inner)
        return self.add_and_normalise(hidden, lowered, f"{name}.o")

    def add_and_normalise(self, hidden: str, change: str, name: str) -> str:
        """Residual, bias of the layer that made `change`, and layer norm `{name}ln`."""
        made_by = f"{change.removesuffix('.product')}.b"
        biased = self.node("Add", [change, self.floats(made_by)], f"{name}.biased")
        return self.normalise(self.node("Add", [hidden, biased], f"{name}.sum"), f"{name}ln")

    def normalise(self, hidden: str, name: str) -> str:
        inputs = [hidden, self.floats(f"{name}.w"), self.floats(f"{name}.b")]
        return self.node("LayerNormalization", inputs, f"{name}.out", epsilon=self.shape.epsilon)

    def multiply(self, hidden: str, name: str, columns: int) -> str:
        """`hidden` (tokens, columns) times the transposed weights `name`: (tokens, rows)."""
        weights = self.file.quantised(f"{name}.w", columns)
        match self.arithmetic:
            case "int8":
                return self.multiply_int8(hidden, weights.weights(), name)
            case "q4":
                return self.multiply_q4(hidden, weights, name, columns)
            case "float32":
                right = self.constant(f"{name}.w", weights.weights().T)
                return self.node("MatMul", [hidden, right], f"{name}.product")

    def multiply_int8(self, hidden: str, weights: NDArray[np.float32], name: str) -> str:
        scale = np.abs(weights).max(axis=1) / _WEIGHT_LEVELS
        levels = np.rint(weights / scale[:, None]).astype(np.int8)
        activations, scales = self.quantise(hidden)
        product = self.node(
            "MatMulIntegerToFloat",
            [
                activations,
                self.constant(f"{name}.w", levels.T),
                self.constant("one", np.array(1, np.float32)),
                self.constant(f"{name}.scale", scale),
                self.constant("zero_point", np.array(_ZERO_POINT, np.uint8)),
            ],
            f"{name}.scaled",
            domain=_MICROSOFT,
        )
        return self.node("Mul", [product, scales], f"{name}.product")

    def quantise(self, hidden: str) -> tuple[str, str]:
        """`hidden` as 8 bits around 128, and the scale of each token, (tokens, 1)."""
        if hidden not in self.quantised:
            last = self.constant("axis_last", np.array([-1], np.int64))
            step = self.constant("step", np.array(1 / _ACTIVATION_LEVELS, np.float32))
            size = self.node("Abs", [hidden], f"{hidden}.size")
            largest = self.node("ReduceMax", [size, last], f"{hidden}.largest", keepdims=1)
            scales = self.node("Mul", [largest, step], f"{hidden}.scales")
            flat = self.node("Reshape", [scales, last], f"{hidden}.scales.flat")
            zero = self.constant("zero_point", np.array(_ZERO_POINT, np.uint8))
            count = self.node("Shape", [flat], f"{hidden}.count")
            zeros = self.node("Expand", [zero, count], f"{hidden}.zeros")
            levels = self.node("QuantizeLinear", [hidden, flat, zeros], f"{hidden}.levels", axis=0)
            self.quantised[hidden] = (levels, scales)
        return self.quantised[hidden]

    def multiply_q4(self, hidden: str, weights: Quantised, name: str, columns: int) -> str:
        low, high = weights.nibbles & 15, weights.nibbles >> 4
        levels = np.concatenate([low, high], axis=-1)
        # ONNX keeps neighbours in one byte, ggml keeps weights j and j + 16 there.
        packed = levels[..., 0::2] | (levels[..., 1::2] << 4)
        return self.node(
            "MatMulNBits",
            [
                hidden,
                self.constant(f"{name}.w", packed),
                self.constant(f"{name}.scale", weights.scales.reshape(-1)),
            ],
            f"{name}.product",
            domain=_MICROSOFT,
            K=columns,
            N=len(packed),
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def floats(self, name: str) -> str:
        return self.constant(name, self.file.floats(name))

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output
