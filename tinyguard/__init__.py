"""TinyGuard: a guardrail for language models.

>>> import tinyguard
>>> guard = tinyguard.Guard()
>>> guard.classify("What is the weather like today?").action
'allow'
"""

import os

# From version 1.29 on, ONNX Runtime reports its use over the network and keeps an identifier on the disk, unless this
# is set before it is loaded. Whoever sets the variable decides otherwise.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from tinyguard.guard import Guard
from tinyguard.modelfile import ModelFileError
from tinyguard.policy import ROLES, Policy, text_hash
from tinyguard.verdict import Bits, Span, Verdict, decode_bits, encode_bits
from tinyguard.version import __version__

__all__ = [
    "ROLES",
    "Bits",
    "Guard",
    "ModelFileError",
    "Policy",
    "Span",
    "Verdict",
    "__version__",
    "decode_bits",
    "encode_bits",
    "text_hash",
]
