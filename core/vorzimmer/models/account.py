"""Logins and what proves them: accounts, roles, passkeys, sessions, app passwords, API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_security.models import sqla
from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vorzimmer.models.columns import Model, UtcInstant
from vorzimmer.models.resource import Resource

sqla.FsModels.set_db_info(  # type: ignore[no-untyped-call]  # it has no types
    base_model=Model, user_table_name="account", role_table_name="role", webauthn_table_name="passkey"
)


class Role(Model, sqla.FsRoleMixin):
    """A named set of single rights (C22): `permissions` holds them, see `access`."""

    __tablename__ = "role"


class User(Model, sqla.FsUserMixin):
    """A login. The class is called `User` because Flask-Security's mixins refer to it by that name.

    `resource_id` is the staff member this login is; front desk and customers have none.
    `locked_until` and `failed_logins` are the lockout (C37).
    """

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(5), default="")
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcInstant)

    resource: Mapped[Resource | None] = relationship()


Account = User


class WebAuthn(Model, sqla.FsWebAuthnMixin):
    """A passkey."""

    __tablename__ = "passkey"


class WebSession(Model):
    """A session on the server: the cookie holds a random id, the table its SHA-256 (T4). Its end is a deleted row."""

    __tablename__ = "web_session"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    seen_at: Mapped[datetime] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)


class LoginLink(Model):
    """A link that works once, stored as SHA-256 (C25, C28, A42). A newer one of the same purpose takes its place.

    `invite` (a week) and `reset` (an hour) set a password, `email` (an hour) makes `email` the account's address.
    `email` is the address it was sent to.
    """

    __tablename__ = "login_link"
    __table_args__ = (UniqueConstraint("account_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(254))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime] = mapped_column(UtcInstant)

    account: Mapped[User] = relationship()


class AppPassword(Model):
    """A password for one calendar app: 128 random bits, stored as SHA-256, shown once, revocable (T9, A49)."""

    __tablename__ = "app_password"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    used_at: Mapped[datetime | None] = mapped_column(UtcInstant)

    account: Mapped[User] = relationship()


class ApiKey(Model):
    """A key for the API, stored as SHA-256; it acts as its account.

    `scopes` are the rights that it has of its account's, None all of them. Without `expires_at` it has no end.
    """

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(80), default="")
    scopes: Mapped[list[str] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    used_at: Mapped[datetime | None] = mapped_column(UtcInstant)

    account: Mapped[User] = relationship()
