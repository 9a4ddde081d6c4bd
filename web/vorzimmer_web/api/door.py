"""What stands before every call: the shape of the request, who is calling, and answers given again."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, g, jsonify, request
from flask import session as browser
from flask_login import current_user
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, selectinload
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
)

from vorzimmer import access, database
from vorzimmer.access import Actor
from vorzimmer.accounts import digest, find_key, is_due, note_use
from vorzimmer.models import Account, KeptAnswer
from vorzimmer.reasons import Refused
from vorzimmer.server.here import hall
from vorzimmer.tries import WINDOW
from vorzimmer_web.api.views import shown
from vorzimmer_web.shell import limits, problems

KEPT = timedelta(hours=24)
SCOPE = 200  # characters of the column
VISITOR = "visitor"  # where the cookie of somebody who is not signed in tells one browser from another
Answer = tuple[dict[str, Any] | None, int]


def check_shape() -> None:
    """One value a parameter, and one well-formed JSON object as body (A56, A74, A76)."""
    if request.url_rule is None:
        return
    if any(len(values) > 1 for _name, values in request.args.lists()):
        raise BadRequest
    if request.method in ("GET", "HEAD", "OPTIONS") or (
        request.method == "DELETE" and not request.get_data()
    ):
        return
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset != "utf-8" or request.content_encoding:
        raise UnsupportedMediaType
    try:
        body = json.loads(request.get_data().decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest from error
    if not isinstance(body, dict):
        raise BadRequest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def identify() -> None:
    """Say who is calling: the owner of the key, else who is signed in. A wrong key is 401."""
    if request.path.startswith("/api/") and request.url_rule is not None:
        g.actor = _key_owner() if "Authorization" in request.headers else _signed_in()


def caller() -> Actor | None:
    """Who is calling, or nobody."""
    found: Actor | None = g.get("actor")
    return found


def public_caller() -> Actor:
    """A customer, at the door of the API."""
    return Actor("customer", "api")


def staff_caller() -> Actor:
    """Who is calling, who must be somebody of the practice: else 401 or 403."""
    found = caller()
    if found is None:
        raise Unauthorized
    if not found.is_staff:
        raise Forbidden
    return found


def _key_owner() -> Actor:
    scheme, _, secret = request.headers["Authorization"].partition(" ")
    with hall().database.reading() as session:
        key = find_key(session, secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            if not hall().tries.count_network(limits.network()):  # A28; the right key is always let in
                raise TooManyRequests(retry_after=WINDOW)
            raise Unauthorized
        g.key_id = key.secret_hash[:32]  # a number would be another key's, once this one is revoked
        actor, due = access.key_actor(key.account, key.scopes), is_due(key, database.now(session))
    if due:
        hall().database.note(lambda session: note_use(session, key.id))
    return actor


def _signed_in() -> Actor | None:
    if not current_user.is_authenticated:
        return None
    if request.method not in ("GET", "HEAD", "OPTIONS") and "Origin" not in request.headers:
        raise Forbidden  # a cookie alone is no proof of intent; a foreign origin is refused everywhere (A46)
    with hall().database.reading() as session:
        account = session.scalar(
            select(Account).where(Account.id == current_user.id).options(selectinload(Account.roles))
        )
        return access.staff_actor(account, "office") if account else None


def answered(work: Callable[[Session], Answer]) -> Response:
    """Run the act in one transaction and answer; with an `Idempotency-Key` the first answer is given again (A104)."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _response(*hall().database.write(work))
    if not 0 < len(key) <= 200:
        raise BadRequest
    return Kept(_scope(), key, hashlib.sha256(request.get_data()).hexdigest()).answer(work)


def _scope() -> str:
    """Whose answers these are, never where somebody calls from: one network has many people in it.

    A key, a login, whoever holds the token of the hold; and before there is one, the browser that keeps our cookie.
    """
    actor = caller()
    if "key_id" in g:
        return f"key {g.key_id}"
    if actor is not None:
        return f"account {actor.account_id}"
    token = request.get_json().get("token")  # the view has found it right
    who = token if isinstance(token, str) else browser.setdefault(VISITOR, secrets.token_urlsafe(16))
    return f"{digest(who)} {request.path}"[:SCOPE]


def _response(body: dict[str, Any] | None, status: int) -> Response:
    answer = Response(status=status) if body is None else jsonify(body)
    answer.status_code = status
    return answer


class Kept:
    """An answer that is kept for 24 hours under a key of the caller's."""

    def __init__(self, scope: str, key: str, body_hash: str) -> None:
        self.scope, self.key = scope, key
        self.body_hash = hashlib.sha256(f"{request.path} {body_hash}".encode()).hexdigest()

    def answer(self, work: Callable[[Session], Answer]) -> Response:
        """The kept answer, else the act's own; refusals are kept like anything else."""

        def once(session: Session) -> Response:
            if not self._reserve(session):
                return self._again(session)
            answer = _response(*work(session))
            self._keep(session, answer)
            return answer

        try:
            return hall().database.write(once)
        except Refused as refusal:
            answer = problems.refused(refusal, shown(hall(), refusal))
            hall().database.write(lambda session: self._keep_refusal(session, answer))
            return answer

    def _reserve(self, session: Session) -> bool:
        """Whether the key is ours now; a parallel call with the same key waits here for the first one's end."""
        moment = database.now(session)
        session.execute(delete(KeptAnswer).where(KeptAnswer.kept_at < moment - KEPT))
        insert = sqlite.insert if hall().database.sqlite else postgresql.insert
        done = session.execute(
            insert(KeptAnswer)
            .values(
                scope=self.scope, key=self.key, body_hash=self.body_hash, status=0, answer="", kept_at=moment
            )
            .on_conflict_do_nothing()
            .returning(KeptAnswer.status)
        )
        return done.first() is not None

    def _keep_refusal(self, session: Session, answer: Response) -> None:
        self._reserve(session)
        self._keep(session, answer)

    def _keep(self, session: Session, answer: Response) -> None:
        kept = session.get_one(KeptAnswer, (self.scope, self.key))
        kept.status, kept.answer = answer.status_code, answer.get_data(as_text=True)

    def _again(self, session: Session) -> Response:
        kept = session.get_one(KeptAnswer, (self.scope, self.key))
        if kept.body_hash != self.body_hash:
            return problems.invalid([{"field": "Idempotency-Key", "text": "was used with another body"}])
        mimetype = "application/json" if kept.status < 400 else "application/problem+json"
        return Response(kept.answer, kept.status, mimetype=mimetype)
