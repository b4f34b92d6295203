# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with what a person gave; each text says what to do."""


class TrainingError(Exception):
    """Shown as one line, without a trace."""


class ShuffledSplitError(TrainingError):
    """A split that is not by time."""

    def __init__(self) -> None:
        super().__init__(
            "a shuffled split is refused: neighbouring rows share most of their window and of "
            "their label's span, so the test rows' answers would be in the training rows. "
            "Split by time (splits.walk_forward)")
