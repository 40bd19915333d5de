"""What evidence may say of a sentence, in the order of the head's outputs."""

LABELS = ("supported", "contradicted", "untold", "beside")
