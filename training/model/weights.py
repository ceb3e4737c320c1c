"""Weight files: safetensors read and written without a library, and the rule for weights that need no file."""
from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .config import from_kwargs, to_kwargs
from .htdemucs import HTDemucs

DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
MASK = (1 << 64) - 1


def read_safetensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors as float32, and the metadata."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + size + begin : 8 + size + end], DTYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.astype(np.float32).reshape(entry["shape"]))
    return tensors, metadata


def write_safetensors(path: str | Path, tensors: dict[str, Tensor], metadata: dict[str, str], half: bool) -> None:
    code = "F16" if half else "F32"
    header: dict[str, object] = {"__metadata__": metadata}
    chunks, offset = [], 0
    for name, tensor in tensors.items():
        chunk = tensor.detach().float().cpu().numpy().astype(DTYPES[code]).tobytes()
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(chunk)]}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def load_model(path: str | Path) -> HTDemucs:
    tensors, metadata = read_safetensors(path)
    model = HTDemucs(from_kwargs(metadata["kwargs"]))
    model.load_state_dict(tensors)
    return model.eval()


def save_model(path: str | Path, model: HTDemucs, metadata: dict[str, str]) -> None:
    """Half precision, with what Demucs and our engine need to rebuild the model."""
    described = {"kwargs": to_kwargs(model.config), "format": "pt", **metadata}
    write_safetensors(path, dict(model.state_dict()), described, half=True)


def _splitmix(start: int, count: int) -> np.ndarray:
    index = np.arange(1, count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        x = np.uint64(start) + index * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)))


def fill_by_rule(model: HTDemucs, seed: int) -> None:
    """Weights from tensor names alone (FNV-1a seeds splitmix64), the same in every language."""
    for name, tensor in model.state_dict().items():
        h = 0xCBF29CE484222325 ^ seed
        for byte in name.encode():
            h = (h ^ byte) * 0x100000001B3 & MASK
        u = ((_splitmix(h, tensor.numel()) >> np.uint64(40)) / 2**23 - 1).astype(np.float32)
        leaf = name.rsplit(".", 1)[-1]
        if "embedding" in name:
            u *= 0.2
        elif tensor.dim() >= 2:
            u *= np.float32(np.sqrt(3 / tensor[0].numel()) * 0.9)
        elif leaf == "scale":
            u = 0.5 + 0.3 * u
        elif leaf == "weight":
            u = 1 + 0.2 * u
        else:
            u *= 0.1
        tensor.copy_(torch.from_numpy(u.astype(np.float32)).view(tensor.shape))
