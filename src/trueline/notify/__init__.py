"""What happens → people: one message when something changes, and one more when it is over.

`event` (what can be told, and how bad it is) · `notifier` (who is told of what, and where) · `template` (words of one's
own) · `address` (where a message may go) · `condition` (how an application stands → what holds) · `moment` (a record →
what happened) · `incident` (what holds over time → what is told, once) · `message` (what is sent) · `commit_status`
(what a forge shows at a commit) · `protocol` (what a service has to do) · `teller` (decides and queues, as one) ·
`courier` (delivers, again and again) · `trouble` (what is told of a Notifier itself) · `service/` (how each service
wants it).
"""
