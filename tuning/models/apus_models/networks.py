# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The networks the core serves, with the tensors and equations of its exchange format.

All take normalised windows [batch, steps, features], float32, and give raw outputs [batch]; the
score is raw * output_scale + output_offset. State is zero at a window's start."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .shapes import NetworkShape


class AttentionPooling(nn.Module):
    """Additive attention over a window's states: e_t = vector . tanh(weight h_t + bias), a the
    softmax of e over the window, the result sum a_t h_t. No query: old steps' scores do not
    depend on the last step."""

    def __init__(self, width: int, units: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(units, width))
        self.bias = nn.Parameter(torch.zeros(units))
        self.vector = nn.Parameter(torch.empty(units))
        nn.init.xavier_uniform_(self.weight)
        nn.init.uniform_(self.vector, -1 / math.sqrt(units), 1 / math.sqrt(units))

    def forward(self, states: Tensor) -> Tensor:
        """[batch, steps, width] to [batch, width]."""
        scores = torch.tanh(functional.linear(states, self.weight, self.bias)) @ self.vector
        return (torch.softmax(scores, dim=1).unsqueeze(-1) * states).sum(dim=1)


class Recurrent(nn.Module):
    """Stacked LSTM or GRU layers; the last state, or attention over the last layer's states."""

    def __init__(self, features: int, shape: NetworkShape, dropout: float) -> None:
        super().__init__()
        widths = [features, *shape.units]
        make = {"lstm": nn.LSTM, "gru": nn.GRU}[shape.kind]
        self.layers = nn.ModuleList(
            make(before, units, batch_first=True) for before, units in zip(widths, shape.units))
        self.dropout = nn.Dropout(dropout)
        self.attention = (
            AttentionPooling(widths[-1], shape.attention_units) if shape.attention_units else None)
        self.head = nn.Linear(widths[-1], 1)

    def forward(self, inputs: Tensor) -> Tensor:
        states = inputs
        for layer in self.layers:
            states = self.dropout(layer(states)[0])
        pooled = self.attention(states) if self.attention else states[:, -1]
        return self.head(pooled).squeeze(-1)

    def tensors(self) -> dict[str, Tensor]:
        """By their names in the exchange format."""
        return {name.replace("_l0", ""): value for name, value in self.state_dict().items()}


class CausalBlock(nn.Module):
    """Pre-norm attention and feedforward; a token sees itself and those before it."""

    def __init__(self, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, feedforward)
        self.down = nn.Linear(feedforward, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        batch, steps, width = tokens.shape
        size = width // self.heads
        query, key, value = (
            part.view(batch, steps, self.heads, size).transpose(1, 2)
            for part in self.qkv(self.norm1(tokens)).split(width, dim=-1))
        scores = query @ key.transpose(-1, -2) / math.sqrt(size) + mask
        mixed = (torch.softmax(scores, dim=-1) @ value).transpose(1, 2)
        tokens = tokens + self.dropout(self.out(mixed.reshape(batch, steps, width)))
        return tokens + self.dropout(self.down(torch.relu(self.up(self.norm2(tokens)))))


class Transformer(nn.Module):
    """Causal encoder with learnt positions, read out at the last token."""

    def __init__(self, features: int, shape: NetworkShape, dropout: float) -> None:
        super().__init__()
        self.input = nn.Linear(features, shape.width)
        self.position = nn.Parameter(torch.empty(shape.steps, shape.width))
        nn.init.normal_(self.position, std=0.02)
        self.blocks = nn.ModuleList(
            CausalBlock(shape.width, shape.heads, shape.feedforward, dropout)
            for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, 1)
        future = torch.full((shape.steps, shape.steps), float("-inf")).triu(1)
        self.register_buffer("mask", future, persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        tokens = self.input(inputs) + self.position
        for block in self.blocks:
            tokens = block(tokens, self.mask)
        return self.head(self.norm(tokens[:, -1])).squeeze(-1)

    def tensors(self) -> dict[str, Tensor]:
        """By their names in the exchange format."""
        return dict(self.state_dict())


def build(features: int, shape: NetworkShape, dropout: float = 0.0) -> Recurrent | Transformer:
    """A network of random weights from torch's current seed."""
    shape.check()
    if shape.kind == "transformer":
        return Transformer(features, shape, dropout)
    return Recurrent(features, shape, dropout)


def parameter_count(tensors: Sequence[Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors)
