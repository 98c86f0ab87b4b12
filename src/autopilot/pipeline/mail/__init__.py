"""Builds mails: headers nobody can break out of, a body for every mail program, per reader in microseconds."""

from autopilot.pipeline.mail.issue_mail import Issue, Letterhead, mail_to
from autopilot.pipeline.mail.letter_mail import mail_of, sender_of

__all__ = ["Issue", "Letterhead", "mail_of", "mail_to", "sender_of"]
