"""What a service answers, as one sentence: what it was asked with is not repeated."""

import pytest

from trueline.target.answer import Refusal
from trueline.target.site.s3.fault import refused

ASKED = "Generic S3 error: Error performing PUT http://h/b/x in 5ms - Server returned non-2xx status code: "
BODY = '<?xml version="1.0"?><Error><Code>{}</Code><Message>{}</Message><StringToSign>SECRET</StringToSign></Error>'


@pytest.mark.parametrize(
    ("status", "code", "refusal"),
    [
        ("403 Forbidden", "AccessDenied", Refusal.FORBIDDEN),
        ("403 Forbidden", "SignatureDoesNotMatch", Refusal.FORBIDDEN),
        ("401 Unauthorized", "Unauthorized", Refusal.FORBIDDEN),
        ("404 Not Found", "NoSuchBucket", Refusal.DENIED),
        ("507 Insufficient Storage", "XMinioStorageFull", Refusal.DENIED),
        ("400 Bad Request", "QuotaExceeded", Refusal.DENIED),
        ("500 Internal Server Error", "InternalError", Refusal.BUSY),
        ("503 Service Unavailable", "SlowDown", Refusal.BUSY),
    ],
)
def test_a_status_is_a_refusal(status: str, code: str, refusal: Refusal) -> None:
    found = refused(ValueError(f"{ASKED}{status}: {BODY.format(code, 'It &amp; nothing else')}"))
    assert (found.refusal, found.message) == (refusal, f"{status} {code}: It & nothing else")


def test_without_an_answer_the_library_is_heard() -> None:
    text = "Generic S3 error: Error performing PUT http://h/b/a in 2ms - HTTP error: error sending request"
    found = refused(ValueError(f"{text}\n\nDebug source:\nX"))
    assert (found.refusal, found.message) == (Refusal.BUSY, "the connection failed: HTTP error: error sending request")


def test_a_strangers_key_that_cannot_be_read_is_named() -> None:
    found = refused(
        ValueError('Encountered object with invalid path: Error parsing Path "p/../c": illegal\n\nDebug source:')
    )
    assert "p/../c" in found.message
