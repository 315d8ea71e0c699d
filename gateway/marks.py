"""How a word says which alert it means, where it could be a code or an identifier: `#K7` and `id:K7`."""

CODE_MARK = "#"  # always a code
EXACTLY = "id:"  # always an identifier, in full; no other alert's name can be taken for it
