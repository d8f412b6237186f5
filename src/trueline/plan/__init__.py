"""Resources + Snapshot + Inventory → Plan. Pure: no await, no clock, no log; identities and digests, no target.

`change` is one resource, one action, one reason · `diff` finds the changes · `guard` holds back deletes that nobody may
have wished · `order` sorts them into stages · `plan` is the document · `report` writes it for people.
"""
