"""Signs drawn into the page, so that none has to be loaded. None stands without a word."""


def _drawn(paths: str, kind: str = "sign") -> str:
    return f'<svg class="{kind}" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">{paths}</svg>'


MENU = _drawn('<path d="M3 5h14M3 10h14M3 15h14"/>')
CLOSE = _drawn('<path d="M5 5l10 10M15 5L5 15"/>')
SCHEME = _drawn('<circle cx="10" cy="10" r="7"/><path class="full" d="M10 3a7 7 0 0 1 0 14z"/>')
PREVIOUS = _drawn('<path d="M12 4l-6 6 6 6"/>')
NEXT = _drawn('<path d="M8 4l6 6-6 6"/>')
