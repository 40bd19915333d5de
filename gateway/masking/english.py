"""Names of people in English text, found without a model: common first names, titles, and the words around a name."""

import re
from collections.abc import Iterator
from itertools import pairwise

from language.lexicon import word_set

_FIRST_NAMES = word_set(
    """
    aaron abigail adam adrian agnes aisha alan albert alejandro alex alexander alexandra alexis alfred ali alice alicia alison
    allen amanda amber amelia amir amy ana andrea andreas andrew angela anita ann anna anne annie anthony antonio arjun arthur
    ashley austin barbara beatrice ben benjamin bernard beth betty beverly bill billy bob bobby bradley brandon brenda brian
    brittany bruce bryan caleb cameron carl carla carlos carmen carol caroline carolyn catherine cecilia charles charlotte
    cheryl chloe chris christian christina christine christopher cindy claire clara claudia cody colin connor craig crystal
    cynthia daniel danielle david deborah debra denise dennis derek diana diane diego dmitri dominic donald donna dorothy
    douglas dylan edward eleanor elena eli elijah elizabeth ella ellen emily emma eric erica erik erin ethan eugene eva evan
    evelyn fatima fernando fiona frances francis frank fred frederick gabriel gary george gerald gerard gloria grace graham
    greg gregory hannah hans harold harry hassan heather helen henry hiroshi howard hugh ian ibrahim ingrid irene isaac isabel
    isabella ivan jack jackie jacob jacqueline jake james jamie jan jane janet janice jason javier jean jeff jeffrey jennifer
    jeremy jerry jesse jessica jill jim jimmy joan joanna joe joel john johnny jon jonathan jordan jorge jose joseph joshua
    joyce juan judith judy julia julian julie juliet justin karen karl kate katherine kathleen kathryn katie keith kelly ken
    kenneth kevin kim kimberly kumar kyle lars laura lauren laurie lawrence leah leo leon leonard leslie liam linda lisa lois
    lori louis louise lucas lucia lucy luis luke lydia madison marcus margaret maria marie marilyn mario marion mark martha
    martin mary mateo matt matthew maureen megan melanie melissa mia michael michelle miguel mike mohamed mohammed molly
    monica muhammad nancy naomi natalie natasha nathan nicholas nick nicole nina noah nora norman olga oliver olivia omar
    oscar pamela patricia patrick paul paula pauline pedro peggy peter petra philip phillip phyllis pierre priya rachel rahul
    raj ralph ramon raymond rebecca renee ricardo richard rick rita robert roberto robin rodney roger roland ronald rosa rose
    rosemary roy russell ruth ryan sally samantha samuel sandra sara sarah scott sean sergei seth sharon shawn sheila shirley
    simon sofia sophia sophie stacy stanley stella stephanie stephen steve steven stuart sue susan suresh sven sylvia tamara
    tanya tara taylor ted teresa terry theodore theresa thomas tiffany tim timothy tina todd tom tommy tony tracy travis
    tyler ursula valerie vanessa veronica victor victoria vincent virginia vivian vladimir walter wanda warren wayne wendy
    william yolanda yuki yusuf zachary zoe
    abdul abdullah achim adnan aditya agnieszka ahmad ahmed aiden ainsley akira alberto aleksandr alessandro alfonso alina alma
    anders andrei andrzej angelo anil anja anjali ansel antoine anton arash arnaud arne asha ashok astrid aurora ayesha
    bartosz bastian beatriz bernd birgit bogdan boris bruno camille carina carlo caspar cedric celia chandra chiara claude
    clemens colette cornelia cristina damian dario deepak denis dietrich dirk dominik dominique ebony eduardo eileen ekaterina
    elif elisa elodie elsa emil emilia emine enrique erich ernst esther etienne fabian fabio farah fatma federico felipe felix
    filip florian francesca francesco francisco francois fritz gerhard gianni giorgio giovanni giulia gonzalo grzegorz gunnar
    gustav hamid hana haruto hector heidi heinrich helena helga hendrik henrik hilda hugo hussein igor ilse imran ines inga
    ioana irina isabelle ismail ivana jaime jamal jana jasmine javad jens jerome jesper joachim joao johan johanna johannes
    jonas josef josefina julie jurgen kai kamala karim karin katarina katharina kavita kazuo kenji khaled klaus
    krzysztof lakshmi layla leila lena leonardo leticia liesel lorena lorenzo luca lucie ludwig luigi luisa magdalena mahmoud
    maja malik manuel manuela marcel marcela marcin marco marek margarita mariam mariana mariano marta martina mateusz
    mathias mats matteo maurice mehmet mercedes mikhail milan mina mohan mona monique mustafa nadia nadine natalia neha nils
    nikhil nikolai nkechi noor norbert oksana olaf olena omid ondrej otto pablo paolo parveen pascal patrice pavel pilar
    piotr rafael rajesh ramona rania rashid reza rene renata rodrigo rolf rosario ruben sabine sadia salim salma sandeep
    sanjay santiago sasha satoshi sebastian selma sergio shirin shreya siddharth sigrid silvia simone sinead sonia
    soren stefan stefano sunil svetlana tadeusz takashi tariq tatiana thierry tomas tomasz torsten umar ute valentina
    vera vijay vikram viktor vincenzo wolfgang xavier yannick yasmin yves zainab zoltan zuzanna
    """
)
# First names that are also words, months or places: alone they are no name.
_ALSO_WORDS = word_set(
    """
    alma amber april aurora austin bill bob boris bradley brandon charlotte chris crystal drew faith florence frank grace guy
    hope iris mercedes milan noor otto santiago vera
    ivan jack jan jean jordan joy june kim kelly lane lee leo lily madison mark mario marion may mercy mike nick norman olive
    pat paris penny rick rob robin rose ruby sydney sierra sue taylor ted tiffany todd tom tony travis tyler vernon victoria
    virginia will warren wayne brittany carmen casey cody dawn diego dominic eva holly ian jade jesse jose juan kumar luis
    raj ray roger stella summer
    """
)
_PINYIN_SURNAMES = word_set(
    """
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng han feng
    cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren lü yao shen zhong cui tan wong chan lam
    ng lee ho cheung leung
    """
)
# The last word of a run of capitals that names no person.
_NO_SURNAMES = word_set(
    """
    street avenue road lane drive boulevard university college school hospital airport company corporation inc ltd llc
    group foundation institute center centre islands county city river mountain building act award prize
    house tower station airlines services systems technologies insurance capital partners report policy plan program
    department office division desk team committee board bureau agency administration council commission court service
    """
)
# In a run of capitals they make it a body or a thing, wherever they stand.
_NO_NAMES = word_set(
    """
    human resources information security finance legal general annual leave sick family medical chief officer help service
    customer support federal national united states new north south east west first second best business monday tuesday
    wednesday thursday friday saturday sunday january february march april may june july august september october november
    december the a an this that these those if when while where who what how why please all no yes did does do is are was were
    has have had can could may must shall should will would and or but for not our your his her its their my
    """
)
_NAME = r"[A-Z][a-z]+(?:[-'’][A-Z][a-z]+)*|[A-Z]\.|Mc[A-Z][a-z]+|O['’][A-Z][a-z]+"
_PARTICLE = r"(?:van|von|de|der|da|di|del|la|le|bin|al)"
_SURNAME = rf"(?: {_PARTICLE}){{0,2}} (?:{_NAME})"
_FULL = rf"(?:{_NAME})(?:{_SURNAME}){{1,3}}"
_END = r"(?![\w-])"
_CAPITALISED = re.compile(rf"(?<![\w-]){_FULL}{_END}")
_ALONE = re.compile(rf"(?<![\w-])(?<![A-Z][a-z] )(?:{_NAME}){_END}(?! [A-Z])")
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam)\.?"
_TITLED = re.compile(rf"\b{_TITLES} ((?:{_PARTICLE} ){{0,2}}(?:{_NAME})(?:{_SURNAME}){{0,3}}){_END}")
_CUES = (
    r"[Mm]y name is|I am|I['’]m|[Nn]amed|[Cc]alled|[Cc]ontact(?: person)?:?|[Aa]ttn\.?:?|[Ss]igned(?: by)?:?|[Rr]eport(?:s|ing)? to"
    r"|[Ee]mployee:?|[Mm]anager:?|[Ss]upervisor:?|[Pp]repared by:?|[Aa]pproved by:?|[Cc]olleague|[Dd]ear|[Nn]ame:"
    # One gives, sends, pays or tells something to a person.
    r"|(?:[Ff]orward|[Ss]end|[Gg]ive|[Mm]ail|[Pp]ay|[Tt]ell|[Aa]sk|[Mm]eet|[Hh]ire|[Tt]hank|[Aa]ssign|[Cc]all)(?:s|ed)?"
    r"(?: (?:it|this|them))?(?: to)?"
    r"|(?:[Ss]ent|[Gg]iven|[Pp]aid|[Tt]old|[Mm]et) (?:to |by )?"
)
_INTRODUCED = re.compile(rf"\b(?:{_CUES}) ({_FULL}){_END}")
_GIVEN_ALONE = re.compile(rf"\b(?:[Mm]y name is|[Dd]ear|[Cc]olleague|[Cc]alled|[Nn]amed) ((?:{_NAME})){_END}")
# What persons do, and other things with names hardly.
_DOES = (
    r"wants?|wanted|asks?|asked|works|worked|earns|earned|left|joined|signed|wrote|said|says|called|lives|lived|resigned|retired"
    r"|applied|requested|complained|manages|managed|met|thinks|lost|forgot|moved|married|died|swapped|took|got"
)
_DOING = re.compile(rf"(?<![\w-])((?:{_NAME})(?:{_SURNAME}){{1,2}}) (?:{_DOES})\b")
_INITIAL = r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINAL = r"(?:[iu]?ang|iong|[eio]ng|i?an|iao|u?an|uai|ai|ei|ao|ou|en|in|u?n|ia|ie|iu|ua|uo|ui|ue|a|o|e|i|u|ü)"
_PINYIN = re.compile(rf"(?:{_INITIAL}{_FINAL}){{1,2}}")


def find_english_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield where names of people stand."""
    for pattern in (_TITLED, _INTRODUCED, _GIVEN_ALONE, _DOING):
        for match in pattern.finditer(text):
            if not _is_thing(match.group(1)):
                yield match.span(1)
    for match in _CAPITALISED.finditer(text):
        if span := _name_within(match):
            yield span
    for match in _ALONE.finditer(text):
        word = match.group().lower()
        if word in _FIRST_NAMES and word not in _ALSO_WORDS:
            yield match.span()


def _name_within(match: re.Match[str]) -> tuple[int, int] | None:
    """Return the name in a run of capitalised words: from a known first name on, or two words of Chinese in Latin letters."""
    if match.group().split()[-1].lower() in _NO_SURNAMES:
        return None
    begin = match.start()
    words = [(word.group().lower(), begin + word.start(), begin + word.end()) for word in re.finditer(r"\S+", match.group())]
    for (word, start, _), (following, _, end) in pairwise(words):
        if word in _FIRST_NAMES:
            return start, match.end()
        is_chinese = _PINYIN.fullmatch(word) and _PINYIN.fullmatch(following)
        if is_chinese and (word in _PINYIN_SURNAMES or following in _PINYIN_SURNAMES):
            return start, end
    return None


def _is_thing(name: str) -> bool:
    words = name.lower().split()
    return words[-1] in _NO_SURNAMES or any(word in _NO_NAMES for word in words)
