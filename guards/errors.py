"""What can go wrong with guards.

GuardError
└── ClassifierFailed   the model that judges texts did not, or said something that is no judgement
"""


class GuardError(Exception):
    code = "guard"


class ClassifierFailed(GuardError):
    code = "classifier_failed"
