"""The words that every stage shares; imports nothing of Trueline.

`ref` names a resource · `origin` says where it was written · `digest` addresses content · `known` tells certainty from
ignorance · `diagnostic` speaks to people · `fault` says by whose fault something went wrong · `pointer` walks a body ·
`masked` carries a secret.
"""
