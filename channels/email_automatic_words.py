"""The subjects and the words of automatic answers, as tables of email_automatic.

SUBJECT and FIRST_WORDS match at the start alone, where no person begins so. ABSENT is looked for in the first words,
and people say it too. No list of them is whole: what reads as no answer counts as none anyway (`programs_write`).
"""

import re

_TAGS = r"(?:\s*\[[^\]]{0,40}\])*"  # [EKSTERN]
_ANSWERED = r"(?:\W*(?:re|sv|aw|vs|svar)\s*:)"
SUBJECT = re.compile(
    rf"""{_TAGS}(?P<answered>{_ANSWERED}*)\W*(?:
    auto(?:matisk|matic|matique|matische|maattinen|matiskt)?\s?-?(?:svar|reply|response|antwort|vastaus|responder)
    |auto(?:matisk|matic)?\s?:|automatisk\s(?:kvittering|besked|meddelelse|bekræftelse|genereret|notifikation|e?-?mail)
    |automatic\s(?:receipt|message|confirmation|notification|e?-?mail)
    |automatisch\w*\s|réponse\sautomatique|respuesta\sautomática|risposta\sautomatica|autosvar|autoreply
    |out[ -]of[ -](?:the[ -])?office|ooo\b|away\s(?:from|until)|on\s(?:vacation|leave|holiday)\b|vacation\b
    |i\s?am\s(?:away|out)\b|ikke\s(?:til\sstede|på\skontor|på\sarbejde)|fraværende|fravær(?:sbesked|smeddelelse|sassistent)?\b
    |feriebesked|på\s(?:ferie|barsel|orlov|kursus)\b|ferie(?:svar|autosvar|lukket)|barselsorlov|væk\sfra\skontoret
    |holder\s(?:ferie|fri|lukket)\b|kvittering\sfor\s(?:modtagelse|modtaget|din)|din\shenvendelse\ser\smodtaget
    |(?:(?:ikke\s|not\s|u)?(?:læst|read)|gelesen|slettet|deleted|leveret|delivered|relayed|videresendt\stil|expanded)\s?:
    |(?:return|read|delivery)\sreceipt|(?:retur|læse|leverings|modtage(?:lses)?)-?kvittering|kvittering\s?:
    |(?:sag(?:en|s?nr\.?|s?nummer)?|ticket|case|request|incident)\W{{0,4}}(?:nr\.?\s|no\.?\s)?[\w-]*\d[\w-]*\]?\s
        (?:er\s|is\s|has\sbeen\s|was\s)?(?:oprettet|registreret|modtaget|created|registered|received|opened)\b
    |(?:sag|ticket|case)\s(?:er\s|is\s|has\sbeen\s)?(?:oprettet|registreret|created|registered|opened)\b
    |ferie\s(?:til|fra|indtil|i\s(?:uge|perioden))\b|fratrådt\b
    |frånvarande|frånvaro|poissa\b|abwesen|absence\b|ausência|fuori\ssede|afwezig
    )""",
    re.IGNORECASE | re.VERBOSE,
)
FIRST_WORDS = re.compile(
    r"""\W*(?:
    auto(?:matisk|matic|matique|matische|maattinen|matiskt)\s?-?(?:svar|reply|response|antwort|vastaus|genereret|generated)
    |autosvar|auto-?reply|out[ -]of[ -](?:the[ -])?office\b
    |(?:din|dit|your)\s(?:meddelelse|besked|mail|e-mail|message)\s+(?:til|to)\s?:  # a read receipt of Outlook
    |(?:this\sis\sa\s|dette\ser\sen\s)?(?:return\s|retur|læse)-?(?:receipt|kvittering)\b
    |dette\ser\sen\skvittering\sfor\sden\s(?:e-?mail|besked|meddelelse)
    |(?:dette|det\sher)\ser\s(?:et|en)\sauto|this\sis\san\sauto|denne\s(?:mail|besked)\ser\s(?:sendt\s)?auto
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# What people say too. Looked for in the first words alone, behind a greeting.
ABSENT = re.compile(
    r"""
    \b(?:jeg|vi)\s(?:er|har|holder)\s(?:for\stiden\s|i\søjeblikket\s|desværre\s|pt\.?\s|p\.t\.\s|lige\snu\s|i\sdag\s)*
        (?:(?:på|gået\spå)\s(?:\w+\s)?(?:ferie|sommerferie|vinterferie|efterårsferie|juleferie|barsel|barselsorlov|orlov
            |kursus|konference|tjenesterejse)
        |ferie\b|sommerferie|juleferie|fri\s(?:til|fra|indtil)|lukket
        |(?:ikke\s(?:til\sstede|på\s(?:kontoret|arbejde|arbejdet)|ved\smin\smail)|væk\sfra\skontoret|bortrejst
            |fraværende|ude\saf\shuset|ikke\sat\straeffe|ikke\sat\stræffe))
    |\b(?:er|vender)\s(?:først\s)?tilbage\s(?:igen\s)?(?:(?:på\s)?(?:kontoret|arbejde)|man|tirs|ons|tors|fre|lør|søn|d\.|den|\d)
    |\blæser\sikke\s(?:mine?\s)?(?:mails?|e-?mails?)
    |\b(?:i|we)\s?(?:'m|’m|\sam|\sare)\s(?:currently\s|now\s)?(?:out\sof\s(?:the\s)?office|away\sfrom|on\s(?:\w+\s)?(?:leave|vacation|holiday))
    |\bkontoret\s(?:er|holder)\slukket|\b(?:ved|i)\s(?:hastende|akutte|presserende)\s(?:henvendelser?|sager|tilfælde)
    |\b(?:i|we)\s?(?:'ll|’ll|\swill)\sbe\s(?:out\sof|away)|\bwill\s(?:be\sback|return)\s(?:on|in|to)\b|\bno\slonger\s(?:work|with|employed)|\bikke\slængere\s(?:ansat|i\sorganisationen)
    |\btak\sfor\s(?:din|jeres|deres)\s(?:mail|e-?mail|henvendelse|besked)\b|\bthank\syou\sfor\s(?:your|contacting)\b
    |\b(?:vi|jeg)\s(?:har|bekræfter\s\w*)\s?(?:hermed\s)?modtage(?:t|lsen)\s?(?:af\s)?(?:din|jeres|deres)\b
    |\bwe\shave\sreceived\syour\b
    |\b(?:vi|jeg)\s(?:hermed\s)?kvitterer\b|\b(?:vi|jeg)\sbekræfter\shermed\b|\bwe\shereby\b
    |\b(?:din|jeres|deres|your|the)\s(?:e-?mail|mail|henvendelse|besked|meddelelse|message|request)\s
        (?:er|blev|is|was|has\sbeen)\s(?:nu\s|now\s)?
        (?:modtaget|registreret|læst|vist|slettet|leveret|received|registered|read|displayed|deleted|delivered)\b
    |\b(?:er|har|have|has\sbeen)\s(?:nu\s)?(?:registreret|oprettet|registered|created)\b
    |\bslettet\suden\sat\svære\slæst|\bdeleted\swithout\sbeing\sread|\bwas\sreceived\sby\b
    |\b(?:post|mail|ind)(?:kassen?|boks(?:en)?)\s(?:\w+\s){0,3}(?:overvåge|læse|besvare|bemande|anvende|bruge)[st]\b
    |\b(?:mailbox|inbox|address)\sis\s(?:not|only|no\slonger)\b
    |\b(?:jeg|vi|hun|han)\s(?:er|har)\s(?:desværre\s|nu\s|pr\.?\s\S+\s)*(?:fratrådt|stoppet|sygemeldt|opsagt|gået\spå\spension)
    |\b(?:ferie|orlov|fraværende)\s(?:til|fra|indtil|i\s(?:uge|perioden))\b
    |\b(?:jeg|vi)\s(?:vender|svarer|besvarer)\s(?:\w+\s){0,2}(?:tilbage|dig|hurtigst|snarest|inden)
    |\b(?:sag|sagsnr|sagsnummer|ticket|case)\W{0,4}(?:nr\.?|nummer|no\.?)?\W{0,3}\d{3,}
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Of a subject: a ticket system's, through which people answer too, and a thank-you.
PERHAPS = re.compile(
    rf"""{_TAGS}{_ANSWERED}*\W*(?:
    \[?(?:ticket|case|request|incident|sag)\W{{0,4}}(?:(?:nr|no|id)\W{{0,2}})?[\w-]*\d{{3}}|(?:inc|req|sr|cs)-?\d{{5}}
    |tak\sfor\s(?:din|jeres|deres)\s(?:mail|e-?mail|henvendelse|besked)\b|thank\syou\sfor\s(?:your|contacting)\b
    |(?:vi\shar\s|we\shave\s)?(?:modtaget|received|bekræftelse|confirmation)\s?(?:af|of|din|your|:)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
