"""What is read from the states of a pair's tokens: where an answer begins and ends, whether there is one, what supports what."""

import torch
from torch import Tensor

from retrieval.judging.labels import LABELS


class Heads(torch.nn.Module):
    """Small layers above the encoder.

    Args:
        width: of a state.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.places = torch.nn.Linear(width, 2)
        self.answerable = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh(), torch.nn.Linear(width, 1))
        self.labels = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh(), torch.nn.Linear(width, len(LABELS)))

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits for states [pairs, length, width]: an answer's first and last token [pairs, length, 2], of which the pair's
        first token stands for "no answer"; that there is one [pairs]; of `LABELS` [pairs, 4]."""
        first = states[:, 0]
        return self.places(states), self.answerable(first)[:, 0], self.labels(first)
