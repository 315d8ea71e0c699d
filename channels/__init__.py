"""The one place where meaning meets bytes: one file a bearer, and the registry that names them."""
