"""What Bavn promises, judged from outside: by a ledger of what was accepted and by the far ends' journals."""
