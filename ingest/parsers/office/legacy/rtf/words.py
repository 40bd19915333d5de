"""Control words of RTF by what they do: characters that they stand for, groups that are read, kept apart or skipped."""

CHARACTERS = {"tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "bullet": "•"}
CHARACTERS |= {"ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "nestcelltab": "\t"}
SYMBOLS = {"~": "\u00a0", "_": "-", "\\": "\\", "{": "{", "}": "}", "\t": "\t"}
# Groups that hold none of the document's text, though nothing marks them as such.
SKIPPED = frozenset(
    [
        "ffname",
        "ffdeftext",
        "ffformat",
        "ffhelptext",
        "ffstattext",
        "ffentrymcr",
        "ffexitmcr",
        "colortbl",
        "filetbl",
        "stylerestrictions",
        "nonshppict",
        "shprslt",
        "objdata",
        "objalias",
        "objsect",
        "datafield",
        "xmlopen",
        "xmlclose",
        "themedata",
        "pntxta",
        "pntxtb",
        "pnseclvl",
        "private",
        "revtbl",
        "rsidtbl",
        "generator",
        "ftnsep",
        "ftnsepc",
        "aftnsep",
        "aftnsepc",
        "ftncn",
        "aftncn",
        "tc",
        "xe",
        "bkmkstart",
        "bkmkend",
        "keywords",
        "subject",
        "comment",
        "operator",
        "company",
        "category",
        "doccomm",
        "hlinkbase",
        "manager",
        "userprops",
        "levelnumbers",
        "listname",
        "liststylename",
        "listpicture",
        "mmathPr",
    ]
)
KNOWN = frozenset(  # read though "\*" in front says that whoever does not know them may skip them
    [
        "shppict",
        "shpinst",
        "fldinst",
        "formfield",
        "ffl",
        "annotation",
        "atnauthor",
        "atndate",
        "listtable",
        "listoverridetable",
        "nesttableprops",
        "moMath",
        "moMathPara",
        "ud",
        "do",
        "dptxbxtext",
        "shptxt",
        "objclass",
        "footnote",
        "endnote",
    ]
)
COLLECTED = frozenset(
    [
        "fonttbl",
        "stylesheet",
        "pict",
        "title",
        "author",
        "fldinst",
        "formfield",
        "ffl",
        "listtext",
        "pntext",
        "leveltext",
        "atnauthor",
        "atndate",
        "objclass",
    ]
)
MARGINS = frozenset(["header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"])
NOTES = {"footnote": "footnote", "endnote": "endnote", "annotation": "comment"}
BOXES = frozenset(("shptxt", "dptxbxtext"))
