"""The loop: what runs is held to what Git says.

`desired` is what one application shall be · `reconcile` brings one application there, one pass, and reads like the
stages in order · `stray` finds what is ours and nobody lists · `fence` sees to it that one process writes, and nothing
older · `meanwhile` what is kept while nothing may be done · `status` is how it stands · `fleet` is what Git declares,
`version` which branches and tags of a site there are · `board` has every application between its passes, and
`schedule` says whose turn is next. `follow` follows Git, `sight` the targets, `refresh` tells how all is; `engine`
makes the passes and keeps them going: `dependency` tells whom one waits for, `loss` what many would lose together,
`readiness` which stand where they stay; `control` is what people ask of it, and `foresee` what one application's plan
makes for another's. `alert` shows it all to the Notifiers. Nothing here waits for health or hooks: a pass ends, and an
event wakes the next one.
"""
