"""Read whether a question asks about the library itself."""

from chat.library.asked import LibraryQuestion, is_chinese_question, tidy
from chat.library.chinese import read_chinese
from chat.library.english import read_english

_MAX_CHARACTERS = 200


def read_library_question(question: str) -> LibraryQuestion | None:
    """Return what a question asks about the library itself; None for every other question.

    Whether the library knows the subject is asked of the database (`chat.library.looking`): "which policies are there on cats" is
    about the library only where a document is called so.
    """
    if len(question) > _MAX_CHARACTERS:
        return None
    text = tidy(question)
    return read_chinese(text) if is_chinese_question(text) else read_english(text)
