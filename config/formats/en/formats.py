"""English dates: a short month in letters. 11/21 and 21/11 are read differently in Leeds and in Boston."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
