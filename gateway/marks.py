"""Marks that the hub puts in words and names.

`#K7` and `id:K7` say which alert a word means where it could be a code or an identifier. ASKS and TELLS are the
submitters of what the hub sends of itself; no token can have such a name.
"""

CODE_MARK = "#"  # always a code
EXACTLY = "id:"  # always an identifier, in full; no other alert's name can be taken for it
ASKS = ":hub-asks"  # of the duty officer: who takes this?
TELLS = ":hub-tells"  # no question, and nothing answers it
