"""What a notebook finds, recorded once by name, so that prose, results files and checks use the same number."""

from healthsys.evidence.recording import RESULT_TYPE, Result, record, text_of

__all__ = ["RESULT_TYPE", "Result", "record", "text_of"]
