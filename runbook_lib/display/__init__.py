"""How results look: cards, tables and drawings, as HTML and plain text."""
