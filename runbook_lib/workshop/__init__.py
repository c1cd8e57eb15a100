"""A class: the trainer's board, and what a learner's machine tells it.

`agent`, `client`, `membership`, `outbox` and `world` are the learner's side and need nothing beyond the guide. `board`,
`classroom`, `exports` and `store` are the trainer's side, which needs the extra `workshop`.
"""
