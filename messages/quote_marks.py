"""How mail programs mark what they quote and what they add, in the languages that a Danish authority meets. Tables.

Sources: what the programs write (Outlook, Apple Mail, Gmail, Thunderbird, Notes, phones), RFC 3676 4.3 (`-- `).
"""

import re

# "Den 23. nov. 2026 kl. 09.31 skrev Krisestab <a@b>:" and its sisters; the verb of the line before a quotation.
_WROTE = (
    r"skrev|skriver|wrote|writes|schrieb|schreibt|a écrit|écrit|kirjoitti|ha scritto|scrisse|schreef"
    r"|napisał|napisał\(a\)|escribió|escreveu|írta|skrifaði|kirjutas|rakstīja|rašė|написал|написала|пише|пишет"
    r"|napsal|scrie|a scris"
)
WROTE = re.compile(rf"(?<!\w)(?:{_WROTE})(?!\w)", re.IGNORECASE)
DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
CLOCK = re.compile(r"\b\d{1,2}[.:h]\d{2}\b")
ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,253}")

# The head that Outlook and others put before the whole original, one label a line.
_FROM = "from,fra,von,de,da,van,från,frá,lähettäjä,od,message du"
_OTHER = (
    "sent,date,to,subject,cc,bcc,reply-to,importance,sendt,dato,til,emne,kopi,gesendet,datum,an,betreff"
    ",envoyé,envoyé le,le,à,a,objet,copie à,sujet,inviato,data,oggetto,verzonden,aan,onderwerp,skickat,ämne"
    ",lähetetty,päivämäärä,vastaanottaja,aihe,wysłano,do,temat,enviado,fecha,para,asunto,assunto"
)
FROM_LABELS = frozenset(_FROM.split(","))
OTHER_LABELS = frozenset(_OTHER.split(","))
LABEL = re.compile(r"[\s*_>]*([^\W\d_][\w '-]{0,20}?)\s*:[*_]*(?:\s|\S|$)")
# "-----Oprindelig meddelelse-----", "---------- Forwarded message ---------"
DIVIDER = re.compile(r"\s*-{2,}\s?[^\W\d_][^\r\n]{2,60}?\s?-{2,}\s*")
RULE = re.compile(r"\s*(?:_{2,}|={4,}|-{8,}|\*{8,}|—{2,})\s*")

SIGNATURE = re.compile(r"(?:--|—|–)\s*|__+\s*")
# What phones and programs add below. A person who writes such a line by hand has not answered with it either.
DEVICE = re.compile(
    r"""\s*(?:
    (?:sendt|sent|skickat|lähetetty|enviado|inviato|verzonden|verstuurd|wysłane|gesendet|envoyé)
        \s(?:fra|from|från|desde|do|dal|da|vanaf|van|met|z|von|de|depuis|via|with|using|min|mit)\s.{1,80}
    |von\s(?:meinem|unterwegs).{0,60}gesendet\.?
    |lähetetty\s.{1,60}
    |(?:sendt|sent|gesendet)\s(?:med|with|mit)\s(?:proton|tuta|bluemail|blue\smail|canary|spark|mailbird|fairemail|k-9|thunderbird
        |em\sclient|gmail|outlook|yahoo).{0,60}
    |(?:denne|this)\s(?:mms|sms)(?:-besked|\smessage)?\s(?:er|was|is)\s(?:sendt|sent)\s(?:fra|from|via)\s(?!.{0,60}auto).{1,60}
    |(?:hent|get|download|få|hämta|obtenir|holen\ssie\ssich)\s(?:outlook|bluemail|spark|gmail).{0,80}
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# What an organisation's filter puts above a mail from outside.
BANNER = re.compile(
    r"\W*(?:ekstern|external|advarsel|caution|warning|obs|bemærk|pas på|achtung)\b.{0,200}"
    r"(?:ekstern|external|outside|uden\s?for|udefra|ukendt|afsender|organi[sz]ation)",
    re.IGNORECASE,
)
# The same, whole: what follows on the next line is the mail. The second is Microsoft's, of a sender who is new.
_OUTSIDE = r"(?:ekstern\w*|external)(?:[ -]?(?:e-?mail|mail|besked|afsender|sender|message))?"
_LINK = r"\W*(?:[<\[(]*https?://\S{1,400})?\W*"
WHOLE_BANNER = re.compile(
    rf"""\W*(?:
    (?:\[|\*|\(){{1,3}}\s*{_OUTSIDE}\s*(?:\]|\*|\)){{1,3}} | {_OUTSIDE}
    |(?:du|I|nogle?\saf\sdem.{{0,40}})\s(?:modtager|får)\sikke\s(?:ofte|ret\softe|så\softe)\s(?:e-?)?mails?\sfra\s\S+.{{0,120}}?
        (?:vigtigt|identifikation|afsenderen)
    |(?:you|some\speople\swho\sreceived\sthis\smessage)\s(?:don['’]t|do\snot)\soften\sget\s(?:e-?)?mail\sfrom\s\S+.{{0,120}}?
        (?:important|identification)
    ){_LINK}""",
    re.IGNORECASE | re.VERBOSE,
)
MARKED_OUTSIDE = re.compile(
    rf"\s*(?:\[|\*{{2,3}}|\()\s*{_OUTSIDE}\s*(?:\]|\*{{2,3}}|\))[\s:–-]*", re.IGNORECASE
)
# What such a warning goes on to say behind its mark: `[EKSTERN MAIL] Vær opmærksom på links`.
WARNS = re.compile(
    rf"\W*(?:\[|\*|\()\s*(?:{_OUTSIDE}|advarsel|caution|warning)\s*(?:\]|\*|\))\W*"
    r"(?:vær (?:opmærksom|forsigtig|kritisk)|pas på|klik|åbn|undlad|tænk (?:dig|før)|kontroll?er|tjek"
    r"|be (?:care|aware|caut)|(?:do not|don['’]t) (?:click|open|reply)|think before|verify"
    r"|(?:denne|this) (?:e-?)?(?:mail|besked|message))"
    r"|\W*(?:denne|this)\s(?:e-?)?(?:mail|besked|meddelelse|message)\b.{0,60}\b(?:fra|from|afsender|sender|originated)\b"
    r".{0,60}\b(?:ekstern|external|udefra|uden\s?for|outside)",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"\s*(?:hej|hi|hello|dear|kære|goddag|hallo|bonjour|hei|god\s?morgen)\b[^.?!\d]{0,40}", re.IGNORECASE
)
# A line that says no more than that the answer stands elsewhere in the mail.
POINTER = re.compile(
    r"\W*(?:(?:jeg\shar\s)?(?:se|see|læs|svaret|answered|svar)\s)?(?:(?:mine?|mit|my|vores|our)\s)?"
    r"(?:(?:svar(?:et|ene)?|answers?|repl(?:y|ies)|kommentarer|comments)\s)?(?:(?:står|er|is|are)\s)?"
    r"(?:nedenfor|herunder|below|inline|i\steksten|neden\sunder|nedenunder)\W*",
    re.IGNORECASE,
)
BELOW = re.compile(r"\b(?:nedenfor|herunder|below|inline|i teksten|neden under|nedenunder)\b", re.IGNORECASE)
