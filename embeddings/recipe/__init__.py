"""How the model that ships was made; no part of the package, and nothing in the package imports it."""
