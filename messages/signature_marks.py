"""How people in Denmark end what they write: greetings, names, numbers. Tables.

The given names are the commonest ones of men and women in Denmark (Statistics Denmark) that are no words of an answer
too: Liv, Tom and Sol are not here.
"""

import re

_GREETINGS = r"""
    (?:med\s+|de\s+|den\s+)?(?:(?:venlig|venlige|venligste|bedste|kærlig|kærlige|varm|varme|god|gode|mange|kollegial)\s+)*
        (?:hilsen|hilsner|hilsener)
    | m\.?\s?v\.?\s?h\b\.? | v\.?h\b\.? | d\.?b\.?h\b\.? | b\.?h\b\.? | k\.?h\b\.?
    | (?:with\s+)?(?:(?:my|best|kind|kindest|warm|many)\s+)*(?:regards|wishes|greetings)
    | (?:yours\s+)?(?:sincerely|truly|faithfully)(?:\s+yours)? | cheers | all\s+the\s+best | b(?:est\s)?rgds | br | rgds
    | venligst(?=\s*[,.]?\s*$)
    | med\s+vänlig\s+hälsning | vänliga?\s+hälsning(?:ar)? | hälsningar | mit\s+freundlichen\s+grü(?:ß|ss)en | mfg
"""
SIGN_OFF = re.compile(rf"\s*(?:{_GREETINGS})(?!\w)[\s,.:!/–-]*(?P<rest>.*)", re.IGNORECASE | re.VERBOSE)
# At the end of a line only those that nobody uses in a sentence.
SIGN_OFF_WITHIN = re.compile(
    r"""(?:(?<=[\s,.!;])(?:mvh|m\.v\.h\.|vh|v\.h\.|dbh|(?:med\s)?venlig\shilsen|de\sbedste\shilsner|(?:best|kind)\sregards)
        |(?<=[,.!;])\s*hilsen)(?!\w)[\s,.:/–-]*(?P<rest>.*)$""",
    re.IGNORECASE | re.VERBOSE,
)
# A line with a number, an address or a page to reach somebody at, and what it is.
CONTACT = re.compile(
    r"""\s*(?:
    (?:tlf|telefon|tel|phone|mobil|mobile|mob|cell|direkte|direct|dir|omstilling|vagttelefon|fax|[tm])
        \s?(?:nr|no)?[.:]*\s*(?:nr|no)?[.:]*\s*[+(]?\d[\d\s().+/-]{3,30}(?:\s?(?:dir|mob|lok)?\b.{0,20})?
    | (?:e-?mail|mail|web|www|hjemmeside|cvr|ean)\s?(?:nr)?[.:]*\s*\S{3,100}
    | (?:https?://|www\.)\S{3,200} | <?[^\s@<>]{1,64}@[^\s@<>]{3,200}>?
    | \+45[\d\s]{8,14}
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
NUMBER = re.compile(r"\s*(?:\d{2}\s?){4}\s*")  # of a telephone, where a name stands above it
PERSON = re.compile(
    r"\b(?:jeg|vi|os|mig|du|vores|we|us|you|i(?=['’ ](?:m|am|can|will|have|need)))\b", re.IGNORECASE
)
POSTSCRIPT = re.compile(r"\s*p\.?\s?s\b[.:]?", re.IGNORECASE)

_GIVEN = (
    "peter michael jens lars henrik søren christian jørgen martin niels erik anders thomas ole rasmus hans jesper"
    " morten svend bent carsten karsten per poul kim knud mads nikolaj nicolai steen sten flemming finn claus klaus"
    " kurt torben frederik jonas mikkel jan john allan brian ib leif kaj kai bo bjarne bjørn keld kjeld kenneth preben"
    " arne johnny jakob jacob simon daniel emil oliver william oscar oskar victor viktor noah lucas lukas alexander"
    " mathias mikael kristian karl carl christoffer kristoffer david patrick philip sebastian stefan steffen tobias"
    " troels ulrik uffe verner willy egon ejnar gert gunnar hugo ivan palle rene rené robert bjørk esben kasper casper"
    " anne kirsten mette hanne helle anna susanne lene marianne inge lone bente maria karen camilla pia louise tina"
    " charlotte gitte jette inger jytte ulla lise rikke birthe annette karin anette sara laura julie lotte dorte dorthe"
    " heidi maja ida emma sofie sofia freja caroline katrine cathrine kathrine signe line stine trine britt britta"
    " birgit birgitte bodil connie eva else ellen elisabeth elin grethe grete gerda gudrun hannah helene henriette"
    " ingrid irene jane janne johanne joan kamilla kirstine lis lisbeth lisbet marie margit margrethe malene merete"
    " nanna nina pernille rita ruth sanne sisse solveig sonja susan tanja tove vibeke winnie yvonne zoe mohammad"
    " mohammed muhammad ali ahmad ahmed hassan omar ibrahim fatima aisha maryam zahra amira layla"
)
GIVEN_NAMES = frozenset(_GIVEN.split())
