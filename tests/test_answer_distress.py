"""Distress is heard without the word help, in whatever words; what is over, denied, supposed or far from it is none."""

import pytest

from messages.answer import Kind, read_answer
from messages.answer_typos import respelt_help

STAFF = (("1", "kommer"), ("2", "kommer ikke"))
HURT = (("tal", "antal sårede"),)


@pytest.mark.parametrize(
    "text",
    [
        *("red os", "Kom og hent os", "hent os nu", "send nogen", "Kan ingen hjælpe os?"),
        *("Er der ikke nogen der kan hjælpe", "112", "1-1-2", "Akut", "Kom hurtigt", "skynd jer"),
        *("Please send someone", "Vi sidder fast i elevatoren", "Vi er indespærret"),
        *("Vi kan ikke komme ud", "Der er røg på hele gangen vi kan ikke komme ud"),
        *("trapped in the lift", "vi er strandet på taget", "Det brænder her"),
        *("Der er ild i bygningen", "hun bløder kraftigt", "3 sårede", "To døde"),
        *("Der bliver skudt", "En mand er faldet i vandet", "vi mangler ilt", "patient uden ilt"),
        *("vi dør", "37, 2 er døende", "jeg er kommet til skade", "bru for hjælp", "hjlæp"),
        *("hejlp", "jælp", "hjæp", "HJ ÆLP", "h.j.æ.l.p", "Hilfe", "pomocy", "помогите"),
        *("допоможіть", "مساعدة", "النجدة", "yardım", "YARDIM", "imdat", "caawi", "gargaar"),
        *("au secours", "aidez-moi", "ayuda", "¡Socorro!", "Hvorfor kommer der ikke nogen"),
        *("Huset brænder og vi er 3 indenfor", "min mor er faldet om og bløder"),
        *("2, kan ikke komme, min mor er faldet om", "1, der er ild i kælderen"),
        *("2, min mor er faldet om og bløder", "Kommer ikke, det brænder"),
        *("Min kone er faldet og kan ikke rejse sig", "Respiratoren er gået ud", "han er død"),
        *("vi er blevet skudt på", "kritisk", "ja tak til hjælp", "vandet stiger vi er på loftet"),
        *("ingen ilt", "ikke mere ilt", "vi har 3 hårdt sårede", "3 er sårede", "flere kvæstede"),
        *("Hjælp ikke nødvendig men vi er fanget", "der er brand", "Brand i kælderen"),
        *("det er akut", "🆘", "SOS!!! 🆘", "hjææælp", "ikke slukket det brænder"),
        *("branden er ikke slukket, det brænder", "bygningen brænder, hvad gør vi?"),
        *("der er røg i kælderen", "vi er spærret inde", "døren er låst vi er lukket inde"),
        *("two people injured", "the house is on fire", "we are stuck in the elevator"),
        *("can't get out", "she is bleeding"),
        *(
            "fastklemt",
            "en mand er fastklemt under bilen",
            "vi er låst inde",
        ),
        *(
            "hent os på Havnegade 3",
            "strømmen er slukket der er røg på gangen",
        ),
        *(
            "branden er ude af kontrol i bygningen",
            "mødet er aflyst der er brand i kælderen",
        ),
        *(
            "vi hænger fast i elevatoren",
            "kan ikke komme ud der er røg",
        ),
        *(
            "kan ikke komme ud af bygningen",
            "vi kan ikke komme ud herfra",
            "3 døde",
        ),
        *(
            "3 døde personer",
            "3 sårede ved broen",
            "to sårede mennesker",
            "there is fire",
        ),
        *(
            "fire in the kitchen",
            "der er ild i køkkenet",
            "ild på 3. sal",
            "brand på 3 sal",
        ),
        *(
            "brand!",
            "Brand",
            "Ildebrand i køkkenet",
            "BRAND I KØKKENET",
        ),
        *(
            "det brænder i køkkenet",
            "bilen brænder",
            "huset står i flammer",
        ),
        *(
            "min mand er bevidstløs",
            "hun er besvimet",
            "han har fået et hjerteanfald",
        ),
        *(
            "gasudslip",
            "der lugter af gas",
            "gaslugt",
            "eksplosion i kælderen",
        ),
        *(
            "bygningen er styrtet sammen",
            "vi er ved at drukne",
            "vandet står os til halsen",
        ),
        *(
            "der er en mand med kniv",
            "vi bliver truet",
            "terror",
            "gidsler",
            "vi gemmer os",
        ),
        *(
            "overfald",
            "jeg bliver overfaldet",
        ),
        *("3 er såret", "tre er hårdt såret", "jeg er faldet igennem isen", "ingen puls"),
        *("mor vågner ikke", "hun har kramper", "stærkt blødende", "blod overalt"),
        *("vi ka ik kom ud", "a ka ett kom ud", "vi sitter fast", "vi sidder i klemme"),
        *("der er nogen fanget under bilen", "vi kan ikke komme væk", "få os ud"),
        *("få os væk herfra", "bygningen er faldet sammen", "taget er faldet ned over eleverne"),
        *("ambulance!", "ambulance nu", "send en amulance", "kan nogen hente os"),
        *("redningsbåd nu", "vi skal bruge en læge nu", "vi har brug for jer nu", "hjælpe!"),
        *("ilten er sluppet op", "ilten er væk", "vi har ikke ilt", "patienten får ikke ilt"),
        *("det bræner", "det brænner", "der brander", "de skyder på skolen", "shots fired"),
        *("nogen er ved at bryde ind", "knivstikkeri", "bombe på skolen", "gunman in school"),
        *("she stopped breathing", "i have fallen i cant get up", "hlep", "jeg vil dø"),
        *("han har taget piller og vil dø", "liv i farer", "Pomóżcie", "en sidder fast i bilen"),
        *("ring 112 ved broen", "ved skolen er der brand ring 112", "i livsfare ring 112"),
        *("hvis I ser dette ring 112", "brand på loftet, ikke slukket", "Hjalp!"),
        *("der er brand på kurset", "der er 3 sårede, falsk alarm på loftet", "de skyder i gården"),
        *("Situationsrapport\n3 sårede", "Evakueringsplan\nhjælp os nu", "der var en eksplosion i huset"),
    ],
)
def test_distress_is_a_cry_for_help(text: str) -> None:
    assert read_answer(text, STAFF).kind is Kind.HELP


@pytest.mark.parametrize(
    "text",
    [
        *("brandøvelse aflyst", "112 ringet op?", "112 er ringet op", "vi mangler kaffe"),
        *("jeg kommer hurtigt", "Jeg kommer så hurtigt jeg kan", "døde batterier"),
        *("2 døde batterier", "ild i pejsen hos os", "tak for hjælpen", "jeg hjælper gerne"),
        *("kan hjælpe fra kl 18", "Kan godt hjælpe", "ingen sårede", "0 døde", "0 sårede"),
        *("nul døde", "alle er i sikkerhed", "er ude af bygningen", "hjælp er på vej"),
        *("ingen døde eller sårede", "der er ikke ild i bygningen", "det brænder ikke"),
        *("branden er slukket", "der er ingen brand", "brand i kælderen er slukket"),
        *("vi sidder ikke fast", "vi sidder fast i kø", "sidder fast i trafikken"),
        *("jeg sidder fast i et møde", "kan ikke komme ud til jer", "kan ikke komme"),
        *("kan ikke komme ned til jer", "jeg er ikke kommet til skade"),
        *("ingen er kommet til skade", "hun bløder ikke", "hvis det brænder ringer jeg"),
        *("er der brand?", "er der sårede?", "hvor brænder det?", "jeg brænder for det"),
        *("mødet er faldet i vandet", "strandet i Spanien", "send nogen mails"),
        *("har batterier nok, mangler ikke ilt", "vi har ilt nok", "jeg dør af grin"),
        *("står ved din dør", "hent mig kl 18", "jeg henter jer", "hjælm", "har hjælmen med"),
        *("hjem", "det er ikke akut", "haster det?", "ikke kritisk", "telefonen er død"),
        *("min bil er død", "danke für die hilfe", "nie potrzebuję pomocy", "ild under gryden"),
        *("vi bliver i bygningen", "ingen fanget", "alle er reddet", "falsk alarm, ingen brand"),
        *("brandvæsenet er her", "røgen er væk", "jeg røg ud af mødet", "held og lykke"),
        *("vi mangler 2 senge", "2 mand kommer", "3 personer på vej", "to biler"),
        *("kommer om 112 minutter", "ring til mig", "send gerne mere info", "send nogen hjem"),
        *("kom endelig", "kommer hurtigt ned", "hele holdet kommer", "der er is på vejen"),
        *("er i bil", "vi er på kontoret", "alt ok i bygningen", "strømmen er væk"),
        *("ingen strøm her", "vandet stiger", "brandalarmen går", "er faldet i søvn"),
        *("min mor er syg", "fast arbejde", "er på taget om 10 min"),
        *(
            "vi er fire i alt",
            "fire i bilen",
            "kommer, vi er fire i bil",
        ),
        *(
            "aftalen ligger fast",
            "jeg er fast på vagt i nat",
        ),
        *(
            "nøglerne er låst inde i skabet",
            "kan ikke komme ned før kl 20",
        ),
        *(
            "kan ikke komme ned på kontoret",
            "kan ikke komme ud før kl 20",
        ),
        *(
            "mødet er skudt i gang",
            "hent mig på stationen",
            "hent mig kl 7",
            "3 døde fugle",
        ),
        *(
            "20 døde svaner på stranden",
            "hvor mange sårede",
            "hvor mange døde er der",
        ),
        *(
            "kan ikke komme ud af det",
            "alle er ude af huset",
        ),
        *(
            "brand i kælderen er slukket nu",
            "branden i kælderen er under kontrol",
        ),
        *(
            "det var falsk alarm i kælderen",
            "brandøvelse i skolen",
        ),
        *(
            "vi holder brandøvelse i morgen",
            "hvis der er brand i bygningen ringer vi",
        ),
        *(
            "i tilfælde af brand i huset",
            "strømmen er gået",
            "vand i kælderen",
        ),
        *(
            "vi har to hold klar",
            "12 mand klar",
            "har 3 biler",
            "jeg er på vej hjem",
        ),
        *(
            "jeg kommer så snart jeg kan",
            "kan være der om 20",
            "kan du hente mig?",
        ),
        *(
            "Jeg kan ikke komme ud til jer i aften",
            "er fast ansat",
        ),
        *(
            "sidder fast i kø på E45",
            "vi sidder desværre fast i bilkø",
        ),
        *(
            "Sidder fast på arbejde",
            "Jeg er i byen",
            "Hun er i live",
            "er i livet",
        ),
        *(
            "live stream",
            "mand med erfaring kommer",
            "vi er klar",
            "alle mand er klar",
        ),
        *(
            "ilt nok",
            "ild er farligt",
            "brændte mandler",
            "jeg brænder inde med spørgsmål",
        ),
        *(
            "det brænder på",
            "lyset brænder",
            "tab ikke modet",
            "ingen problemer her",
        ),
        *(
            "alt under kontrol",
            "vi dør nok ikke af det",
            "har dørvagter",
            "dør 3 er låst",
        ),
        *(
            "døren er låst",
            "er du død?",
            "er døren låst?",
            "det haster ikke",
            "ikke akut",
        ),
        *(
            "akutmodtagelsen er klar",
            "Akutlægen er her",
            "kom endelig forbi",
        ),
        *(
            "de skød genvej",
            "jeg skyder på kl 18",
            "skudår",
            "hun er faldet til ro",
        ),
        *(
            "priserne er faldet",
            "barn syg",
            "min datter er syg",
            "red sengen",
            "red en hest",
        ),
        *(
            "redder mig en kop kaffe",
            "vi er reddet",
            "ventilen er lukket inde i rummet",
        ),
        *(
            "pumpen er gået",
            "vi har mange syge",
            "5 syge",
            "en syg",
            "er stranden lukket",
        ),
        *(
            "strandvejen er lukket",
            "3 voksne",
            "to voksne og et barn",
            "10 evakuerede",
        ),
        *(
            "evakuerede 10",
            "kan hjælpe",
            "kan jeg hjælpe",
            "skal jeg hjælpe",
            "hjælper til",
        ),
        *(
            "tak for hjælp i går",
            "hjemme",
            "hej",
            "help desk",
            "kan nogen tage nøglen",
        ),
        *(
            "har nogen set Bo",
            "112 app er installeret",
            "kl 11.12",
            "Ring til mig",
        ),
        *(
            "ring 1811",
            "ring mig op",
            "Send mere",
            "Send en besked",
            "send adressen",
        ),
        *(
            "send nogen oplysninger",
            "nej tak",
            "Det er meget kritisk at vi får svar",
        ),
        *(
            "situationen er ikke kritisk",
            "HASTER: nyt mødelokale",
            "Brand: ny procedure",
            "Akut: se vedhæftede",
            "the mail server is dying",
            "situationen er normal",
        ),
        *("Lukket\nVed akut livstruende sygdom ring 112.", "Kommer.\n\nI livsfare ring 112. Hilsen"),
        *("1\nVed livsfare: ring 112", "Ved akut behov for hjælp ring 112", "Ring 112 ved brand."),
        *("hvis liv er i fare, ring 112", "Evakueringsplan\nVed brand: ring 112, red folk i fare"),
        *("Døren sidder fast", "nøglen sidder fast i låsen", "mit kort sidder fast i automaten"),
        *("vi sidder fast i sneen på vej til arbejde", "vi er fanget i trafikken", "Bålet brænder fint"),
        *("Elevatoren sidder fast mellem 2. og 3. sal.", "3 døde pærer", "der er røg fra pizzaovnen"),
        *("der har været brand i en container i nat, slukket nu", "brand i en container, slukket"),
        *("Gaslugt er undersøgt, intet fundet", "Gaslugt\nGaslugten i kælderen er undersøgt"),
        *("min far er død, har fri til onsdag", "Skynd dig at svare", "Kom hurtigt i gang med det"),
        *("Jeg er på loftet og finder kablet", "kan ikke komme ud af garagen", "on fire today"),
        *("kan ikke komme ud af døren før kl 9", "vi er ved at dø af grin", "I am dying to see this"),
        *("mor vågner ikke før kl 9", "han skyder i mål", "det brander sig", "mødet er aflyst haha"),
        *("kaffemaskinen er eksploderet haha", "kan ikke få vejret til at makke ret haha"),
        *("borgeren kan ikke rejse sig selv, men det er vanligt", "en dreng bløder lidt, plaster på"),
        *("Hjertestop kursus er aflyst", "er du i fare for at blive forsinket?", "livsfarligt glat"),
        *("Nyhedsbrev november\n3 sårede ved øvelsen", "Statistik 112\n3 døde og 12 tilskadekomne"),
        *("Beredskabsplan i høring\nhvad vi gør ved brand, eksplosion, gidseltagning", "jeg drukner i mails"),
    ],
)
def test_what_is_over_or_denied_or_no_distress_is_no_cry(text: str) -> None:
    assert read_answer(text, STAFF).kind is not Kind.HELP


@pytest.mark.parametrize(
    ("text", "number"), [("3 sårede", "3"), ("vi har 3 sårede", "3"), ("112", "112"), ("37, 2 er døende", "")]
)
def test_what_was_to_be_counted_is_a_number_and_no_cry(text: str, number: str) -> None:
    answer = read_answer(text, HURT)
    assert (answer.option, answer.kind is Kind.HELP) == (number, not number)


@pytest.mark.parametrize("word", ["hjlaep", "hejlp", "jaelp", "hjaep", "hjaelo", "gjaelp", "hjaelop"])
def test_one_slip_from_it_is_the_word(word: str) -> None:
    assert respelt_help(f"vi har brug for {word} nu") == "vi har brug for hjaelp nu"


@pytest.mark.parametrize(
    "word", ["hjelm", "hjaelm", "hjaelpe", "hjem", "hjul", "held", "hele", "haelen", "hjerte", "hvalp"]
)
def test_another_word_is_left_as_it_is(word: str) -> None:
    assert respelt_help(f"hent {word} nu") == f"hent {word} nu"


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    ["vi ikke ", "er der ", "kan ikke ", "der er x ", "3 er ", "mand \n", "h j ", "ild i ", "a: ", 'a "'],
)
def test_a_flood_of_it_is_read_quickly(text: str) -> None:
    sent = "oevelse bavnby kommune " * 300
    assert read_answer(text * 25_000, STAFF, sent=sent).kind in Kind
