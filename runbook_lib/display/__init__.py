"""How results look: cards, tables and drawings, as HTML and as plain text."""
