"""Search: what each issue says as one row, with an index over its words; filled from what is there."""

import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXTS = ("subject", "intro", "stories")


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    op.create_table(
        "issue_texts",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("words", _words_type() if is_postgres else sa.Text()),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_issue_texts")),
        sa.UniqueConstraint("issue_id", name=op.f("uq_issue_texts_issue_id")),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issues.id"],
            name=op.f("fk_issue_texts_issue_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_issue_texts_words",
        "issue_texts",
        ["words"],
        postgresql_using="gin",
        sqlite_where=sa.text("0"),
    )
    _fill_postgres() if is_postgres else _index_sqlite()


def _words_type() -> sa.types.TypeEngine[str]:
    from sqlalchemy.dialects.postgresql import TSVECTOR

    return TSVECTOR()


def _index_sqlite() -> None:
    """FTS5 over the rows of the table; triggers, so that rows which go by a cascade go here too."""
    op.execute(
        "CREATE VIRTUAL TABLE issue_search USING fts5(subject, intro, stories,"
        " content='issue_texts', content_rowid='place',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    new, old = (", ".join(f"{row}.{name}" for name in ("place", *TEXTS)) for row in ("new", "old"))
    add = f"INSERT INTO issue_search (rowid, subject, intro, stories) VALUES ({new});"  # noqa: S608
    drop = (
        "INSERT INTO issue_search (issue_search, rowid, subject, intro, stories)"  # noqa: S608
        f" VALUES ('delete', {old});"
    )
    for event, acts in (("INSERT", add), ("DELETE", drop), ("UPDATE", drop + " " + add)):
        op.execute(
            f"CREATE TRIGGER issue_texts_{event.lower()} AFTER {event} ON issue_texts"
            f" BEGIN {acts} END"
        )
    _fill_sqlite()


def _fill_sqlite() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.create_function("folded", 1, _folded, deterministic=True)
    op.execute(
        "INSERT INTO issue_texts (issue_id, subject, intro, stories)"
        " SELECT i.id, folded(substr(i.subject, 1, 1000)), folded(substr(i.intro, 1, 10000)),"
        "  folded(substr(coalesce((SELECT group_concat(told, ' ') FROM ("
        "   SELECT coalesce(json_extract(s.document, '$.title'), '') || ' ' ||"
        "    coalesce(json_extract(s.document, '$.summary'), '') AS told"
        "   FROM issue_stories s WHERE s.issue_id = i.id ORDER BY s.position)), ''), 1, 100000))"
        " FROM issues i ORDER BY i.created_at, i.id"
    )
    driver.create_function("folded", 1, None)


def _folded(text: str) -> str:
    """As the program does it: without accents and capitals, signs as blanks."""
    plain = (it for it in unicodedata.normalize("NFD", text) if not unicodedata.combining(it))
    words = unicodedata.normalize("NFC", "".join(plain).lower())
    return " ".join(re.findall(r"[^\W_]+", words))


def _fill_postgres() -> None:
    """The same in SQL, since the script has nothing else."""
    signs, plain = _folding()
    stories = (
        "coalesce((SELECT string_agg(coalesce(s.document ->> 'title', '') || ' ' ||"
        " coalesce(s.document ->> 'summary', ''), ' ' ORDER BY s.position)"
        " FROM issue_stories s WHERE s.issue_id = i.id), '')"
    )
    subject, intro, told = (
        f"translate(lower(left({column}, {longest})), '{signs}', '{plain}')"
        for column, longest in (("i.subject", 1_000), ("i.intro", 10_000), (stories, 100_000))
    )
    words = " || ".join(
        f"setweight(to_tsvector('simple', {name}), '{weight}')"
        for name, weight in zip(TEXTS, "ABC", strict=True)
    )
    op.execute(
        f"INSERT INTO issue_texts (issue_id, subject, intro, stories, words)"  # noqa: S608
        f" SELECT id, subject, intro, stories, {words} FROM (SELECT i.id, {subject} AS subject,"
        f" {intro} AS intro, {told} AS stories FROM issues i ORDER BY i.created_at, i.id) told"
    )


def _folding() -> tuple[str, str]:
    """Latin, Greek and Cyrillic letters and what each becomes; signs that PostgreSQL would join."""
    signs = "".join("._-/@&#~?=+<>*,;!()[]{}|€£·–—‘’“”„«»…\N{NO-BREAK SPACE}")
    pairs = dict.fromkeys(signs, " ")
    for first, last in ((0xC0, 0x24F), (0x370, 0x52F), (0x1E00, 0x1FFF)):
        for letter in map(chr, range(first, last + 1)):
            bare = "".join(
                sign
                for sign in unicodedata.normalize("NFD", letter)
                if not unicodedata.combining(sign)
            ).lower()
            if len(bare) == 1 and bare != letter and letter.isalpha():
                pairs[letter] = bare
    return "".join(pairs), "".join(pairs.values())


def downgrade() -> None:
    """Going back is a restore from the backup made before the upgrade."""
