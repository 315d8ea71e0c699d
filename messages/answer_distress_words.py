"""The words of distress, as tables: to teach Bavn a phrase, add a line. The rules over them are in answer_distress.py.

A line is a regular expression over one clause: lower case, plain (`answer_phrases.plain`), one space between words.
Things that only sound alike are excluded where they stand: `sidder fast i kø`, `ild i pejsen`, `2 døde batterier`.
"""

PLEAS = (
    r"(?:red(?:de)?|befri|rescue|save) (?:os|mig|us|me)",
    r"(?:faa|get) (?:os|mig|us|me) (?:ud|vaek|ned|herfra|out)(?:$| (?:herfra|nu|hurtigt|now|of here))",
    r"kan (?:nogen|ingen) hente os|brug for jer (?:nu|straks)",
    r"hent (?:os|mig)(?!.*\b(?:kl|klokken|i morgen|stationen|banegaarden|arbejde|kontoret)\b)",
    r"send (?:nogen|folk|someone|somebody|people)(?:$| (?:nu|hurtigt|straks|herud|hertil|her|please|now|quick))",
    r"er der (?:ikke )?(?:nogen|ingen)(?: (?:der|som))? kan hjaelpe",
    r"kan (?:ingen|(?:der )?ikke nogen|nogen) hjaelpe",
    r"can (?:no ?one|nobody|someone|somebody|anyone|anybody) help",
    r"hvorfor kommer (?:der )?(?:ingen|ikke nogen)",
    r"ja tak til (?:\w+ )?hjaelp",
    r"(?:ring|call|kontakt|tilkald)(?: til| efter)? 112",
    r"skynd (?:jer|dig)(?! (?:med|at (?!komme|hjaelpe|sende|redde))\b)",
    r"^(?:(?:hej|please|venligst) )?(?:kom|come)(?: \w+)? (?:hurtigt?|hurtigst|straks|quick(?:ly)?|fast|immediately)"
    r"(?! (?:i ?gang|videre|tilbage|hjem)\b)",
)

# All that is said, and no more: `HASTER: nyt mødelokale` and `Brand: ny procedure` are subjects of mails.
WHOLE = (
    r"1[ .-]?1[ .-]?2",
    r"(?:(?:det er|meget) )?(?:akut|kritisk)(?: (?:situation|nu))?",
    r"(?:ilde)?brand|overfald|skyderi|knivstikkeri|terror|hurry(?: up)?",
    r"ambulancen?",
    r"(?:ambulance|\w*laege|politi|redning\w*|brandvaesen) (?:nu|tak|straks|hurtigt|now|please)",
    r"hj(?:ae|e)lpe(?: nu)?|hjalp(?: (?:os|mig|nu))*",
)

_SOMEBODY = (
    r"(?:\w*mand|\w*kvinde|barn\w*|boern\w*|dreng\w*|pige\w*|person\w*|han|hun|kone|kollega|mor|far|nogen|\w*beboer\w*"
    r"|\w*borger\w*|\w*patient\w*|medarbejder\w*|man|woman|child|he|she|someone|somebody)"
)
_BUSY = (
    r"(?! (?:\w+ ){0,5}(?:koe|bilkoe|trafik\w*|moede\w*|toget|arbejde\w*|job\w*|kontoret"
    r"|traffic|meeting|work|queue)\b)"
)
_HEARTH = r"(?:\w*pejs|\w*ovn|grill|baal|lejrbaal|stearinlys|lys)"
_US = rf"(?:vi|jeg|de|folk|en|to|tre|{_SOMEBODY}|\w*arm(?:en)?|\w*ben(?:et)?|\w*haand(?:en)?|\w*fod(?:en)?)"
_BURNS = rf"(?!{_HEARTH})\w+"  # what should not
_SOME = r"(?:(?!ikke|ingen|ej\b)\w+ )"
_TRAPPED = (
    rf"(?:(?:^|{_US} (?:\w+ )?)(?:sidder|sid?tter|sad|haenger)(?: (?!ikke\b)\w+)? fast"
    rf"(?= (?:i|paa|under|her|mellem)\b|$)"
    rf"|(?:sidder|haenger) fast under){_BUSY}",
    rf"fanget (?:under|inde|mellem)|{_SOMEBODY} fanget$|{_US} (?:sidder|er|ligger|kom)(?: \w+)? i klemme",
    rf"indespaerret|(?:vi|jeg|{_SOMEBODY}) (?:er|bliver|blev)(?: \w+)? (?:spaerret|laast|lukket) inde|trapped",
    r"fastklemt|fastspaendt|(?:er|ligger) begravet",
    r"strandet(?! i\b| paa (?:station|banegaard|perron|arbejde))",
    r"kan? (?:ikke|i[kt]|ett?) (?:kom(?:me)?|slippe?) (?:ned fra"
    r"|ud(?:$| (?:herfra|fra|vi|der|af(?! (?:sengen|det|den|aftalen|\w*garagen|doeren foer)\b))))",
    r"vi kan ikke (?:komme|slippe) (?:vaek|bort)(?:$| herfra)(?! foer)",
    r"(?:can ?t|cannot|can not) get out(?! of (?:it|this|work|the meeting))",
    rf"stuck{_BUSY} (?:in|on|under)",
    r"(?:vi (?:er|sidder|staar)|jeg (?:sidder|staar)|(?<!^)jeg er) paa (?:taget|loftet)(?=$| (?:af|vi|vandet)\b)",
)
_BURNING = (
    r"(?:det|der|her) (?:braend|brander(?! sig))",
    rf"(?!jeg\b|lys|sol|{_HEARTH}(?:en|et|ne)?\b)\w+ (?:braender|braen+er)"
    r"(?! (?:\w+ )?(?:for|paa|sammen|ud|inde|ikke|lys|baal|mandler)\b)",
    rf"(?:ild|ilden|(?:ilde)?brand) (?:i|paa) {_BURNS}|fire in {_BURNS}",
    r"(?:brand\w*|ild\w*) (?:er |har )?(?:\w+ )?(?:ude af kontrol|breder sig|bredt sig)",
    r"eksplosion (?:i|paa)|eksploderet|gasudslip|gaslugt|lugter af gas",
    r"(?:bygning|hus|tag|loft|mur|trappe)\w* (?:er )?(?:\w+ )?(?:styrtet|faldet) (?:sammen|ned)",
    rf"(?:er|opstaaet) {_SOME}?(?:ild|brand)$|der er {_SOME}{{0,2}}(?:brand|roeg)(?! (?:i|fra) {_HEARTH})",
    r"(?:i|af) (?:brand|flammer)$|on fire(?! today)|there is (?:a )?fire",
    r"(?:fuld\w*|fyldt) (?:af|med) roeg|smoke (?:in|on|everywhere)",
    r"roeg (?:i|paa|fra) (?:hele )?(?:\w*gangen?|\w*rum\w*|\w*bygning\w*|huset|trappe\w*|opgang\w*|kaelder\w*)",
)
_HURT = (
    r"bloeder(?! (?:ikke|lidt))|staerkt bloedende|(?:meget )?blod overalt|bleeding|ingen puls|no pulse",
    rf"{_SOMEBODY} (?:vaagner ikke(?! foer)|vil ikke vaagne|(?:har|faar) kramper(?! i \w*(?:ben|laeg|fod)))",
    r"stopped breathing|fallen(?: \w+){0,2} (?:can ?t|cannot) get up|allergisk chok|jeg foeder$",
    rf"(?:^|jeg |{_SOMEBODY} )vil (?:gerne |bare )?(?:doe|ikke leve(?: mere| laengere)?)$",
    rf"(?:^|(?:folk|de|{_SOMEBODY}) )falder om$",
    r"kommet til skade|besvimet|hjerteanfald|heart attack",
    r"ved at (?:drukne|doe|kvaeles|braende|fryse ihjel)(?! af (?:grin|latter|varme|kedsomhed))",
    r"fryser ihjel|vandet staar os",
    r"faldet om(?! (?:kl|natten)\b)|kan ikke rejse (?:sig|mig)",
    rf"(?:vi|jeg|{_SOMEBODY}) (?:\w+ )?faldet (?:i (?:vandet|havnen|havet|soeen|aaen)|i?gennem isen)",
    rf"(?:vi|jeg|de|{_SOMEBODY}) doer(?! (?:af grin|af varme|efter|(?:\w+ )?ikke)\b)|doeende",
    r"(?:we|they|people|person|patient|man|woman|he|she|i)(?: (?:are|is|re|s|am|m))? dying"
    r"(?! (?:to|for|of (?:laughter|boredom))\b)",
    rf"{_SOMEBODY} er doede?$",
)
_ATTACKED = (
    r"(?:bliver|blevet|er|being|been) (?:skudt|shot)(?! (?:i gang|af)\b)|der skydes|skyder paa (?:os|mig|dem|folk)",
    r"(?:bliver|blevet) (?:truet|overfaldet|angrebet)|knivstukket|gidse?l\w*|(?:vi|jeg) gemmer (?:os|mig)",
    r"med (?:en |et )?(?:kniv|pistol|gevaer|haglgevaer|vaaben|gun|knife)",
    rf"(?:de|nogen|{_SOMEBODY}) skyder (?:paa|i|mod|efter)(?! (?:kl|maal)\b)|shots fired|gunman|active shooter",
    r"(?:ved|proever|forsoeger) at bryde ind|knivstikker\w*|bombe (?:i|paa|under|ved)|bombetrussel",
)
_AIR = (
    r"(?:mangler|uden|ikke mere|ikke nok|toer for|ingen|out of|no) (?:ilt|oxygen)",
    r"(?:har|faar) ikke (?:mere |nok )?ilt",
    r"ilten er (?:\w+ )?(?:sluppet op|vaek|opbrugt|brugt op|tom$)",
    r"respirator\w* (?:er )?(?:gaaet|svigtet|svigter|stoppet|virker ikke)",
)
_MANY = (
    r"(?:[1-9][0-9]{0,3}|en|to|tre|fire|fem|seks|syv|otte|ni|ti|flere|(?<!hvor )mange|one|two|three|four|five|several"
    r"|(?<!how )many)"
    r" (?:\w+ )?(?:er )?(?:haardt |alvorligt |svaert |livsfarligt )?"
)
_NO_PERSON = (
    r"(?:paere|lampe|skaerm|batteri|telefon|linje|punkt|vinkel|timer|tid|fugl|svane|and\b|aend|hoen|dyr|saml|fisk|saeler?\b|ko\b|koe|gris"
    r"|svin|mink|rotte|mus|traee|birds?|animals?|batter)"
)
_VICTIMS = (
    rf"{_MANY}(?:(?:til)?skadekomne?|saarede?|saaret(?! over)|kvaestede?|kvaestet"
    r"|doede?|draebte?|omkomne?|bevidstloese|forbraendte|injured"
    rf"|wounded|dead|casualties)(?! {_NO_PERSON})",
)
DANGERS = (*_TRAPPED, *_BURNING, *_HURT, *_ATTACKED, *_AIR, *_VICTIMS)

DENIED = (  # directly before a danger
    r"(?:ikke|ingen|intet|ej|nul|hverken|uden|udenfor|aldrig|eller|no|none|nobody|not|never|without|(?:is|are)n t)"
    r"(?: (?:laengere|mere|er|har|vi|der|nogen|af|os|any|is|are|one|been|has)){0,3} $"
)
SUPPOSED = (
    r"\b(?:hvis|saafremt|naar|if|when|in case|i tilfaelde af)(?: \w+){0,3} $"  # at most three words before
)
OVER = (  # anywhere in its clause
    r"\b(?:(?:brand|ild)\w*(?: \w+){0,3} slukket|slukket (?:brand|ild)\w*|\w+oevelsen?|(?:aflyst|afblaest)$|falsk alarm"
    r"|(?:har (?:\w+ )?vaeret|havde|var)(?: \w+)? (?:ild|brand\w*|roeg|gaslugt|gasudslip)|undersoegt|oevelsen"
    r"|under kontrol|i sikkerhed|reddet|ude af (?:bygning|hus|lejlighed|kaelder|elevator|\w+hjem)\w*|overstaaet|i gaar"
    r"|drill|false alarm|put out|extinguished|under control|safe|rescued|yesterday)\b"
)
ASKS = r"(?:er|har|kan|skal|var|bliver|hv\w+|is|are|was|has|have|what|where|who|when|why|how)\b"

# The word for help where many speak another language at home.
_ABROAD = {
    "german": "hilfe hilf helft",
    "polish": "pomoc pomocy pomóżcie pomozcie ratunku",
    "french": "secours aidez",
    "spanish": "ayuda socorro auxilio",
    "italian": "aiuto",
    "romanian": "ajutor",
    "turkish": "yardım yardim imdat",
    "somali": "caawi caawimo caawimaad gargaar",
    "finnish": "apua",
    "russian": "помогите помощь помощи спасите pomogite",
    "ukrainian": "допоможіть допомога допомоги допомогу рятуйте поможіть dopomozhit",
    "arabic": "مساعدة المساعدة ساعدوني ساعدونا ساعدني النجدة نجدة انقذونا أنقذونا",
    "persian": "کمک",
}
ABROAD = frozenset(word for words in _ABROAD.values() for word in words.split())
_NO_ABROAD = "kein keine keinen nicht nie pas sans sin nu yok не нет немає без لا"
NO_ABROAD = frozenset(_NO_ABROAD.split())
_THANKS_ABROAD = (
    "danke dank merci gracias grazie dzieki dzięki dziękuję teşekkürler mahadsanid спасибо дякую شكرا"
)
THANKS_ABROAD = frozenset(_THANKS_ABROAD.split())
