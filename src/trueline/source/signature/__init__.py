"""Signatures: a commit or tag as Git has it, and trusted keys → who signed it, or why it does not count. Pure.

`key` (TrustedKey, KeyRing, Signer) · `key_file` (the first keys) · `signed_object` (what a signature is over) · `judge`
(the verdict) · `openpgp`, `ssh` (the two kinds; their libraries are the extra `verify`, imported when a signature is
looked at) · `refusal` (each failure's diagnostic) · `replacement` (the word that lets history be rewritten).
"""
