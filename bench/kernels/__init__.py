"""The native kernels beside ONNX Runtime's own operators, one by one."""
