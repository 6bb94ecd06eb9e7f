"""Checks a published evaluation from its public folder alone; Python 3.11 or later and nothing else.

    python3 -I DIR/verify.py [DIR] [--pin "ORIGIN SIZE ROOT" | --pin FILE]... [--witness VKEY]...
        [--lang zh|en]

Written from the published rules, not from the server's code.
Exit status 0: everything that can be checked from here is right. 1: something is not, in plain words.
A pin is a tree head that you kept yourself (from a receipt, a notice, an API answer): without one, whoever
holds the signing key could have written the whole record anew. A witness cosigns heads so that others need
not keep them: its verifier key, got from the witness itself, has its lines checked.
"""
