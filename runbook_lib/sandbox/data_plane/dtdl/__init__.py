"""The Digital Twins Definition Language, versions 2 and 3, as the service reads it on upload.

`reading` is the door: it holds one interface against `metamodel`, the language as a table, and is loaded
with the first model. `references` looks at how the interfaces of an upload hang together, and `quantities`
knows the semantic types with their units.
"""
