"""The random states of a rank: python, numpy, torch and its CUDA device, as JSON.

Data order never reads them (it is a function of the mixture and the place); dropout and whatever a model adds do. JSON, because the usual
pickle of them would run code. Left out: states of another world size, which mean nothing; then ranks stay as the trainer seeded them.
"""

import json
import random

import numpy as np
import torch


def random_state() -> bytes:
    """The states of this process."""
    version, words, gauss = random.getstate()
    kind, keys, place, has_gauss, cached = np.random.get_state(legacy=True)
    said = {
        "python": [version, list(words), gauss],
        "numpy": [kind, [int(key) for key in keys], place, has_gauss, cached],
        "torch": torch.get_rng_state().numpy().tobytes().hex(),
        "cuda": torch.cuda.get_rng_state().numpy().tobytes().hex() if torch.cuda.is_available() else None,
    }
    return json.dumps(said, allow_nan=False).encode()


def set_random_state(data: bytes) -> None:
    """Put the states of this process back. The CUDA state is left alone where there is none, here or in what was saved."""
    said = json.loads(data)
    version, words, gauss = said["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, place, has_gauss, cached = said["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), place, has_gauss, cached))
    torch.set_rng_state(_bytes(said["torch"]))
    if said["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state(_bytes(said["cuda"]))


def _bytes(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(text), dtype=torch.uint8)
