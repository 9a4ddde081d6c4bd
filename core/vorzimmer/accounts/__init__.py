"""Logins: who has one, with which role, and what proves it. A use case a file, `(session, hall, actor, …)`."""

from vorzimmer.accounts.change import block, change, end_sessions, unblock, unlock
from vorzimmer.accounts.found import customers_only, is_owner, staff_accounts, state
from vorzimmer.accounts.invite import Invitation, invite, start_reset, take_back
from vorzimmer.accounts.links import EMAIL, INVITE, RESET, ask_reset, bound, set_password
from vorzimmer.accounts.logins import (
    PASSWORDS,
    add_account,
    add_api_key,
    add_app_password,
    digest,
    is_locked,
    normal,
    refused,
)
from vorzimmer.accounts.own import (
    ask_email,
    change_own,
    change_password,
    confirm_email,
    end_own_sessions,
    own_sessions,
)
from vorzimmer.accounts.passwords import SHORTEST, why_weak
from vorzimmer.accounts.roles import BUILT_IN, OWNER, add_role, change_role, delete_role, office_roles

__all__ = [
    "BUILT_IN",
    "EMAIL",
    "INVITE",
    "OWNER",
    "PASSWORDS",
    "RESET",
    "SHORTEST",
    "Invitation",
    "add_account",
    "add_api_key",
    "add_app_password",
    "add_role",
    "ask_email",
    "ask_reset",
    "block",
    "bound",
    "change",
    "change_own",
    "change_password",
    "change_role",
    "confirm_email",
    "customers_only",
    "delete_role",
    "digest",
    "end_own_sessions",
    "end_sessions",
    "invite",
    "is_locked",
    "is_owner",
    "normal",
    "office_roles",
    "own_sessions",
    "refused",
    "set_password",
    "staff_accounts",
    "start_reset",
    "state",
    "take_back",
    "unblock",
    "unlock",
    "why_weak",
]
