"""Trained generators in formats of other programs: StableHLO (`stablehlo`) and ONNX (`onnx_files`)."""
