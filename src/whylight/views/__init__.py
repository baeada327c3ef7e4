"""How an input is drawn, one file per kind."""
