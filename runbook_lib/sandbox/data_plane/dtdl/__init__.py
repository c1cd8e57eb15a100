"""The Digital Twins Definition Language, versions 2 and 3, as the service reads it on upload.

Start with `parser`: it checks one interface against `metamodel`, the language as a table, and is loaded with the first
model. `references` checks how the interfaces of an upload fit together, and `quantities` lists the semantic types with
their units.
"""
